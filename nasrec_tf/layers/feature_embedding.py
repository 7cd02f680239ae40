"""The embedding tables of all sparse features, packed into one variable."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf


class FeatureEmbedding(tf.keras.layers.Layer):
    """Looks every sparse feature up in its own table: one gather for all of them.

    An id outside its table reads row 0, the missing value, so that no id can read another feature's rows.

    Args:
        vocabulary_sizes: rows of each feature's table.
        embedding_dim: `D`.
        initializer: "xavier_normal" for each table by its own size, or "zeros".
        seed: of the initial weights.
    Shapes:
        inputs: `[B, F]` integer.
        returns: `[B, F, D]` float32.
    Source:
        NASRec starts each table xavier-normal: standard deviation `sqrt(2 / (rows + D))`.
    """

    def __init__(
        self,
        vocabulary_sizes: Sequence[int],
        embedding_dim: int = 16,
        *,
        initializer: str = "xavier_normal",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not vocabulary_sizes or min(vocabulary_sizes) < 1 or embedding_dim < 1:
            raise InvalidSpecError(
                f"`vocabulary_sizes` and `embedding_dim` must be at least 1. "
                f"Received: {tuple(vocabulary_sizes)}, {embedding_dim}."
            )
        self.vocabulary_sizes = tuple(vocabulary_sizes)
        self.embedding_dim = embedding_dim
        if initializer not in {"xavier_normal", "zeros"}:
            raise InvalidSpecError(f"`initializer` must be 'xavier_normal' or 'zeros'. Received: {initializer!r}.")
        self.initializer = initializer
        self.seed = seed
        self.offsets = np.cumsum((0, *self.vocabulary_sizes[:-1])).astype(np.int64)

    def build(self, input_shape: Any = None) -> None:
        self.table = self.add_weight(
            name="table", shape=(sum(self.vocabulary_sizes), self.embedding_dim), initializer=self._initial_table
        )
        super().build(input_shape)

    def _initial_table(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
        if self.initializer == "zeros":
            return tf.zeros(shape, dtype)
        generator = np.random.default_rng(self.seed)
        table = generator.standard_normal(tuple(shape), dtype=np.float32)
        deviations = np.sqrt(2.0 / (np.array(self.vocabulary_sizes) + self.embedding_dim)).astype(np.float32)
        table *= np.repeat(deviations, self.vocabulary_sizes)[:, np.newaxis]
        return tf.constant(table, dtype=dtype)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        ids = tf.cast(inputs, tf.int64)
        is_known = (ids >= 0) & (ids < np.array(self.vocabulary_sizes, np.int64))
        rows = tf.where(is_known, ids, 0) + self.offsets
        if not training:
            return tf.gather(self.table, rows)
        # Each row is read once, so that the sparse gradient names each row once: clipping and optimiser rely on it.
        unique_rows, positions = tf.unique(tf.reshape(rows, [-1]))
        return tf.gather(tf.gather(self.table, unique_rows), tf.reshape(positions, tf.shape(rows)))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary_sizes": self.vocabulary_sizes,
            "embedding_dim": self.embedding_dim,
            "initializer": self.initializer,
            "seed": self.seed,
        }
