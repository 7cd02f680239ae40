"""The EFC operator."""

from typing import Any

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes, ProjectionUse


class ElasticFullyConnected(BlockOperator):
    """Projects the embeddings of a sparse input to another number of embeddings.

    Computes `relu(normalise(sparse @ W + b))` along the feature axis, the same `W` for every coordinate.

    Shapes:
        inputs: sparse `[B, D, F]`.
        returns: `[B, D, width]`.
    Source:
        NASRec section 3.1, "Elastic Fully-Connected"; the ReLU is the reference code's, the paper names none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        full = self.full_sizes
        self.projection = self._projection("projection", full.sparse_segments, full.width, activation="relu")

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        return {"projection": ProjectionUse(self.projection, sizes.sparse_segments, sizes.width)}

    def call(self, inputs: tuple[Any, Any], sizes: OperatorSizes | None = None) -> Any:
        _, sparse = inputs
        return self.projections(sizes or self.full_sizes)["projection"](sparse)
