"""One line per public layer: how to build it, the sizes to try, and its NumPy twin. A new layer is one entry here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nasrec_tf.layers.block_operator import OperatorSizes
from nasrec_tf.layers.dense_to_sparse_merger import DenseToSparseMerger
from nasrec_tf.layers.dot_product import DotProduct
from nasrec_tf.layers.elastic_dense import ElasticDense
from nasrec_tf.layers.elastic_fully_connected import ElasticFullyConnected
from nasrec_tf.layers.elastic_layer_norm import ElasticLayerNorm
from nasrec_tf.layers.factorization_machine_merger import FactorizationMachineMerger
from nasrec_tf.layers.feature_embedding import FeatureEmbedding
from nasrec_tf.layers.fully_connected import FullyConnected
from tests.reference import numpy_operators as twins

EMBEDDING_DIM = 4


@dataclass(frozen=True)
class OperatorDescriptor:
    """An operator, the largest sizes to build it for, and smaller ones to run in it."""

    layer: type
    twin: Callable[..., Any]
    largest: OperatorSizes
    smaller: tuple[OperatorSizes, ...]

    def build(self, sizes, *, use_layernorm, is_elastic):
        layer = self.layer(
            sizes.dense_segments,
            sizes.sparse_segments,
            sizes.width,
            embedding_dim=EMBEDDING_DIM,
            use_layernorm=use_layernorm,
            is_elastic=is_elastic,
            seed=7,
        )
        layer.build()
        return layer


# Segments that vanish, that shrink, and sizes at which a projection falls away (4 is the embedding size; a
# dot-product of width 8 has 4 rows).
_LARGEST = OperatorSizes((5, 8, 8), (6, 0, 6, 3), 32)
_SMALLER = (
    OperatorSizes((5, 0, 8), (6, 0, 0, 0), 32),
    OperatorSizes((5, 3, 0), (6, 0, 2, 3), 8),
    OperatorSizes((0, 4, 0), (4, 0, 0, 0), 8),
    OperatorSizes((0, 0, 1), (0, 0, 1, 0), 4),
)

OPERATORS = (
    OperatorDescriptor(FullyConnected, twins.fully_connected, _LARGEST, _SMALLER),
    OperatorDescriptor(ElasticFullyConnected, twins.elastic_fully_connected, _LARGEST, _SMALLER),
    OperatorDescriptor(DotProduct, twins.dot_product, _LARGEST, _SMALLER),
    OperatorDescriptor(
        FactorizationMachineMerger,
        twins.factorization_machine_merger,
        OperatorSizes((9,), (6,), 32),
        (OperatorSizes((9,), (2,), 8), OperatorSizes((9,), (6,), EMBEDDING_DIM)),
    ),
    OperatorDescriptor(
        DenseToSparseMerger,
        twins.dense_to_sparse_merger,
        OperatorSizes((32,), (6,), 2),
        (OperatorSizes((5,), (6,), 2), OperatorSizes((2 * EMBEDDING_DIM,), (6,), 2)),
    ),
)

# Layers that are no operators of a block, with arguments to build them; their own tests are in tests/layers.
PARTS = {
    ElasticDense: {"segments": (3, 4), "units": 5, "use_layernorm": True, "activation": "relu", "seed": 3},
    ElasticLayerNorm: {"units": 5},
    FeatureEmbedding: {"vocabulary_sizes": (3, 4), "embedding_dim": 2, "seed": 3},
}
