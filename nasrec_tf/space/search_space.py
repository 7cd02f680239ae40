"""`SearchSpace`: which architectures may be built, as data."""

from dataclasses import dataclass
from itertools import combinations

from nasrec_tf.config import STRICT, find_config, load_config
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.architecture import Architecture, Block
from nasrec_tf.space.operator import DENSE_OPERATORS, SPARSE_OPERATORS


@dataclass(frozen=True)
class SearchSpace:
    """The choices of every block.

    Attributes:
        num_blocks: `K`.
        dense_operators, sparse_operators: names from `space.operator`.
        dense_widths, sparse_widths: the widths a block may take, ascending.
        max_inputs: cap of the earlier results one branch may read.
    Source:
        NASRec section 3; the cap of 4 is the reference code's, the paper says unrestricted.
    """

    __pydantic_config__ = STRICT

    name: str
    num_blocks: int
    dense_operators: tuple[str, ...]
    sparse_operators: tuple[str, ...]
    dense_widths: tuple[int, ...]
    sparse_widths: tuple[int, ...]
    max_inputs: int

    def __post_init__(self) -> None:
        for field, known in (("dense_operators", DENSE_OPERATORS), ("sparse_operators", SPARSE_OPERATORS)):
            values = getattr(self, field)
            if not values or not set(values) <= set(known):
                raise InvalidSpecError(f"`{field}` must be a non-empty part of {known}. Received: {values}.")
        for field in ("dense_widths", "sparse_widths"):
            values = getattr(self, field)
            if not values or values[0] < 1 or list(values) != sorted(set(values)):
                raise InvalidSpecError(f"`{field}` must be ascending whole numbers from 1. Received: {values}.")
        if self.num_blocks < 1 or self.max_inputs < 1:
            raise InvalidSpecError(
                f"`num_blocks` and `max_inputs` must be at least 1. Received: {self.num_blocks}, {self.max_inputs}."
            )

    def input_choices(self, block_number: int) -> tuple[tuple[int, ...], ...]:
        """Returns every set of earlier results that a branch of block `block_number` (from 1) may read."""
        sources = range(block_number)
        counts = range(1, min(block_number, self.max_inputs) + 1)
        return tuple(chosen for count in counts for chosen in combinations(sources, count))

    def check(self, architecture: Architecture, *, cap_inputs: bool = True) -> None:
        """Raises `InvalidSpecError`, naming the block and the field, if `architecture` is outside this space.

        With `cap_inputs` off, a branch may read more than `max_inputs` results, as the full path does.
        """
        if len(architecture.blocks) != self.num_blocks:
            raise InvalidSpecError(
                f"an architecture of space {self.name!r} must have {self.num_blocks} blocks. "
                f"Received: {len(architecture.blocks)}."
            )
        for number, block in enumerate(architecture.blocks, start=1):
            self._check_block(number, block)
            if cap_inputs:
                self._check_input_count(number, block)

    def _check_block(self, number: int, block: Block) -> None:
        for field, allowed in (
            ("dense_operators", set(self.dense_operators)),
            ("sparse_operators", set(self.sparse_operators)),
        ):
            if not set(getattr(block, field)) <= allowed:
                raise InvalidSpecError(
                    f"block {number}: `{field}` must be within {sorted(allowed)} in space {self.name!r}. "
                    f"Received: {getattr(block, field)}."
                )
        for field, widths in (("dense_width", self.dense_widths), ("sparse_width", self.sparse_widths)):
            if getattr(block, field) not in widths:
                raise InvalidSpecError(
                    f"block {number}: `{field}` must be one of {widths} in space {self.name!r}. "
                    f"Received: {getattr(block, field)}."
                )

    def _check_input_count(self, number: int, block: Block) -> None:
        for field in ("dense_inputs", "sparse_inputs"):
            if len(getattr(block, field)) > self.max_inputs:
                raise InvalidSpecError(
                    f"block {number}: `{field}` may hold at most {self.max_inputs} inputs in space {self.name!r}. "
                    f"Received: {getattr(block, field)}."
                )


def search_space(name_or_path: str) -> SearchSpace:
    """Loads a preset ("small") or a YAML file of your own."""
    return load_config(find_config("space", name_or_path), SearchSpace)
