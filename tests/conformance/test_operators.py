"""The laws every operator keeps."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import nasrec_tf.layers
from nasrec_tf.layers.block_operator import BlockOperator
from nasrec_tf.legacy_keras import tf
from tests.conformance.descriptors import EMBEDDING_DIM, OPERATORS, PARTS

CASES = [
    pytest.param(descriptor, sizes, use_layernorm, id=f"{descriptor.layer.__name__}-{index}-norm{int(use_layernorm)}")
    for descriptor in OPERATORS
    for index, sizes in enumerate((descriptor.largest, *descriptor.smaller))
    for use_layernorm in (False, True)
]


def draw_inputs(sizes):
    generator = np.random.default_rng(5)
    dense = generator.standard_normal((6, sum(sizes.dense_segments))).astype(np.float32)
    sparse = generator.standard_normal((6, EMBEDDING_DIM, sum(sizes.sparse_segments))).astype(np.float32)
    return dense, sparse


def scramble(layer):
    """Gives every weight a value that no initialiser gives, so that a bias left out shows."""
    generator = np.random.default_rng(11)
    for weight in layer.weights:
        weight.assign(0.5 * generator.standard_normal(weight.shape) + 0.1)


def active_weights(layer, sizes):
    return {
        name: {variable: value.numpy() for variable, value in use.layer.active_weights(use.segments, use.units).items()}
        for name, use in layer.projections(sizes).items()
    }


@pytest.mark.parametrize(("descriptor", "sizes", "use_layernorm"), CASES)
def test_equals_its_numpy_twin_at_every_size(descriptor, sizes, use_layernorm):
    layer = descriptor.build(descriptor.largest, use_layernorm=use_layernorm, is_elastic=True)
    scramble(layer)
    dense, sparse = draw_inputs(sizes)
    expected = descriptor.twin(dense, sparse, active_weights(layer, sizes), sizes.width)
    np.testing.assert_allclose(layer((dense, sparse), sizes=sizes), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("descriptor", "sizes", "use_layernorm"), CASES)
def test_a_narrower_call_equals_the_layer_of_that_size(descriptor, sizes, use_layernorm):
    elastic = descriptor.build(descriptor.largest, use_layernorm=use_layernorm, is_elastic=True)
    scramble(elastic)
    exact = descriptor.build(sizes, use_layernorm=use_layernorm, is_elastic=False)
    uses = exact.projections(sizes)
    weights = active_weights(elastic, sizes)
    assert uses.keys() == weights.keys()
    assert len(exact.weights) == sum(len(values) for values in weights.values())
    for name, values in weights.items():
        for variable, value in values.items():
            uses[name].layer.variables_by_name()[variable].assign(value)
    inputs = draw_inputs(sizes)
    np.testing.assert_allclose(elastic(inputs, sizes=sizes), exact(inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("descriptor", "sizes", "use_layernorm"), CASES)
def test_what_is_not_active_gets_no_gradient(descriptor, sizes, use_layernorm):
    layer = descriptor.build(descriptor.largest, use_layernorm=use_layernorm, is_elastic=True)
    scramble(layer)
    inputs = draw_inputs(sizes)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(inputs, sizes=sizes)))
    used = {id(variable) for use in layer.projections(sizes).values() for variable in use.layer.weights}
    for variable, gradient in zip(layer.trainable_weights, tape.gradient(loss, layer.trainable_weights), strict=True):
        if gradient is None:
            continue
        assert id(variable) in used
        touched = np.count_nonzero(tf.convert_to_tensor(gradient).numpy())
        (use,) = (use for use in layer.projections(sizes).values() if any(variable is w for w in use.layer.weights))
        rows = sum(use.segments) if len(variable.shape) == 2 else 1
        assert 0 < touched <= rows * use.units


@pytest.mark.parametrize("descriptor", OPERATORS, ids=lambda d: d.layer.__name__)
def test_config_round_trip(descriptor):
    layer = descriptor.build(descriptor.largest, use_layernorm=True, is_elastic=True)
    again = type(layer).from_config(layer.get_config())
    again.build()
    assert again.get_config() == layer.get_config()
    for before, after in zip(layer.weights, again.weights, strict=True):
        np.testing.assert_array_equal(before, after)  # the seed is part of the configuration


@pytest.mark.parametrize("descriptor", OPERATORS, ids=lambda d: d.layer.__name__)
def test_saved_model_round_trip_with_any_batch_size(descriptor, tmp_path):
    layer = descriptor.build(descriptor.largest, use_layernorm=True, is_elastic=False)
    scramble(layer)
    dense, sparse = draw_inputs(descriptor.largest)
    module = tf.Module()
    module.layer = layer
    module.run = tf.function(
        lambda dense, sparse: layer((dense, sparse)),
        input_signature=[tf.TensorSpec([None, *dense.shape[1:]]), tf.TensorSpec([None, *sparse.shape[1:]])],
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.run(dense[:2], sparse[:2]), layer((dense[:2], sparse[:2])), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(loaded.run(dense, sparse), layer((dense, sparse)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("layer", "arguments"), PARTS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_parts_config_round_trip(layer, arguments):
    made = layer(**arguments)
    again = layer.from_config(made.get_config())
    assert again.get_config() == made.get_config()
    assert {name: again.get_config()[name] for name in arguments} == arguments


def test_every_public_layer_has_a_descriptor():
    modules = [
        importlib.import_module(f"nasrec_tf.layers.{module.name}")
        for module in pkgutil.iter_modules(nasrec_tf.layers.__path__)
    ]
    public = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, tf.keras.layers.Layer) and member.__module__.startswith("nasrec_tf.layers")
    }
    assert public == {BlockOperator, *PARTS, *(descriptor.layer for descriptor in OPERATORS)}
