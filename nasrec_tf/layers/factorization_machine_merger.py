"""The sparse-to-dense merger."""

from typing import Any

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes, ProjectionUse
from nasrec_tf.layers.elastic_layer_norm import ElasticLayerNorm
from nasrec_tf.legacy_keras import tf


class FactorizationMachineMerger(BlockOperator):
    """Turns a block's sparse result into a term of its dense result.

    Computes `normalise(project((sum_f s_f)^2 - sum_f s_f^2))`; both are left out where `width` is `D`.

    Shapes:
        inputs: sparse `[B, D, F]`.
        returns: `[B, width]`.
    Source:
        NASRec section 3.1, "sparse-to-dense merger"; without the factor 1/2 of a factorisation machine, as in the
        reference code. That code keeps a layer norm it never applies where nothing is projected; so do we, since
        published parameter counts and checkpoints include it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_elastic or self.full_sizes.width != self.embedding_dim:
            self.projection = self._projection("projection", (self.embedding_dim,), self.full_sizes.width)
        if self.use_layernorm and (self.is_elastic or self.full_sizes.width == self.embedding_dim):
            self.normalization = ElasticLayerNorm(self.embedding_dim, name="normalization")

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        if sizes.width != self.embedding_dim:
            return {"projection": ProjectionUse(self.projection, (self.embedding_dim,), sizes.width)}
        if self.use_layernorm:
            return {"normalization": ProjectionUse(self.normalization, (), self.embedding_dim)}
        return {}

    def call(self, inputs: tuple[Any, Any], sizes: OperatorSizes | None = None) -> Any:
        _, sparse = inputs
        used = self.projections(sizes or self.full_sizes)
        interaction = tf.square(tf.reduce_sum(sparse, -1)) - tf.reduce_sum(tf.square(sparse), -1)  # [B, D]
        return used["projection"](interaction) if "projection" in used else interaction
