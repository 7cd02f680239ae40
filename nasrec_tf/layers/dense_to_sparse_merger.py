"""The dense-to-sparse merger."""

from typing import Any

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes, ProjectionUse
from nasrec_tf.legacy_keras import tf


class DenseToSparseMerger(BlockOperator):
    """Turns a block's dense result into embeddings appended to its sparse result.

    Projects to `width * D` units, left out where the input has that width, and cuts them into `width` embeddings.
    `width` is 8 in NASRec and does not vary; the one dense segment is the block's dense width.

    Shapes:
        inputs: dense `[B, N]`.
        returns: `[B, D, width]`.
    Source:
        NASRec section 3.1, "dense-to-sparse merger"; 8 embeddings is the reference code's DS_INTERACT_NUM_SPLITS.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        full = self.full_sizes
        if self.is_elastic or sum(full.dense_segments) != full.width * self.embedding_dim:
            self.projection = self._projection("projection", full.dense_segments, full.width * self.embedding_dim)

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        units = sizes.width * self.embedding_dim
        if sum(sizes.dense_segments) == units:
            return {}
        return {"projection": ProjectionUse(self.projection, sizes.dense_segments, units)}

    def call(self, inputs: tuple[Any, Any], sizes: OperatorSizes | None = None) -> Any:
        dense, _ = inputs
        sizes = sizes or self.full_sizes
        used = self.projections(sizes)
        if used:
            dense = used["projection"](dense)
        rows = tf.reshape(dense, [-1, sizes.width, self.embedding_dim])  # [B, width, D]
        return tf.transpose(rows, [0, 2, 1])
