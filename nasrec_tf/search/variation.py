"""Small random changes to an architecture."""

import dataclasses
from typing import Any

import numpy as np

from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.path_sampling import draw_inputs
from nasrec_tf.space.search_space import SearchSpace

_CONNECTIONS = ("dense_inputs", "sparse_inputs")
_CHOICES = ("operators", "dense_width", "sparse_width", "dense_to_sparse", "sparse_to_dense")


def mutation_events(generation: int, num_generations: int) -> int:
    """Returns how many changes a child of `generation` (from 0) gets: more at first, one at the end.

    Source:
        the reference code: `(G - g) // max(20, G // 5) + 1`; 6 falling to 1 over the paper's 240 generations.
    """
    return max(num_generations - generation, 0) // max(20, num_generations // 5) + 1


def mutate(space: SearchSpace, architecture: Architecture, generator: np.random.Generator, events: int) -> Architecture:
    """Returns a copy with `events` redrawn choices; a redrawn choice may come out as it was.

    Each event redraws, in one random block and with equal odds, the inputs of one branch or one other choice.

    Source:
        the reference code's mutation, over the choices this space has.
    """
    blocks = list(architecture.blocks)
    for _ in range(events):
        index = int(generator.integers(len(blocks)))
        change = _redraw(space, generator, block_number=index + 1)
        blocks[index] = dataclasses.replace(blocks[index], **change)
    return Architecture(tuple(blocks))


def _redraw(space: SearchSpace, generator: np.random.Generator, *, block_number: int) -> dict[str, Any]:
    if generator.random() < 0.5:
        field = str(generator.choice(_CONNECTIONS))
        return {field: draw_inputs(generator, block_number, space.max_inputs, "uniform")}
    field = str(generator.choice(_CHOICES))
    if field == "operators":
        return {
            "dense_operators": (str(generator.choice(space.dense_operators)),),
            "sparse_operators": (str(generator.choice(space.sparse_operators)),),
        }
    if field == "dense_width":
        return {field: int(generator.choice(space.dense_widths))}
    if field == "sparse_width":
        return {field: int(generator.choice(space.sparse_widths))}
    return {field: bool(generator.integers(2))}
