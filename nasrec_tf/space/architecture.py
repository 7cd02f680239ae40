"""`Architecture`: the complete, frozen description of one subnet."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasrec_tf.atomic_file import write_text
from nasrec_tf.config import STRICT, parse_config
from nasrec_tf.errors import ConfigError, InvalidSpecError
from nasrec_tf.space.operator import DENSE_OPERATORS, REFERENCE_NODES, SPARSE_OPERATORS


@dataclass(frozen=True)
class Block:
    """One choice block: its operators, its connections and its widths.

    Attributes:
        dense_operators, sparse_operators: names from `space.operator`; their results are summed per branch.
        dense_width: `W`, units of the dense result. sparse_width: embeddings of the sparse result.
        dense_inputs, sparse_inputs: indices of earlier results; 0 is the raw features, `i` is block `i`.
        dense_to_sparse: whether the dense result is also appended to the sparse one as 8 embeddings.
        sparse_to_dense: whether the factorisation machine of the sparse result is added to the dense one.
    """

    __pydantic_config__ = STRICT

    dense_operators: tuple[str, ...]
    sparse_operators: tuple[str, ...]
    dense_width: int
    sparse_width: int
    dense_inputs: tuple[int, ...]
    sparse_inputs: tuple[int, ...]
    dense_to_sparse: bool
    sparse_to_dense: bool

    def __post_init__(self) -> None:
        for field in ("dense_operators", "sparse_operators", "dense_inputs", "sparse_inputs"):
            values: tuple[Any, ...] = tuple(getattr(self, field))
            if not values or len(set(values)) != len(values):
                raise InvalidSpecError(f"`{field}` must hold at least one value and none twice. Received: {values}.")
            object.__setattr__(self, field, tuple(sorted(values)))
        for field, known in (("dense_operators", DENSE_OPERATORS), ("sparse_operators", SPARSE_OPERATORS)):
            unknown = sorted(set(getattr(self, field)) - set(known))
            if unknown:
                raise InvalidSpecError(f"`{field}` must be among {known}. Received: {unknown}.")
        if self.dense_width < 1 or self.sparse_width < 1:
            raise InvalidSpecError(
                f"`dense_width` and `sparse_width` must be at least 1. "
                f"Received: {self.dense_width}, {self.sparse_width}."
            )


@dataclass(frozen=True)
class LiveBranches:
    """Which results of one block reach the logit.

    `dense` and `sparse` are the block's two results as later blocks read them; `dense_sum` and `sparse_sum` the
    summed operators below the mergers, which a merger can keep alive on its own.
    """

    dense: bool
    sparse: bool
    dense_sum: bool
    sparse_sum: bool


@dataclass(frozen=True)
class Architecture:
    """A subnet: its choice blocks in order. Equal architectures compare and hash equal whatever the order of indices.

    Raises:
        InvalidSpecError: if there is no block, or a block reads itself or a later one.
    """

    __pydantic_config__ = STRICT

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if not self.blocks:
            raise InvalidSpecError("`blocks` must hold at least one block. Received: none.")
        for number, block in enumerate(self.blocks, start=1):
            for field in ("dense_inputs", "sparse_inputs"):
                outside = [index for index in getattr(block, field) if not 0 <= index < number]
                if outside:
                    raise InvalidSpecError(
                        f"block {number}: `{field}` may name the raw features (0) and blocks 1 to {number - 1}. "
                        f"Received: {outside}."
                    )

    def live_branches(self) -> tuple[LiveBranches, ...]:
        """Finds, for every block, which of its results the logit depends on (dead-block elimination)."""
        last = len(self.blocks)
        dense_live, sparse_live = {last}, {last}
        found: list[LiveBranches] = []
        for number in range(last, 0, -1):
            block = self.blocks[number - 1]
            dense, sparse = number in dense_live, number in sparse_live
            live = LiveBranches(
                dense=dense,
                sparse=sparse,
                dense_sum=dense or (sparse and block.dense_to_sparse),
                sparse_sum=sparse or (dense and block.sparse_to_dense),
            )
            found.append(live)
            if live.dense_sum:
                dense_live.update(block.dense_inputs)
                if "dot_product" in block.dense_operators:
                    sparse_live.update(block.sparse_inputs)
            if live.sparse_sum:
                sparse_live.update(block.sparse_inputs)
        return tuple(reversed(found))

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, *, where: str = "architecture") -> "Architecture":
        """Reads what `to_json` wrote.

        Raises:
            ConfigError: naming `where` and the key, if the text is not JSON or a key is unknown, missing or wrong.
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{where}: is not valid JSON: {error}.") from error
        return parse_config(content, cls, where=where)

    def save(self, path: str | Path) -> None:
        """Writes the architecture as JSON under a temporary name, then renames."""
        write_text(path, json.dumps(self.to_dict(), indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> "Architecture":
        """Reads a file of `save`, or one of the reference's released JSON files."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: the architecture cannot be read ({error.strerror}). Check the path.") from error
        if '"micro"' in text:
            return cls.from_reference(json.loads(text))
        return cls.from_json(text, where=str(path))

    @classmethod
    def from_reference(cls, reference: Mapping[str, Any]) -> "Architecture":
        """Reads the reference implementation's JSON (keys `micro`, `macro`, `num_blocks`, `config`).

        Raises:
            InvalidSpecError: if the JSON is of a space this version cannot build, or breaks a rule of a block.
        """
        try:
            micro, macro, config = reference["micro"], reference["macro"], reference["config"]
        except KeyError as error:
            raise InvalidSpecError(
                f"a reference architecture must have the key {error}. Received: {sorted(reference)}."
            ) from error
        if config not in REFERENCE_NODES:
            raise InvalidSpecError(f"`config` must be one of {sorted(REFERENCE_NODES)} here. Received: {config!r}.")
        if len(micro) != len(macro) or reference.get("num_blocks", len(micro)) != len(micro):
            raise InvalidSpecError(
                f"`micro` and `macro` must each describe `num_blocks` blocks. Received: {len(micro)}, {len(macro)}, "
                f"{reference.get('num_blocks')}."
            )
        nodes = REFERENCE_NODES[config]
        return cls(tuple(_reference_block(nodes, here, links) for here, links in zip(micro, macro, strict=True)))


def _reference_block(nodes: tuple[str, ...], micro: Mapping[str, Any], macro: Mapping[str, Any]) -> Block:
    def active(known: Iterable[str]) -> tuple[str, ...]:
        return tuple(nodes[index] for index in micro["active_nodes"] if nodes[index] in known)

    return Block(
        dense_operators=active(DENSE_OPERATORS),
        sparse_operators=active(SPARSE_OPERATORS),
        dense_width=micro["dense_in_dims"],
        sparse_width=micro["sparse_in_dims"],
        dense_inputs=tuple(macro["dense_idx"]),
        sparse_inputs=tuple(macro["sparse_idx"]),
        dense_to_sparse=bool(micro["dense_sparse_interact"]),
        sparse_to_dense=bool(micro["deep_fm"]),
    )
