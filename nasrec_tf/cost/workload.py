"""Architecture + schema -> the operations of one example, in an order in which they can run."""

from collections.abc import Callable
from types import MappingProxyType

from nasrec_tf.cost.operation import (
    EmbeddingGather,
    FactorizationMachine,
    LayerNorm,
    MatrixVectorMultiply,
    Operation,
    PairwiseProduct,
)
from nasrec_tf.space.architecture import Architecture, LiveBranches
from nasrec_tf.space.feature_schema import FeatureSchema
from nasrec_tf.space.network_shape import BlockShape, NetworkShape
from nasrec_tf.space.operator import (
    DOT_PRODUCT,
    ELASTIC_FULLY_CONNECTED,
    FULLY_CONNECTED,
    MERGER_ROWS,
    dot_product_pairs,
    dot_product_rows,
)

# Names of the operations that must have run before a result is complete.
Producers = tuple[str, ...]

_ALL_LIVE = LiveBranches(dense=True, sparse=True, dense_sum=True, sparse_sum=True)


class _BlockWorkload:
    """Collects the operations of one block; the operators below write into it."""

    def __init__(
        self,
        name: str,
        shape: BlockShape,
        dense_input: Producers,
        sparse_input: Producers,
        *,
        embedding_dim: int,
        use_layernorm: bool,
    ) -> None:
        self.name = name
        self.shape = shape
        self.dense_input = dense_input
        self.sparse_input = sparse_input
        self.dense_rows = sum(shape.dense_segments)
        self.sparse_rows = sum(shape.sparse_segments)
        self.embedding_dim = embedding_dim
        self.use_layernorm = use_layernorm
        self.operations: list[Operation] = []

    def add(self, operation: Operation) -> Producers:
        self.operations.append(operation)
        return (operation.name,)

    def project(
        self, operator: str, part: str, rows: int, columns: int, *, after: Producers, times: int = 1
    ) -> Producers:
        """Adds a linear layer, and its layer norm in place of its bias where the network has them."""
        done = self.add(
            MatrixVectorMultiply(self.name, operator, part, after, rows, columns, times, not self.use_layernorm)
        )
        if self.use_layernorm:
            done = self.add(LayerNorm(self.name, operator, f"{part}_normalization", done, columns, times))
        return done


def _fully_connected(block: _BlockWorkload) -> Producers:
    return block.project(
        FULLY_CONNECTED, "projection", block.dense_rows, block.shape.dense_width, after=block.dense_input
    )


def _elastic_fully_connected(block: _BlockWorkload) -> Producers:
    return block.project(
        ELASTIC_FULLY_CONNECTED,
        "projection",
        block.sparse_rows,
        block.shape.sparse_width,
        after=block.sparse_input,
        times=block.embedding_dim,
    )


def _dot_product(block: _BlockWorkload) -> Producers:
    width, length = block.shape.dense_width, block.embedding_dim
    rows = dot_product_rows(width)
    dense, sparse = block.dense_input, block.sparse_input
    if block.dense_rows != length:
        dense = block.project(DOT_PRODUCT, "dense_projection", block.dense_rows, length, after=dense)
    if block.sparse_rows != rows:
        sparse = block.project(DOT_PRODUCT, "sparse_projection", block.sparse_rows, rows, after=sparse, times=length)
    pairs = block.add(PairwiseProduct(block.name, DOT_PRODUCT, "product", (*dense, *sparse), rows + 1, length))
    return block.project(DOT_PRODUCT, "pair_projection", dot_product_pairs(width), width, after=pairs)


def _sparse_to_dense(block: _BlockWorkload, sparse_sum: Producers) -> Producers:
    width, length, operator = block.shape.dense_width, block.embedding_dim, "sparse_to_dense"
    done = block.add(
        FactorizationMachine(block.name, operator, "interaction", sparse_sum, block.shape.sparse_width, length)
    )
    if width != length:
        return block.project(operator, "projection", length, width, after=done)
    if block.use_layernorm:  # the reference code has this norm and never runs it
        block.add(LayerNorm(block.name, operator, "normalization", done, length, times=0))
    return done


def _dense_to_sparse(block: _BlockWorkload, dense_sum: Producers) -> Producers:
    units = MERGER_ROWS * block.embedding_dim
    if block.shape.dense_width == units:
        return dense_sum
    return block.project("dense_to_sparse", "projection", block.shape.dense_width, units, after=dense_sum)


# A new operator is one function and one entry here.
_OPERATORS: MappingProxyType[str, Callable[[_BlockWorkload], Producers]] = MappingProxyType(
    {
        FULLY_CONNECTED: _fully_connected,
        DOT_PRODUCT: _dot_product,
        ELASTIC_FULLY_CONNECTED: _elastic_fully_connected,
    }
)


def list_operations(
    architecture: Architecture, schema: FeatureSchema, *, use_layernorm: bool = False, include_dead: bool = False
) -> tuple[Operation, ...]:
    """Lists what one example asks for; an operation stands after all it reads.

    Args:
        include_dead: also list the blocks and branches that never reach the logit.
    Source:
        NASRec section 3 with the reference code's rules on which projections exist. ReLU, sums and
        concatenations are left out: fvcore counts none of them.
    """
    shape = NetworkShape.of_architecture(architecture, schema)
    gather = EmbeddingGather("embedding", "embedding", "gather", (), schema.num_sparse, schema.embedding_dim)
    operations: list[Operation] = [gather]
    dense_results: list[Producers] = [()]
    sparse_results: list[Producers] = [(gather.name,)]
    for number, (block, block_shape) in enumerate(zip(architecture.blocks, shape.blocks, strict=True), start=1):
        workload = _BlockWorkload(
            f"block_{number}",
            block_shape,
            tuple(name for index in block.dense_inputs for name in dense_results[index]),
            tuple(name for index in block.sparse_inputs for name in sparse_results[index]),
            embedding_dim=schema.embedding_dim,
            use_layernorm=use_layernorm,
        )
        dense, sparse = _run_block(workload, _ALL_LIVE if include_dead else block_shape.live)
        dense_results.append(dense)
        sparse_results.append(sparse)
        operations.extend(workload.operations)
    last = (*dense_results[-1], *sparse_results[-1])
    operations.append(
        MatrixVectorMultiply("head", "head", "projection", last, sum(shape.head_segments), 1, times=1, has_bias=True)
    )
    return tuple(operations)


def _run_block(workload: _BlockWorkload, live: LiveBranches) -> tuple[Producers, Producers]:
    shape = workload.shape
    dense_sum: Producers = ()
    sparse_sum: Producers = ()
    if live.dense_sum:
        dense_sum = tuple(name for operator in shape.dense_operators for name in _OPERATORS[operator](workload))
    if live.sparse_sum:
        sparse_sum = tuple(name for operator in shape.sparse_operators for name in _OPERATORS[operator](workload))
    dense, sparse = dense_sum, sparse_sum
    if live.dense and shape.sparse_to_dense:
        dense = (*dense_sum, *_sparse_to_dense(workload, sparse_sum))
    if live.sparse and shape.dense_to_sparse:
        sparse = (*sparse_sum, *_dense_to_sparse(workload, dense_sum))
    return dense, sparse


def count_macs(
    architecture: Architecture, schema: FeatureSchema, *, use_layernorm: bool = False, include_dead: bool = False
) -> int:
    """Counts the multiply-accumulates of one example.

    Source:
        fvcore's convention, by which NASRec reports "FLOPs": one multiply-accumulate is one, biases and
        elementwise work are none, what does not reach the logit is left out.
    """
    operations = list_operations(architecture, schema, use_layernorm=use_layernorm, include_dead=include_dead)
    return sum(operation.macs for operation in operations)


def count_parameters(architecture: Architecture, schema: FeatureSchema, use_layernorm: bool = False) -> int:
    """Counts the trainable numbers of all blocks, dead ones included, outside embedding tables."""
    operations = list_operations(architecture, schema, use_layernorm=use_layernorm, include_dead=True)
    return sum(operation.parameters for operation in operations)


def count_embedding_parameters(schema: FeatureSchema) -> int:
    """Counts the numbers in all embedding tables."""
    return sum(schema.vocabulary_sizes) * schema.embedding_dim
