"""What all operators of a choice block share: how they are built, and how a call narrows them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nasrec_tf.layers.elastic_dense import ElasticDense
from nasrec_tf.layers.elastic_layer_norm import ElasticLayerNorm
from nasrec_tf.legacy_keras import tf


@dataclass(frozen=True)
class OperatorSizes:
    """The sizes of one call: width of each dense and sparse input segment, and of the result."""

    dense_segments: tuple[int, ...]
    sparse_segments: tuple[int, ...]
    width: int


@dataclass(frozen=True)
class ProjectionUse:
    """One projection (or bare normalisation) of an operator, with the segments and units a call uses of it."""

    layer: ElasticDense | ElasticLayerNorm
    segments: tuple[int, ...]
    units: int

    def __call__(self, inputs: Any) -> Any:
        return self.layer(inputs, segments=self.segments, units=self.units)


class BlockOperator(tf.keras.layers.Layer):
    """An operator, built for the largest inputs and width it may meet.

    Args:
        dense_segments, sparse_segments: largest width of each input segment (see `BlockShape`).
        width: largest number of results.
        embedding_dim: `D`.
        use_layernorm: normalise after every projection.
        is_elastic: whether narrower calls are to come, so that projections are built that the full size can spare.
        seed: of the initial weights.
    Shapes:
        inputs: dense `[B, N]` and sparse `[B, D, F]`; an operator that reads only one
            of them accepts None for the other.
    """

    def __init__(
        self,
        dense_segments: Sequence[int],
        sparse_segments: Sequence[int],
        width: int,
        *,
        embedding_dim: int = 16,
        use_layernorm: bool = False,
        is_elastic: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.full_sizes = OperatorSizes(tuple(dense_segments), tuple(sparse_segments), width)
        self.embedding_dim = embedding_dim
        self.use_layernorm = use_layernorm
        self.is_elastic = is_elastic
        self.seed = seed

    def _projection(
        self, name: str, segments: Sequence[int], units: int, *, activation: str | None = None
    ) -> ElasticDense:
        return ElasticDense(
            segments,
            units,
            use_layernorm=self.use_layernorm,
            activation=activation,
            seed=zlib.crc32(f"{self.seed}/{name}".encode()),
            name=name,
        )

    def projections(self, sizes: OperatorSizes) -> dict[str, ProjectionUse]:
        """Returns, by name, the projections that a call of these sizes uses."""
        raise TypeError(f"{type(self).__name__} must say which projections it uses at {sizes}")

    def build(self, input_shape: Any = None) -> None:
        for layer in self._flatten_layers(include_self=False, recursive=False):
            if not layer.built:
                layer.build()
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dense_segments": self.full_sizes.dense_segments,
            "sparse_segments": self.full_sizes.sparse_segments,
            "width": self.full_sizes.width,
            "embedding_dim": self.embedding_dim,
            "use_layernorm": self.use_layernorm,
            "is_elastic": self.is_elastic,
            "seed": self.seed,
        }
