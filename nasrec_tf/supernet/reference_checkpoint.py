"""Weights of the reference implementation (PyTorch names and layouts) in a `Subnet`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.operator import DOT_PRODUCT, ELASTIC_FULLY_CONNECTED, FULLY_CONNECTED, REFERENCE_NODES
from nasrec_tf.supernet.subnet import Subnet, assign_weights, weight_variables

# Our operator/projection -> the reference's linear layer and layer norm inside the operator or the block.
_LAYERS = MappingProxyType(
    {
        f"{FULLY_CONNECTED}/projection": ("_linear", "_layernorm"),
        f"{ELASTIC_FULLY_CONNECTED}/projection": ("_linear", "_layernorm"),
        f"{DOT_PRODUCT}/dense_projection": ("_dense_proj", "_dense_layernorm"),
        f"{DOT_PRODUCT}/sparse_projection": ("_sparse_inp_proj", "_sparse_inp_proj_layernorm"),
        f"{DOT_PRODUCT}/pair_projection": ("_linear_proj", "_linear_layernorm"),
        "sparse_to_dense/projection": ("deep_fm._linear_proj", "deep_fm._linear_layernorm"),
        "sparse_to_dense/normalization": ("", "deep_fm._linear_layernorm"),
        "dense_to_sparse/projection": ("project_emb_dim", "project_emb_dim_layernorm"),
    }
)
_MERGERS = ("sparse_to_dense", "dense_to_sparse")
_SUFFIXES = MappingProxyType(
    {"kernel": (0, "weight"), "bias": (0, "bias"), "scale": (1, "weight"), "offset": (1, "bias")}
)


def reference_name(place: str, nodes: tuple[str, ...]) -> str:
    """Returns the reference's name of one of our weight places; `nodes` is the order of its block's operators."""
    parts = place.split("/")
    index, suffix = _SUFFIXES[parts[-1]]
    if parts[0] == "head":
        return f"_final.{suffix}"
    block, operator, projection = parts[0].removeprefix("block_"), parts[1], parts[2]
    inside = "" if operator in _MERGERS else f"_nodes.{nodes.index(operator)}."
    return f"_blocks.{int(block) - 1}.{inside}{_LAYERS[f'{operator}/{projection}'][index]}.{suffix}"


def load_reference_weights(subnet: Subnet, weights: Mapping[str, Any], *, config: str = "autoctr") -> None:
    """Gives a subnet the weights of a reference network of the same architecture.

    Args:
        weights: the reference's state dict as arrays; linear weights are `[out, in]`.
        config: the reference's name of the space, which fixes the numbering of operators.
    Raises:
        InvalidSpecError: if a name is missing or left over, or a shape differs.
    """
    left_over = set(weights)

    def take(name: str) -> Any:
        if name not in weights:
            raise InvalidSpecError(f"`weights` lacks {name}. Received {len(weights)} names.")
        left_over.discard(name)
        return np.asarray(weights[name])

    tables = [take(f"_embedding.{index}.weight") for index in range(subnet.schema.num_sparse)]
    converted = {"embedding/table": np.concatenate(tables)}
    for place in weight_variables(subnet):
        if place not in converted:
            value = take(reference_name(place, REFERENCE_NODES[config]))
            converted[place] = value.T if place.endswith("/kernel") else value
    if left_over:
        raise InvalidSpecError(f"`weights` holds names this architecture has no place for: {sorted(left_over)}.")
    assign_weights(subnet, converted)
