"""DLRM on the layers of tensorflow_recommenders."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow_recommenders as tfrs

from nasrec_tf.layers.feature_embedding import FeatureEmbedding
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.feature_schema import FeatureSchema


class DLRM(tf.keras.Model):
    """Bottom network on the dense features, pairwise dot products with the embeddings, top network.

    Shapes:
        features: {"dense": `[B, N]`, "sparse": `[B, F]`}.
        returns: logits `[B, 1]`.
    Source:
        Naumov et al. 2019 (arXiv:1906.00091); the default widths are those of its Criteo Kaggle script.
    """

    def __init__(
        self,
        schema: FeatureSchema,
        *,
        bottom_widths: Sequence[int] = (512, 256, 64),
        top_widths: Sequence[int] = (512, 256),
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.embedding = FeatureEmbedding(schema.vocabulary_sizes, schema.embedding_dim, seed=seed)
        # tfrs.layers.blocks.MLP takes no seed for its weights, so the two networks are plain Keras.
        self.bottom = _network((*bottom_widths, schema.embedding_dim), "relu", seed)
        self.interaction = tfrs.layers.feature_interaction.DotInteraction()
        self.top = _network((*top_widths, 1), None, seed + 1)

    def call(self, features: Mapping[str, Any], training: bool | None = None) -> Any:
        dense = self.bottom(features["dense"])  # [B, D]
        embeddings = tf.unstack(self.embedding(features["sparse"], training=training), axis=1)
        return self.top(tf.concat([dense, self.interaction([dense, *embeddings])], axis=-1))


def _network(widths: Sequence[int], last_activation: str | None, seed: int) -> Any:
    last = len(widths) - 1
    return tf.keras.Sequential(
        [
            tf.keras.layers.Dense(
                width,
                activation=last_activation if index == last else "relu",
                kernel_initializer=tf.keras.initializers.GlorotUniform(seed=1000 * seed + index),
            )
            for index, width in enumerate(widths)
        ]
    )
