"""The balanced dot-product operator."""

import functools
from typing import Any

import numpy as np

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes, ProjectionUse
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.operator import dot_product_pairs, dot_product_rows


@functools.lru_cache(maxsize=1024)
def _pairs_below_diagonal(size: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Positions of the strict lower triangle in a flattened `size x size` matrix, row by row."""
    rows, columns = np.tril_indices(size, k=-1)
    return (rows * size + columns).astype(np.int32)


class DotProduct(BlockOperator):
    """Multiplies every pair of the dense input's and the sparse input's embeddings.

    The dense input is projected to one embedding, the sparse input to `k = round(sqrt(2 * width))`, so that the
    `k (k + 1) / 2` pairs about match the width; the pairs are then projected to it. A projection to the size its
    input already has is left out.

    Shapes:
        inputs: dense `[B, N]` and sparse `[B, D, F]`.
        returns: `[B, width]`.
    Source:
        NASRec section 3.1, "Dot-Product", balanced. The strict lower triangle is the reference code's; row by row, so
        that the pairs of a smaller `k` come first and its projection is a prefix of a larger one's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        full = self.full_sizes
        rows = dot_product_rows(full.width)
        if self.is_elastic or sum(full.dense_segments) != self.embedding_dim:
            self.dense_projection = self._projection("dense_projection", full.dense_segments, self.embedding_dim)
        if self.is_elastic or sum(full.sparse_segments) != rows:
            self.sparse_projection = self._projection("sparse_projection", full.sparse_segments, rows)
        self.pair_projection = self._projection("pair_projection", (dot_product_pairs(full.width),), full.width)

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        rows, pairs = dot_product_rows(sizes.width), dot_product_pairs(sizes.width)
        used = {"pair_projection": ProjectionUse(self.pair_projection, (pairs,), sizes.width)}
        if sum(sizes.dense_segments) != self.embedding_dim:
            used["dense_projection"] = ProjectionUse(self.dense_projection, sizes.dense_segments, self.embedding_dim)
        if sum(sizes.sparse_segments) != rows:
            used["sparse_projection"] = ProjectionUse(self.sparse_projection, sizes.sparse_segments, rows)
        return used

    def call(self, inputs: tuple[Any, Any], sizes: OperatorSizes | None = None) -> Any:
        dense, sparse = inputs
        used = self.projections(sizes or self.full_sizes)
        if "dense_projection" in used:
            dense = used["dense_projection"](dense)
        if "sparse_projection" in used:
            sparse = used["sparse_projection"](sparse)
        embeddings = tf.concat([dense[:, :, tf.newaxis], sparse], axis=-1)  # [B, D, k + 1]
        size = embeddings.shape[-1]
        products = tf.reshape(tf.matmul(embeddings, embeddings, transpose_a=True), [-1, size * size])
        return used["pair_projection"](tf.gather(products, _pairs_below_diagonal(size), axis=1))
