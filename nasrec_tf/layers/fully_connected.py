"""The FC operator."""

from typing import Any

from nasrec_tf.layers.block_operator import BlockOperator, OperatorSizes, ProjectionUse


class FullyConnected(BlockOperator):
    """Projects the dense input.

    Computes `relu(normalise(dense @ W + b))`.

    Shapes:
        inputs: dense `[B, N]`.
        returns: `[B, width]`.
    Source:
        NASRec section 3.1, "Fully-Connected".
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        full = self.full_sizes
        self.projection = self._projection("projection", full.dense_segments, full.width, activation="relu")

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        return {"projection": ProjectionUse(self.projection, sizes.dense_segments, sizes.width)}

    def call(self, inputs: tuple[Any, Any], sizes: OperatorSizes | None = None) -> Any:
        dense, _ = inputs
        return self.projections(sizes or self.full_sizes)["projection"](dense)
