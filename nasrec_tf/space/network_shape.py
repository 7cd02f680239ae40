"""`NetworkShape`: the sizes of every input and result, of one architecture or of a whole space.

One class serves both, and that is the point: a supernet is built with the largest shape of its space and run
with the shape of a sampled architecture; a subnet is built and run with the same shape.
"""

from dataclasses import dataclass

from nasrec_tf.space.architecture import Architecture, LiveBranches
from nasrec_tf.space.feature_schema import FeatureSchema
from nasrec_tf.space.operator import MERGER_ROWS
from nasrec_tf.space.search_space import SearchSpace


@dataclass(frozen=True)
class BlockShape:
    """Sizes of one choice block.

    Attributes:
        dense_segments: width read from each earlier result (raw features first); 0 where not connected.
        sparse_segments: embeddings read from each earlier result, two numbers each: its summed operators, and
            what its dense-to-sparse merger appended.
        live: what of the block reaches the logit.
    """

    dense_operators: tuple[str, ...]
    sparse_operators: tuple[str, ...]
    dense_segments: tuple[int, ...]
    sparse_segments: tuple[int, ...]
    dense_width: int
    sparse_width: int
    dense_to_sparse: bool
    sparse_to_dense: bool
    live: LiveBranches

    @property
    def merger_rows(self) -> int:
        return MERGER_ROWS if self.dense_to_sparse else 0


@dataclass(frozen=True)
class NetworkShape:
    """Sizes of a whole network.

    Attributes:
        is_elastic: whether the shape is the largest of a space, so that smaller ones will run in it.
        head_segments: widths the final layer reads: dense, flattened sparse, flattened merger rows.
    """

    blocks: tuple[BlockShape, ...]
    head_segments: tuple[int, int, int]
    is_elastic: bool

    @classmethod
    def of_architecture(cls, architecture: Architecture, schema: FeatureSchema) -> "NetworkShape":
        """Returns the exact shape of one architecture."""
        dense_widths = [schema.num_dense]
        sparse_widths = [(schema.num_sparse, 0)]
        blocks = []
        for block, live in zip(architecture.blocks, architecture.live_branches(), strict=True):
            shape = BlockShape(
                dense_operators=block.dense_operators,
                sparse_operators=block.sparse_operators,
                dense_segments=tuple(
                    width if index in block.dense_inputs else 0 for index, width in enumerate(dense_widths)
                ),
                sparse_segments=tuple(
                    rows if index in block.sparse_inputs else 0
                    for index, pair in enumerate(sparse_widths)
                    for rows in pair
                ),
                dense_width=block.dense_width,
                sparse_width=block.sparse_width,
                dense_to_sparse=block.dense_to_sparse,
                sparse_to_dense=block.sparse_to_dense,
                live=live,
            )
            blocks.append(shape)
            dense_widths.append(shape.dense_width)
            sparse_widths.append((shape.sparse_width, shape.merger_rows))
        return cls(tuple(blocks), _head_segments(blocks[-1], schema), is_elastic=False)

    @classmethod
    def largest(cls, space: SearchSpace, schema: FeatureSchema) -> "NetworkShape":
        """Returns the shape that holds every architecture of `space`."""
        dense_segments = [schema.num_dense]
        sparse_segments = [schema.num_sparse, 0]
        blocks = []
        for _ in range(space.num_blocks):
            shape = BlockShape(
                dense_operators=space.dense_operators,
                sparse_operators=space.sparse_operators,
                dense_segments=tuple(dense_segments),
                sparse_segments=tuple(sparse_segments),
                dense_width=space.dense_widths[-1],
                sparse_width=space.sparse_widths[-1],
                dense_to_sparse=True,
                sparse_to_dense=True,
                live=LiveBranches(dense=True, sparse=True, dense_sum=True, sparse_sum=True),
            )
            blocks.append(shape)
            dense_segments.append(shape.dense_width)
            sparse_segments.extend((shape.sparse_width, shape.merger_rows))
        return cls(tuple(blocks), _head_segments(blocks[-1], schema), is_elastic=True)


def _head_segments(last: BlockShape, schema: FeatureSchema) -> tuple[int, int, int]:
    return (
        last.dense_width,
        last.sparse_width * schema.embedding_dim,
        last.merger_rows * schema.embedding_dim,
    )
