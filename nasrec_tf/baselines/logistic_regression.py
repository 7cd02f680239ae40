"""Logistic regression on one-hot categories and dense numbers."""

from collections.abc import Mapping
from typing import Any

from nasrec_tf.layers.feature_embedding import FeatureEmbedding
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.feature_schema import FeatureSchema


class LogisticRegression(tf.keras.Model):
    """One weight per category and per dense feature.

    Shapes:
        features: {"dense": `[B, N]`, "sparse": `[B, F]`}.
        returns: logits `[B, 1]`.
    """

    def __init__(self, schema: FeatureSchema, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        del seed  # a convex problem starts at zero
        self.category_weights = FeatureEmbedding(schema.vocabulary_sizes, 1, initializer="zeros")
        self.dense_weights = tf.keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, features: Mapping[str, Any], training: bool | None = None) -> Any:
        return self.dense_weights(features["dense"]) + tf.reduce_sum(
            self.category_weights(features["sparse"], training=training), axis=1
        )
