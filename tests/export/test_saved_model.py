import functools

import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf
from tests.conftest import draw_features


def serialize(features):
    return [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    "dense": tf.train.Feature(float_list=tf.train.FloatList(value=dense)),
                    "sparse": tf.train.Feature(int64_list=tf.train.Int64List(value=sparse)),
                }
            )
        ).SerializeToString()
        for dense, sparse in zip(features["dense"], features["sparse"], strict=True)
    ]


def parse(schema, examples):
    spec = {
        "dense": tf.io.FixedLenFeature([schema.num_dense], tf.float32),
        "sparse": tf.io.FixedLenFeature([schema.num_sparse], tf.int64),
    }
    return tf.io.parse_example(examples, spec)


class TablePreprocess(tf.Module):
    """Adds 1 to every id by a lookup table, which lives outside the graph."""

    def __init__(self, schema):
        super().__init__()
        self._schema = schema
        ids = tf.range(100, dtype=tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(ids, ids + 1), 0)

    def __call__(self, examples):
        features = parse(self._schema, examples)
        return {**features, "sparse": self.table.lookup(features["sparse"])}


@pytest.fixture(scope="module")
def model(schema, space):
    return nr.build_subnet(nr.sample_architecture(space, np.random.default_rng(0)), schema)


def test_the_served_signature_computes_what_the_model_does(tmp_path, model, schema):
    features = draw_features(schema, rows=5, seed=3)
    path = nr.export_saved_model(model, tmp_path / "1", preprocess=functools.partial(parse, schema))
    servable = tf.saved_model.load(str(path))
    assert list(servable.signatures) == ["serving_default"]

    reply = servable.signatures["serving_default"](examples=tf.constant(serialize(features)))

    expected = model(features).numpy()[:, 0]
    assert {name: (value.dtype, value.shape) for name, value in reply.items()} == {
        "ctr": (tf.float32, (5,)),
        "logit": (tf.float32, (5,)),
    }
    np.testing.assert_allclose(reply["logit"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(reply["ctr"], 1 / (1 + np.exp(-expected)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", [0, 1])
def test_the_smallest_batches_keep_their_axis(tmp_path, model, schema, rows):
    path = nr.export_saved_model(model, tmp_path / "1", preprocess=functools.partial(parse, schema))
    servable = tf.saved_model.load(str(path))
    examples = serialize(draw_features(schema, rows=rows, seed=0))
    assert servable.signatures["serving_default"](examples=tf.constant(examples, tf.string))["ctr"].shape == (rows,)


def test_tables_that_preprocessing_holds_are_saved(tmp_path, model, schema):
    features = draw_features(schema, rows=4, seed=1)
    features["sparse"] = np.zeros_like(features["sparse"])
    path = nr.export_saved_model(model, tmp_path / "1", preprocess=TablePreprocess(schema))
    servable = tf.saved_model.load(str(path))
    reply = servable.signatures["serving_default"](examples=tf.constant(serialize(features)))
    expected = model({**features, "sparse": features["sparse"] + 1}).numpy()[:, 0]
    np.testing.assert_allclose(reply["logit"], expected, rtol=1e-5, atol=1e-6)


def test_a_resource_that_nobody_holds_is_refused_and_the_old_model_stays(tmp_path, model, schema):
    path = nr.export_saved_model(model, tmp_path / "1", preprocess=functools.partial(parse, schema))
    before = (path / "saved_model.pb").read_bytes()
    hidden = functools.partial(TablePreprocess.__call__, TablePreprocess(schema))
    with pytest.raises(InvalidSpecError, match="hold every resource"):
        nr.export_saved_model(model, path, preprocess=hidden)
    assert (path / "saved_model.pb").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["1"]


def test_a_missing_feature_is_refused(tmp_path, model, schema):
    with pytest.raises(InvalidSpecError, match="`preprocess` must return `dense` and `sparse`.*'sparse'"):
        nr.export_saved_model(
            model, tmp_path / "1", preprocess=lambda examples: {"dense": parse(schema, examples)["dense"]}
        )
    assert list(tmp_path.iterdir()) == []


def test_no_python_runs_when_serving(tmp_path, model, schema):
    path = nr.export_saved_model(model, tmp_path / "1", preprocess=functools.partial(parse, schema))
    graph = tf.saved_model.load(str(path)).signatures["serving_default"].graph.as_graph_def()
    operations = {node.op for function in graph.library.function for node in function.node_def}
    assert "ParseExampleV2" in operations
    assert not {operation for operation in operations if "PyFunc" in operation}
