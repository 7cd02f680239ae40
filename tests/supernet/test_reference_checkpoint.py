"""Number for number against the reference implementation (facebookresearch/NasRec, PyTorch)."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import InvalidSpecError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "reference_logits.json").read_text())


def reference_weights(golden):
    """The values the golden file's weights have by definition, by name."""
    weights = {}
    for name, shape in golden["parameters"]:
        values = 0.1 * np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
        weights[name] = (values + (name.endswith(".weight") and len(shape) == 1)).astype(np.float32)
    return weights


def build(golden):
    schema = nr.FeatureSchema(
        dense=[nr.DenseFeature(f"d{index}") for index in range(golden["num_dense"])],
        sparse=[nr.SparseFeature(f"s{index}", golden["vocabulary"]) for index in range(golden["num_sparse"])],
        embedding_dim=golden["embedding_dim"],
    )
    architecture = nr.Architecture.from_reference(golden["architecture"])
    return nr.build_subnet(architecture, schema, use_layernorm=golden["use_layernorm"])


@pytest.mark.parametrize("name", GOLDEN)
def test_logits_and_parameter_count_are_the_references(name):
    golden = GOLDEN[name]
    subnet = build(golden)
    assert nr.parameter_count(subnet) == golden["dense_parameter_count"]
    nr.load_reference_weights(subnet, reference_weights(golden))
    features = {"dense": np.array(golden["dense_inputs"], np.float32), "sparse": np.array(golden["sparse_inputs"])}
    logits = subnet(features).numpy().ravel()
    # One golden logit is 1.8e-4 among terms of order 1: float32 cannot resolve it better than the absolute part.
    np.testing.assert_allclose(logits, golden["logits"], rtol=1e-4, atol=1e-5)


def test_missing_left_over_and_misshapen_weights_are_named():
    golden = GOLDEN["criteo-small-plain"]
    subnet, weights = build(golden), reference_weights(golden)
    with pytest.raises(InvalidSpecError, match="lacks _final.bias"):
        nr.load_reference_weights(subnet, {name: value for name, value in weights.items() if name != "_final.bias"})
    with pytest.raises(InvalidSpecError, match=r"no place for: \['_stray'\]"):
        nr.load_reference_weights(subnet, {**weights, "_stray": np.zeros(1)})
    with pytest.raises(InvalidSpecError, match="weight head/kernel must have shape"):
        nr.load_reference_weights(subnet, {**weights, "_final.weight": np.zeros((1, 3), np.float32)})
