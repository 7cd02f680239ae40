"""The projection all operators are made of, with its active inputs and units as arguments."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.layers.elastic_layer_norm import ElasticLayerNorm, cut_units
from nasrec_tf.legacy_keras import tf


@functools.lru_cache(maxsize=65536)
def active_rows(capacity: tuple[int, ...], active: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Row numbers that `active` leading rows of each segment have in a kernel built for `capacity` rows of each."""
    starts = np.cumsum((0, *capacity[:-1]))
    rows = [np.arange(start, start + size, dtype=np.int32) for start, size in zip(starts, active, strict=True)]
    return np.concatenate(rows)


class ElasticDense(tf.keras.layers.Layer):
    """Fully connected layer that can run narrower than it was built.

    Computes `activation(normalise(x @ kernel[rows, :units] + bias[:units]))` on the last axis of `x`. The kernel's
    rows form segments, one for each result that may be connected; a call names how many leading rows of each
    segment its input holds. Rows are gathered, so their gradient is sparse: an optimiser with a sparse rule
    touches only what was active. A layer called at its full size reads its variables as they are.

    Args:
        segments: largest width of each input segment.
        units: largest number of results.
        use_layernorm: normalise the active units; there is then no bias.
        activation: "relu" or None.
        seed: of the initial weights.
    Shapes:
        inputs: `[B, sum(active segments)]` or `[B, D, sum(active segments)]` float.
        returns: `[B, units]` or `[B, D, units]`.
    Raises:
        InvalidSpecError: if a size is below 1.
    Source:
        NASRec section 3; weights start xavier-uniform, biases 0. differs: normalises active units only.
    """

    def __init__(
        self,
        segments: Sequence[int],
        units: int,
        *,
        use_layernorm: bool = False,
        activation: str | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if sum(segments) < 1 or units < 1:
            raise InvalidSpecError(f"`segments` and `units` must be at least 1. Received: {tuple(segments)}, {units}.")
        self.segments = tuple(segments)
        self.units = units
        self.use_layernorm = use_layernorm
        self.activation = activation
        self.seed = seed

    def build(self, input_shape: Any = None) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(sum(self.segments), self.units),
            initializer=tf.keras.initializers.GlorotUniform(seed=self.seed),
        )
        if self.use_layernorm:
            self.normalization = ElasticLayerNorm(self.units, name="normalization")
            self.normalization.build()
        else:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        super().build(input_shape)

    def variables_by_name(self) -> dict[str, Any]:
        if self.use_layernorm:
            return {"kernel": self.kernel, **self.normalization.variables_by_name()}
        return {"kernel": self.kernel, "bias": self.bias}

    def active_weights(self, segments: Sequence[int] | None = None, units: int | None = None) -> dict[str, Any]:
        """Returns this layer's variables by name, cut to the active sizes."""
        if self.use_layernorm:
            vectors = self.normalization.active_weights(units=units)
        else:
            vectors = {"bias": cut_units(self.bias, units)}
        return {"kernel": self._active_kernel(segments, units), **vectors}

    def _active_kernel(self, segments: Sequence[int] | None, units: int | None) -> Any:
        if segments is None or tuple(segments) == self.segments:
            return cut_units(self.kernel, units)
        return cut_units(tf.gather(self.kernel, active_rows(self.segments, tuple(segments))), units)

    def call(self, inputs: Any, segments: Sequence[int] | None = None, units: int | None = None) -> Any:
        kernel = self._active_kernel(segments, units)
        results = tf.matmul(tf.reshape(inputs, [-1, kernel.shape[0]]), kernel)
        if self.use_layernorm:
            results = self.normalization(results, units=units)
        else:
            results = tf.nn.bias_add(results, cut_units(self.bias, units))
        if self.activation == "relu":
            results = tf.nn.relu(results)
        if inputs.shape.rank == 3:
            results = tf.reshape(results, [-1, inputs.shape[1], kernel.shape[1]])  # [B, D, units]
        return results

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "segments": self.segments,
            "units": self.units,
            "use_layernorm": self.use_layernorm,
            "activation": self.activation,
            "seed": self.seed,
        }
