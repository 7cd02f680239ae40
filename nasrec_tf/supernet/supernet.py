"""The weight-sharing model of a whole search space."""

from typing import Any

from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.feature_schema import FeatureSchema
from nasrec_tf.space.network_shape import NetworkShape
from nasrec_tf.space.search_space import SearchSpace
from nasrec_tf.supernet.network import Features, Network


class Supernet(Network):
    """Holds the weights of every architecture of a space; a call names the architecture to run.

    Only what the architecture uses is read, multiplied and updated: `supernet(x, a)` equals the standalone subnet of
    `a` with the weights `cut_subnet` gives it.

    Shapes:
        features: {"dense": `[B, N]` float32, "sparse": `[B, F]` int64}.
        returns: logits `[B, 1]`.
    Source:
        NASRec section 4.1. differs: runs sliced weights instead of masking full-width results, so that layer
        normalisation sees active units only.
    """

    def __init__(
        self, space: SearchSpace, schema: FeatureSchema, *, use_layernorm: bool = True, seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(schema, NetworkShape.largest(space, schema), use_layernorm=use_layernorm, seed=seed, **kwargs)
        self.space = space

    def shape_of(self, architecture: Architecture) -> NetworkShape:
        """Returns the shape to run; raises `InvalidSpecError` for an architecture these weights cannot hold."""
        self.space.check(architecture, cap_inputs=False)
        return NetworkShape.of_architecture(architecture, self.schema)

    def call(self, features: Features, architecture: Architecture, training: bool | None = None) -> Any:
        return self.compute_logits(features, self.shape_of(architecture), training=training)
