"""Drawing architectures from a space."""

from typing import Literal

import numpy as np

from nasrec_tf.space.architecture import Architecture, Block
from nasrec_tf.space.search_space import SearchSpace

InputCount = Literal["uniform", "binomial"]


def draw_inputs(
    generator: np.random.Generator, block_number: int, max_inputs: int, input_count: InputCount
) -> tuple[int, ...]:
    """Draws which earlier results a branch of block `block_number` (from 1) reads.

    Source:
        the reference code: the count is uniform from 1 to `min(block_number, max_inputs)`, or 1 plus a binomial
        with probability 1/2; the indices are then drawn without replacement.
    """
    most = min(block_number, max_inputs)
    count = generator.integers(1, most + 1) if input_count == "uniform" else 1 + generator.binomial(most - 1, 0.5)
    return tuple(sorted(int(index) for index in generator.choice(block_number, size=count, replace=False)))


def sample_architecture(
    space: SearchSpace, generator: np.random.Generator, *, input_count: InputCount = "binomial"
) -> Architecture:
    """Draws a path with one operator per branch and any connection.

    Source:
        NASRec section 4.1, "single-operator any-connection"; binomial counts in training and uniform ones in the
        search's first population, as in the reference code.
    """
    return Architecture(
        tuple(_sample_block(space, generator, number, input_count) for number in range(1, space.num_blocks + 1))
    )


def _sample_block(space: SearchSpace, generator: np.random.Generator, number: int, input_count: InputCount) -> Block:
    return Block(
        dense_operators=(str(generator.choice(space.dense_operators)),),
        sparse_operators=(str(generator.choice(space.sparse_operators)),),
        dense_width=int(generator.choice(space.dense_widths)),
        sparse_width=int(generator.choice(space.sparse_widths)),
        dense_inputs=draw_inputs(generator, number, space.max_inputs, input_count),
        sparse_inputs=draw_inputs(generator, number, space.max_inputs, input_count),
        dense_to_sparse=bool(generator.integers(2)),
        sparse_to_dense=bool(generator.integers(2)),
    )


def full_architecture(space: SearchSpace) -> Architecture:
    """Returns the path through everything: all operators, all inputs, the largest widths, both mergers."""
    return Architecture(
        tuple(
            Block(
                dense_operators=space.dense_operators,
                sparse_operators=space.sparse_operators,
                dense_width=space.dense_widths[-1],
                sparse_width=space.sparse_widths[-1],
                dense_inputs=tuple(range(number)),
                sparse_inputs=tuple(range(number)),
                dense_to_sparse=True,
                sparse_to_dense=True,
            )
            for number in range(1, space.num_blocks + 1)
        )
    )
