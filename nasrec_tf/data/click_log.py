"""`ClickLog`: encoded clicks, ready to batch, and the encoder that makes them from raw ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nasrec_tf.data.cell import (
    Cells,
    Valid,
    parse_decimal_or_hexadecimal,
    parse_hexadecimal,
    parse_integer,
    parse_number,
)
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.errors import DataError
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseEncoding, SparseFeature

PARSE_CATEGORY: dict[SparseEncoding, Callable[[Cells], tuple[npt.NDArray[np.int64], Valid]]] = {
    "hexadecimal": parse_hexadecimal,
    "decimal_or_hexadecimal": parse_decimal_or_hexadecimal,
    "integer": parse_integer,
}


@dataclass(frozen=True)
class ClickLog:
    """Encoded clicks.

    Shapes:
        dense: `[n, N]` float32. sparse: `[n, F]` int64. label: `[n]` float32.
    """

    dense: npt.NDArray[np.float32]
    sparse: npt.NDArray[np.int64]
    label: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, indices: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "ClickLog":
        """Returns the rows that an index array or a mask picks."""
        return ClickLog(self.dense[indices], self.sparse[indices], self.label[indices])

    @property
    def positive_share(self) -> float:
        return float(self.label.mean()) if len(self) else 0.0


def empty_click_log(num_rows: int, schema: FeatureSchema) -> ClickLog:
    """Returns a log of `num_rows` rows to be filled."""
    return ClickLog(
        np.empty((num_rows, schema.num_dense), np.float32),
        np.empty((num_rows, schema.num_sparse), np.int64),
        np.empty(num_rows, np.float32),
    )


def encode(raw: RawClicks, schema: FeatureSchema) -> ClickLog:
    """Turns raw clicks into numbers and ids by the transforms that `schema` declares.

    Readers refuse malformed cells; where one gets here all the same (a request to a served model), it counts as
    missing: 0 for a number, row 0 for a category.

    Raises:
        DataError: if a column that the schema reads is absent.
    Source:
        NASRec section 5 and its reference implementation; differs: a missing category is always row 0, in the
        reference row 1 when a table has two rows.
    """
    log = empty_click_log(len(raw), schema)
    for index, number in enumerate(schema.dense):
        log.dense[:, index] = _encode_dense(raw, number)
    for index, category in enumerate(schema.sparse):
        log.sparse[:, index] = _encode_sparse(raw, category)
    log.label[:] = raw.label
    return log


def _column(raw: RawClicks, name: str) -> Cells:
    if name not in raw.columns:
        raise DataError(
            f"the raw clicks lack the column {name!r}, which the schema reads. They have: {[*raw.columns]}."
        )
    return raw.columns[name]


def _encode_dense(raw: RawClicks, feature: DenseFeature) -> npt.NDArray[np.float64]:
    if feature.transform == "zero":
        return np.zeros(len(raw))
    value, _ = parse_number(_column(raw, feature.name))
    return np.log(np.maximum(value, 0.0) + 1.0) if feature.transform == "log" else value


def _encode_sparse(raw: RawClicks, feature: SparseFeature) -> npt.NDArray[np.int64]:
    cells = _column(raw, feature.name)
    value, valid = PARSE_CATEGORY[feature.encoding](cells)
    if feature.encoding == "integer":
        row = value - feature.first_id + 1
        valid = valid & (row >= 1) & (row < feature.vocabulary_size)
    else:
        row = value % (feature.vocabulary_size - 1) + 1
    return np.where(valid & (cells != b""), row, 0)
