"""The standalone model of one architecture."""

from typing import Any

from nasrec_tf.config import parse_config
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.feature_schema import FeatureSchema
from nasrec_tf.space.network_shape import NetworkShape
from nasrec_tf.supernet.network import Features, Network
from nasrec_tf.supernet.supernet import Supernet


@tf.keras.utils.register_keras_serializable(package="nasrec_tf")
class Subnet(Network):
    """One architecture with weights of exactly its size. Dead branches have weights but are not computed.

    Shapes:
        features: {"dense": `[B, N]` float32, "sparse": `[B, F]` int64}.
        returns: logits `[B, 1]`.
    """

    def __init__(
        self,
        architecture: Architecture,
        schema: FeatureSchema,
        *,
        use_layernorm: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        shape = NetworkShape.of_architecture(architecture, schema)
        super().__init__(schema, shape, use_layernorm=use_layernorm, seed=seed, **kwargs)
        self.architecture = architecture
        self.network_shape = shape

    def call(self, features: Features, training: bool | None = None) -> Any:
        return self.compute_logits(features, self.network_shape, training=training)

    def get_config(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture.to_dict(),
            "schema": self.schema.to_dict(),
            "use_layernorm": self.use_layernorm,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Subnet":  # noqa: ARG003 (Keras's)
        described = {
            "architecture": parse_config(config["architecture"], Architecture, where="Subnet config"),
            "schema": parse_config(config["schema"], FeatureSchema, where="Subnet config"),
        }
        return cls(**{**config, **described})


def build_subnet(
    architecture: Architecture, schema: FeatureSchema, *, use_layernorm: bool = False, seed: int = 0
) -> Subnet:
    """Returns the untrained standalone network of an architecture."""
    return Subnet(architecture, schema, use_layernorm=use_layernorm, seed=seed)


def cut_subnet(supernet: Supernet, architecture: Architecture) -> Subnet:
    """Returns the standalone network of an architecture with its share of the supernet's weights."""
    subnet = Subnet(architecture, supernet.schema, use_layernorm=supernet.use_layernorm, seed=supernet.seed)
    assign_weights(subnet, supernet.active_weights(supernet.shape_of(architecture)))
    return subnet


def assign_weights(subnet: Subnet, weights: dict[str, Any]) -> None:
    """Gives a subnet every one of its weights, by place.

    Raises:
        InvalidSpecError: if a place is missing or unknown, or a shape differs.
    """
    variables = weight_variables(subnet)
    missing, unknown = sorted(set(variables) - set(weights)), sorted(set(weights) - set(variables))
    if missing or unknown:
        raise InvalidSpecError(f"`weights` must name every weight once. Missing: {missing}; unknown: {unknown}.")
    for place, variable in variables.items():
        if tuple(variable.shape) != tuple(weights[place].shape):
            raise InvalidSpecError(
                f"weight {place} must have shape {tuple(variable.shape)}. Received: {tuple(weights[place].shape)}."
            )
        variable.assign(weights[place])


def weight_variables(subnet: Subnet) -> dict[str, Any]:
    """Returns a subnet's variables under the places `Network.active_weights` names."""
    projected = {
        f"{place}/{name}": variable
        for place, use in subnet.projections(subnet.network_shape).items()
        for name, variable in use.layer.variables_by_name().items()
    }
    return {"embedding/table": subnet.embedding.table, **projected}
