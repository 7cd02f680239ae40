"""Layer normalisation of the active units only."""

from collections.abc import Sequence
from typing import Any

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf

EPSILON = 1e-5


class ElasticLayerNorm(tf.keras.layers.Layer):
    """Normalises the last axis, for any number of units up to the one it was built for.

    Shapes:
        inputs: `[..., units]` float, active units only.
        returns: the same.
    Raises:
        InvalidSpecError: if `units` is below 1.
    Source:
        epsilon 1e-5 is PyTorch's. differs from NASRec's supernet, which normalises masked units too.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise InvalidSpecError(f"`units` must be at least 1. Received: {units}.")
        self.units = units

    def build(self, input_shape: Any = None) -> None:
        self.scale = self.add_weight(name="scale", shape=(self.units,), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(self.units,), initializer="zeros")
        super().build(input_shape)

    def active_weights(self, segments: Sequence[int] | None = None, units: int | None = None) -> dict[str, Any]:
        """Returns this layer's variables by name, cut to the active units; it has no input segments to cut."""
        del segments
        return {name: cut_units(variable, units) for name, variable in self.variables_by_name().items()}

    def variables_by_name(self) -> dict[str, Any]:
        return {"scale": self.scale, "offset": self.offset}

    def call(self, inputs: Any, segments: Sequence[int] | None = None, units: int | None = None) -> Any:
        weights = self.active_weights(segments, units)
        mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
        return (inputs - mean) * tf.math.rsqrt(variance + EPSILON) * weights["scale"] + weights["offset"]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def cut_units(variable: Any, units: int | None) -> Any:
    """Returns the first `units` of a variable's last axis; all of them without a copy."""
    if units is None or units == variable.shape[-1]:
        return tf.convert_to_tensor(variable)
    return variable[..., :units]
