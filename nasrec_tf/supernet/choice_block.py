"""One choice block: operators, sums and mergers."""

import zlib
from types import MappingProxyType
from typing import Any, NamedTuple

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes
from nasrec_tf.layers.dense_to_sparse_merger import DenseToSparseMerger
from nasrec_tf.layers.dot_product import DotProduct
from nasrec_tf.layers.elastic_fully_connected import ElasticFullyConnected
from nasrec_tf.layers.factorization_machine_merger import FactorizationMachineMerger
from nasrec_tf.layers.fully_connected import FullyConnected
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.network_shape import BlockShape
from nasrec_tf.space.operator import DOT_PRODUCT, ELASTIC_FULLY_CONNECTED, FULLY_CONNECTED, MERGER_ROWS

OPERATOR_LAYERS = MappingProxyType(
    {
        FULLY_CONNECTED: FullyConnected,
        DOT_PRODUCT: DotProduct,
        ELASTIC_FULLY_CONNECTED: ElasticFullyConnected,
    }
)
READS_DENSE = frozenset({FULLY_CONNECTED, DOT_PRODUCT})
READS_SPARSE = frozenset({DOT_PRODUCT, ELASTIC_FULLY_CONNECTED})


class BranchPair(NamedTuple):
    """What later blocks read of the raw features or of one block; None where nothing reads it.

    Shapes:
        dense: `[B, N]`. sparse: `[B, D, F]`.
    """

    dense: Any
    sparse: Any


class ChoiceBlock(tf.keras.layers.Layer):
    """Runs the operators of one block on chosen earlier results.

    The dense operators' results are summed, and so are the sparse ones'; the factorisation machine of the sparse sum
    is added to the dense result, and the dense sum (before that) is appended to the sparse result as embeddings.

    Args:
        largest: the shape to build for; a call may name any smaller one.
    Source:
        NASRec section 3.2, equations 1 to 4; order of the mergers as in the reference code.
    """

    def __init__(
        self,
        largest: BlockShape,
        *,
        embedding_dim: int,
        use_layernorm: bool,
        is_elastic: bool,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

        def build_operator(layer: type[BlockOperator], name: str, sizes: OperatorSizes) -> BlockOperator:
            return layer(
                sizes.dense_segments,
                sizes.sparse_segments,
                sizes.width,
                embedding_dim=embedding_dim,
                use_layernorm=use_layernorm,
                is_elastic=is_elastic,
                seed=zlib.crc32(f"{seed}/{self.name}/{name}".encode()),
                name=name,
            )

        self.operators = {
            name: build_operator(OPERATOR_LAYERS[name], name, _operator_sizes(name, largest))
            for name in (*largest.dense_operators, *largest.sparse_operators)
        }
        self.mergers = {}
        if largest.sparse_to_dense:
            sizes = _merger_sizes("sparse_to_dense", largest)
            self.mergers["sparse_to_dense"] = build_operator(FactorizationMachineMerger, "sparse_to_dense", sizes)
        if largest.dense_to_sparse:
            sizes = _merger_sizes("dense_to_sparse", largest)
            self.mergers["dense_to_sparse"] = build_operator(DenseToSparseMerger, "dense_to_sparse", sizes)

    def build(self, input_shape: Any = None) -> None:
        for layer in (*self.operators.values(), *self.mergers.values()):
            layer.build()
        super().build(input_shape)

    def uses(self, shape: BlockShape) -> dict[str, tuple[BlockOperator, OperatorSizes]]:
        """Returns, by name, every operator and merger that `shape` has, with its sizes, live or not."""
        used = {
            name: (self.operators[name], _operator_sizes(name, shape))
            for name in (*shape.dense_operators, *shape.sparse_operators)
        }
        for name, is_on in (("sparse_to_dense", shape.sparse_to_dense), ("dense_to_sparse", shape.dense_to_sparse)):
            if is_on:
                used[name] = (self.mergers[name], _merger_sizes(name, shape))
        return used

    def call(self, earlier: list[BranchPair], shape: BlockShape) -> BranchPair:
        live = shape.live
        running = set(shape.dense_operators if live.dense_sum else ()) | set(
            shape.sparse_operators if live.sparse_sum else ()
        )
        dense_input = sparse_input = None
        if running & READS_DENSE:
            dense_input = _join([pair.dense for pair in earlier], shape.dense_segments)
        if running & READS_SPARSE:
            sparse_input = _join([pair.sparse for pair in earlier], shape.sparse_segments[::2])

        uses = self.uses(shape)

        def run(name: str, dense: Any, sparse: Any) -> Any:
            layer, sizes = uses[name]
            return layer((dense, sparse), sizes=sizes)

        dense = sparse = None
        if live.dense_sum:
            dense = _sum([run(name, dense_input, sparse_input) for name in shape.dense_operators])
        if live.sparse_sum:
            sparse = _sum([run(name, dense_input, sparse_input) for name in shape.sparse_operators])
        dense_sum, sparse_sum = dense, sparse
        if live.dense and shape.sparse_to_dense:
            dense = dense_sum + run("sparse_to_dense", None, sparse_sum)
        if live.sparse and shape.dense_to_sparse:
            sparse = tf.concat([sparse_sum, run("dense_to_sparse", dense_sum, None)], axis=-1)
        return BranchPair(dense if live.dense else None, sparse if live.sparse else None)


def _operator_sizes(name: str, shape: BlockShape) -> OperatorSizes:
    width = shape.sparse_width if name in shape.sparse_operators else shape.dense_width
    return OperatorSizes(shape.dense_segments, shape.sparse_segments, width)


def _merger_sizes(name: str, shape: BlockShape) -> OperatorSizes:
    width = shape.dense_width if name == "sparse_to_dense" else MERGER_ROWS
    return OperatorSizes((shape.dense_width,), (shape.sparse_width,), width)


def _join(results: list[Any], sizes: tuple[int, ...]) -> Any:
    chosen = [result for result, size in zip(results, sizes, strict=True) if size]
    return chosen[0] if len(chosen) == 1 else tf.concat(chosen, axis=-1)


def _sum(results: list[Any]) -> Any:
    return results[0] if len(results) == 1 else tf.add_n(results)
