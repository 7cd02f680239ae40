"""The features of one click log: what a model reads, and how raw values become numbers."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nasrec_tf.config import STRICT, load_config
from nasrec_tf.errors import InvalidSpecError

DenseTransform = Literal["log", "identity", "zero"]
SparseEncoding = Literal["hexadecimal", "decimal_or_hexadecimal", "integer"]


@dataclass(frozen=True)
class DenseFeature:
    """One number of a click.

    Attributes:
        name: column name, unique in its schema.
        transform: "log" is `log(max(x, 0) + 1)` with a missing value read as 0; "identity" keeps the number;
            "zero" is the all-zero column that stands in where a log has no numbers at all (Avazu).
    """

    __pydantic_config__ = STRICT

    name: str
    transform: DenseTransform = "log"


@dataclass(frozen=True)
class SparseFeature:
    """One category of a click, looked up in an embedding table.

    Attributes:
        name: column name, unique in its schema.
        vocabulary_size: rows of the table; every id is below it. Row 0 is the missing value.
        encoding: how a raw value becomes an id. "hexadecimal" and "decimal_or_hexadecimal" hash by
            `value mod (vocabulary_size - 1) + 1`; "integer" is `value - first_id + 1`, 0 outside the table.
        first_id: smallest raw value of an "integer" feature.
    """

    __pydantic_config__ = STRICT

    name: str
    vocabulary_size: int
    encoding: SparseEncoding = "hexadecimal"
    first_id: int = 0

    def __post_init__(self) -> None:
        if self.vocabulary_size < 2:
            raise InvalidSpecError(
                f"`vocabulary_size` of sparse feature {self.name!r} must be at least 2 (one row is the missing "
                f"value). Received: {self.vocabulary_size}."
            )


@dataclass(frozen=True)
class FeatureSchema:
    """The dense and sparse features of a click log, in the order in which models read them.

    Attributes:
        dense: at least one feature (use the "zero" transform where a log has none).
        sparse: at least one feature.
        label: name of the 0/1 click column.
        embedding_dim: `D`, the size of every embedding; NASRec uses 16.
    Raises:
        InvalidSpecError: on an empty side, a repeated name or an embedding size below 1.
    """

    __pydantic_config__ = STRICT

    dense: tuple[DenseFeature, ...]
    sparse: tuple[SparseFeature, ...]
    label: str = "label"
    embedding_dim: int = 16

    def __init__(
        self,
        dense: Sequence[DenseFeature],
        sparse: Sequence[SparseFeature],
        label: str = "label",
        embedding_dim: int = 16,
    ) -> None:
        object.__setattr__(self, "dense", tuple(dense))
        object.__setattr__(self, "sparse", tuple(sparse))
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "embedding_dim", embedding_dim)
        self.__post_init__()

    def __post_init__(self) -> None:
        if not self.dense or not self.sparse:
            raise InvalidSpecError(
                f"`dense` and `sparse` must each hold at least one feature. Received: {len(self.dense)} dense, "
                f"{len(self.sparse)} sparse. For a log without numbers declare DenseFeature('none', 'zero')."
            )
        names = [self.label, *self.dense_names, *self.sparse_names]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InvalidSpecError(f"feature names must be unique, the label's included. Repeated: {repeated}.")
        if self.embedding_dim < 1:
            raise InvalidSpecError(f"`embedding_dim` must be at least 1. Received: {self.embedding_dim}.")

    @property
    def num_dense(self) -> int:
        return len(self.dense)

    @property
    def num_sparse(self) -> int:
        return len(self.sparse)

    @property
    def dense_names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.dense)

    @property
    def sparse_names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.sparse)

    @property
    def vocabulary_sizes(self) -> tuple[int, ...]:
        return tuple(feature.vocabulary_size for feature in self.sparse)

    def capped(self, max_vocabulary_size: int) -> "FeatureSchema":
        """Returns the schema with no hashed table longer than `max_vocabulary_size` rows.

        Tables of "integer" features keep their length: their ids are positions, not hashes.

        Source:
            NASRec caps every table at 0.5 M rows during the search.
        """
        if max_vocabulary_size < 2:
            raise InvalidSpecError(f"`max_vocabulary_size` must be at least 2. Received: {max_vocabulary_size}.")
        sparse = [
            feature
            if feature.encoding == "integer"
            else dataclasses.replace(feature, vocabulary_size=min(feature.vocabulary_size, max_vocabulary_size))
            for feature in self.sparse
        ]
        return FeatureSchema(self.dense, sparse, self.label, self.embedding_dim)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_yaml(cls, path: str | Path) -> "FeatureSchema":
        """Reads the `features` section of a dataset file such as `configs/dataset/criteo.yaml`."""
        return load_config(path, cls, key="features")
