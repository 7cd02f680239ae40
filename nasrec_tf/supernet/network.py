"""The forward pass that supernet and subnet share."""

import zlib
from collections.abc import Mapping
from typing import Any

from nasrec_tf.layers.block_operator import ProjectionUse
from nasrec_tf.layers.elastic_dense import ElasticDense
from nasrec_tf.layers.feature_embedding import FeatureEmbedding
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.feature_schema import FeatureSchema
from nasrec_tf.space.network_shape import NetworkShape
from nasrec_tf.supernet.choice_block import BranchPair, ChoiceBlock

Features = Mapping[str, Any]


class Network(tf.keras.Model):
    """Embeddings, choice blocks and the final layer, built for the largest shape it may run.

    Shapes:
        features: {"dense": `[B, N]` float32, "sparse": `[B, F]` int64}.
        returns: logits `[B, 1]`.
    Source:
        NASRec section 3; the final layer reads the last block only, as in the reference code.
    """

    def __init__(
        self, schema: FeatureSchema, largest: NetworkShape, *, use_layernorm: bool, seed: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.use_layernorm = use_layernorm
        self.seed = seed
        self._largest = largest
        self.embedding = FeatureEmbedding(
            schema.vocabulary_sizes, schema.embedding_dim, seed=zlib.crc32(f"{seed}/embedding".encode())
        )
        self.choice_blocks = [
            ChoiceBlock(
                block,
                embedding_dim=schema.embedding_dim,
                use_layernorm=use_layernorm,
                is_elastic=largest.is_elastic,
                seed=seed,
                name=f"block_{number}",
            )
            for number, block in enumerate(largest.blocks, start=1)
        ]
        self.head = ElasticDense(largest.head_segments, 1, seed=zlib.crc32(f"{seed}/head".encode()), name="head")
        self.embedding.build()
        for choice_block in self.choice_blocks:
            choice_block.build()
        self.head.build()
        self.built = True

    def represent(self, features: Features, shape: NetworkShape, *, training: bool | None = None) -> Any:
        """Returns what the final layer reads: `[B, sum(head_segments)]`."""
        embeddings = tf.transpose(self.embedding(features["sparse"], training=training), [0, 2, 1])  # [B, D, F]
        results = [BranchPair(tf.cast(features["dense"], tf.float32), embeddings)]
        for choice_block, block_shape in zip(self.choice_blocks, shape.blocks, strict=True):
            results.append(choice_block(results, block_shape))
        last = results[-1]
        sparse = tf.transpose(last.sparse, [0, 2, 1])  # [B, F, D]
        width = shape.head_segments[1] + shape.head_segments[2]
        return tf.concat([last.dense, tf.reshape(sparse, [-1, width])], axis=-1)

    def compute_logits(self, features: Features, shape: NetworkShape, *, training: bool | None = None) -> Any:
        """Returns the logits `[B, 1]` of the subnet of `shape`."""
        return self.head(self.represent(features, shape, training=training), segments=shape.head_segments, units=1)

    def projections(self, shape: NetworkShape) -> dict[str, ProjectionUse]:
        """Returns every projection the subnet of `shape` has, dead branches included, by its place."""
        found = {}
        for number, (choice_block, block_shape) in enumerate(
            zip(self.choice_blocks, shape.blocks, strict=True), start=1
        ):
            for name, (layer, sizes) in choice_block.uses(block_shape).items():
                for projection, use in layer.projections(sizes).items():
                    found[f"block_{number}/{name}/{projection}"] = use
        return {**found, "head": ProjectionUse(self.head, shape.head_segments, 1)}

    def active_weights(self, shape: NetworkShape) -> dict[str, Any]:
        """Returns every weight the subnet of `shape` has, cut to its sizes, by its place."""
        projected = {
            f"{place}/{variable}": value
            for place, use in self.projections(shape).items()
            for variable, value in use.layer.active_weights(use.segments, use.units).items()
        }
        return {"embedding/table": tf.convert_to_tensor(self.embedding.table), **projected}


def parameter_count(model: Any) -> int:
    """Counts a model's trainable numbers outside embedding tables."""
    tables = {id(layer.table) for layer in model.submodules if isinstance(layer, FeatureEmbedding)}
    return sum(int(tf.size(weight)) for weight in model.trainable_weights if id(weight) not in tables)
