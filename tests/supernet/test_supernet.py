"""The law: a supernet run on an architecture is that architecture's own network."""

import dataclasses

import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.supernet.subnet import assign_weights
from nasrec_tf.training.train_supernet import path_at
from tests.conftest import draw_features


def scramble(model):
    generator = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(weight + 0.1 * generator.standard_normal(weight.shape))


@pytest.mark.parametrize("use_layernorm", [False, True])
def test_supernet_equals_the_cut_subnet(space, schema, features, use_layernorm):
    supernet = nr.Supernet(space, schema, use_layernorm=use_layernorm, seed=0)
    scramble(supernet)
    generator = np.random.default_rng(0)
    for architecture in [nr.full_architecture(space), *(nr.sample_architecture(space, generator) for _ in range(25))]:
        subnet = nr.cut_subnet(supernet, architecture)
        np.testing.assert_allclose(supernet(features, architecture), subnet(features), rtol=1e-5, atol=1e-5)


def test_the_law_holds_in_nasrec_small():
    schema = nr.FeatureSchema(
        dense=[nr.DenseFeature(f"I{index}") for index in range(13)],
        sparse=[nr.SparseFeature(f"C{index}", vocabulary_size=20) for index in range(26)],
    )
    space = nr.search_space("small")
    supernet = nr.Supernet(space, schema, seed=0)
    features = draw_features(schema, rows=4, seed=0)
    generator = np.random.default_rng(1)
    for _ in range(4):
        architecture = nr.sample_architecture(space, generator)
        expected = nr.cut_subnet(supernet, architecture)(features)
        np.testing.assert_allclose(supernet(features, architecture), expected, rtol=1e-5, atol=1e-5)


def test_supernet_of_small_on_criteo_has_the_papers_size():
    schema = nr.FeatureSchema(
        dense=[nr.DenseFeature(f"I{index}") for index in range(13)],
        sparse=[nr.SparseFeature(f"C{index}", vocabulary_size=2) for index in range(26)],
    )
    assert nr.parameter_count(nr.Supernet(nr.search_space("small"), schema)) / 1e6 == pytest.approx(31.143, abs=5e-4)


def test_one_step_leaves_every_unsampled_weight_bit_identical(space, schema, features):
    supernet = nr.Supernet(space, schema, seed=0)
    architecture = path_at(supernet, 0, full_path_steps=0, seed=7)
    before = [weight.numpy() for weight in supernet.trainable_variables]
    nr.train_supernet(
        supernet,
        tf.data.Dataset.from_tensors((features, np.ones((6, 1), np.float32))),
        steps=1,
        recipe=nr.TrainingRecipe(learning_rate=0.1, batch_size=6, warmup_share=0.0),
        full_path_share=0.0,
        seed=7,
        progress=None,
    )
    used = supernet.projections(supernet.shape_of(architecture)).values()
    most_changes = {id(use.layer.kernel): sum(use.segments) * use.units for use in used if hasattr(use.layer, "kernel")}
    looked_up = np.unique(features["sparse"] + supernet.embedding.offsets)
    num_changed = 0
    for weight, old in zip(supernet.trainable_variables, before, strict=True):
        changed = weight.numpy() != old
        num_changed += changed.sum()
        if weight is supernet.embedding.table:
            assert set(np.nonzero(changed.any(axis=1))[0]) <= set(looked_up)
        elif len(weight.shape) == 2:
            assert changed.sum() <= most_changes.get(id(weight), 0)
    assert num_changed > 100


def test_an_architecture_outside_the_space_is_refused(space, schema, features):
    supernet = nr.Supernet(space, schema)
    with pytest.raises(InvalidSpecError, match="must have 3 blocks"):
        supernet(features, nr.sample_architecture(dataclasses.replace(space, num_blocks=2), np.random.default_rng(0)))


def test_the_seed_decides_the_weights(space, schema):
    first, again, other = (nr.Supernet(space, schema, seed=seed) for seed in (0, 0, 1))
    for left, right in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(first.head.kernel, other.head.kernel)


def test_subnet_config_and_saved_model_round_trips(space, schema, features, tmp_path):
    subnet = nr.build_subnet(
        nr.sample_architecture(space, np.random.default_rng(2)), schema, use_layernorm=True, seed=5
    )
    again = nr.Subnet.from_config(subnet.get_config())
    np.testing.assert_array_equal(again(features), subnet(features))
    tf.saved_model.save(
        subnet,
        str(tmp_path),
        signatures=tf.function(
            lambda dense, sparse: {"logit": subnet({"dense": dense, "sparse": sparse})},
            input_signature=[
                tf.TensorSpec([None, schema.num_dense], name="dense"),
                tf.TensorSpec([None, schema.num_sparse], tf.int64, name="sparse"),
            ],
        ),
    )
    signature = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    served = signature(dense=features["dense"], sparse=features["sparse"])["logit"]
    np.testing.assert_allclose(served, subnet(features), rtol=1e-5, atol=1e-6)


def test_weights_with_wrong_shapes_or_names_are_named(space, schema):
    subnet = nr.build_subnet(nr.full_architecture(space), schema)
    weights = dict(subnet.active_weights(subnet.network_shape))
    with pytest.raises(InvalidSpecError, match=r"Missing: \['head/bias'\]"):
        assign_weights(subnet, {place: value for place, value in weights.items() if place != "head/bias"})
    with pytest.raises(InvalidSpecError, match="weight head/bias must have shape"):
        assign_weights(subnet, {**weights, "head/bias": np.zeros(2)})
