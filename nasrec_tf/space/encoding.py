"""Architectures as flat, readable hyperparameters, and back.

One name per choice: `block_3/dense_operator` = "dot_product", `block_3/dense_inputs` = "0+2". Only architectures
with one operator per branch have such a form; they are what the search draws.
"""

from collections.abc import Mapping

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.architecture import Architecture, Block
from nasrec_tf.space.search_space import SearchSpace

Value = str | int | bool


def hyperparameter_choices(space: SearchSpace) -> dict[str, tuple[Value, ...]]:
    """Returns every hyperparameter of a space with the values it may take."""
    choices: dict[str, tuple[Value, ...]] = {}
    for number in range(1, space.num_blocks + 1):
        inputs = tuple(_join(chosen) for chosen in space.input_choices(number))
        choices |= {
            f"block_{number}/dense_operator": space.dense_operators,
            f"block_{number}/sparse_operator": space.sparse_operators,
            f"block_{number}/dense_width": space.dense_widths,
            f"block_{number}/sparse_width": space.sparse_widths,
            f"block_{number}/dense_inputs": inputs,
            f"block_{number}/sparse_inputs": inputs,
            f"block_{number}/dense_to_sparse": (False, True),
            f"block_{number}/sparse_to_dense": (False, True),
        }
    return choices


def encode(architecture: Architecture) -> dict[str, Value]:
    """Returns the hyperparameters of an architecture.

    Raises:
        InvalidSpecError: if a branch of it has several operators.
    """
    values: dict[str, Value] = {}
    for number, block in enumerate(architecture.blocks, start=1):
        if len(block.dense_operators) != 1 or len(block.sparse_operators) != 1:
            raise InvalidSpecError(
                f"block {number}: an encoded branch must have one operator. "
                f"Received: {block.dense_operators}, {block.sparse_operators}."
            )
        values |= {
            f"block_{number}/dense_operator": block.dense_operators[0],
            f"block_{number}/sparse_operator": block.sparse_operators[0],
            f"block_{number}/dense_width": block.dense_width,
            f"block_{number}/sparse_width": block.sparse_width,
            f"block_{number}/dense_inputs": _join(block.dense_inputs),
            f"block_{number}/sparse_inputs": _join(block.sparse_inputs),
            f"block_{number}/dense_to_sparse": block.dense_to_sparse,
            f"block_{number}/sparse_to_dense": block.sparse_to_dense,
        }
    return values


def decode(values: Mapping[str, Value], space: SearchSpace) -> Architecture:
    """Returns the architecture of hyperparameters; names that are not of the space are ignored.

    Raises:
        InvalidSpecError: if a name is missing or a value is outside the space.
    """
    blocks = []
    for name, allowed in hyperparameter_choices(space).items():
        if name not in values:
            raise InvalidSpecError(f"`values` lacks the hyperparameter {name!r} of space {space.name!r}.")
        if values[name] not in allowed:
            raise InvalidSpecError(f"hyperparameter {name!r} must be one of {allowed}. Received: {values[name]!r}.")
    for number in range(1, space.num_blocks + 1):
        prefix = f"block_{number}/"
        blocks.append(
            Block(
                dense_operators=(str(values[prefix + "dense_operator"]),),
                sparse_operators=(str(values[prefix + "sparse_operator"]),),
                dense_width=int(values[prefix + "dense_width"]),
                sparse_width=int(values[prefix + "sparse_width"]),
                dense_inputs=_split(str(values[prefix + "dense_inputs"])),
                sparse_inputs=_split(str(values[prefix + "sparse_inputs"])),
                dense_to_sparse=bool(values[prefix + "dense_to_sparse"]),
                sparse_to_dense=bool(values[prefix + "sparse_to_dense"]),
            )
        )
    return Architecture(tuple(blocks))


def _join(indices: tuple[int, ...]) -> str:
    return "+".join(str(index) for index in indices)


def _split(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+"))
