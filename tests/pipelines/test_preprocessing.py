"""The graph transform and the NumPy encoder are the same function, written twice; these tests hold them together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasrec_tf as nr
from nasrec_tf.legacy_keras import tf
from pipelines.preprocessing import encode_features, preprocessing_fn
from pipelines.raw_rows import to_examples
from pipelines.raw_schema import raw_feature_spec
from tests.pipelines.conftest import make_clicks

TEXT = st.one_of(
    st.text("0123456789", max_size=12),
    st.text("0123456789abcdefABCDEF", max_size=10),
    st.text("-0123456789abg .", max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.text("0123456789", min_size=60, max_size=64),
    st.text(max_size=6).filter(lambda text: "\0" not in text),
)


def through_graph(clicks, schema):
    """The way of a served row: serialized, parsed, transformed."""
    parsed = tf.io.parse_example(to_examples(clicks, schema), raw_feature_spec(schema))
    return {name: value.numpy() for name, value in encode_features(parsed, schema).items()}


def assert_same(clicks, schema):
    graph, encoded = through_graph(clicks, schema), nr.encode(clicks, schema)
    assert (graph["dense"].dtype, graph["sparse"].dtype) == (encoded.dense.dtype, encoded.sparse.dtype)
    np.testing.assert_allclose(graph["dense"], encoded.dense, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(graph["sparse"], encoded.sparse)


def test_hand_made_rows(clicks, raw_features):
    found = through_graph(clicks, raw_features)
    np.testing.assert_allclose(found["dense"][:3, 0], [np.log(4), 0, 0], rtol=1e-6)  # log, missing, negative
    np.testing.assert_array_equal(found["dense"][:, 1], np.float32([0.25, -1000, 0, 7]))
    assert not found["dense"][:, 2].any()
    assert found["sparse"][:, 0].tolist() == [0x1FBE01FE % 89 + 1, 11, 0, (2**31 - 1 - 7) % 89 + 1]
    assert found["sparse"][:, 1].tolist() == [0x68FD1E64 % 6 + 1, 0, 0xFFFFFFFF % 6 + 1, 1]
    assert found["sparse"][:, 2].tolist() == [1, 19, 0, 0]  # first, last, behind the table, missing
    assert_same(clicks, raw_features)


@given(cells=st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_text_in_a_category(cells, raw_features):
    columns = dict(zip(raw_features.sparse_names, zip(*cells, strict=True), strict=True))
    zeros = [b"0"] * len(cells)
    encoded = {name: [text.encode() for text in texts] for name, texts in columns.items()}
    assert_same(make_clicks({"I1": zeros, "price": zeros, **encoded}, np.zeros(len(cells))), raw_features)


@given(
    numbers=st.lists(st.tuples(st.integers(-(2**40), 2**40), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=8)
)
@settings(max_examples=40, deadline=None)
def test_any_number(numbers, raw_features):
    blank = dict.fromkeys(raw_features.sparse_names, [b""] * len(numbers))
    dense = {"I1": [b"%d" % count for count, _ in numbers], "price": [repr(price).encode() for _, price in numbers]}
    assert_same(make_clicks({**dense, **blank}, np.zeros(len(numbers))), raw_features)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_counts_as_missing(value, raw_features):
    inputs = {"I1": tf.constant([value]), "price": tf.constant([value])}
    inputs |= {name: tf.constant([""]) for name in raw_features.sparse_names}
    assert encode_features(inputs, raw_features)["dense"].numpy().tolist() == [[0, 0, 0]]


def test_transform_gets_its_schema_as_plain_data(clicks, raw_features):
    spec = {**raw_feature_spec(raw_features), "click": tf.io.FixedLenFeature([], tf.int64)}
    parsed = tf.io.parse_example(to_examples(clicks, raw_features), spec)
    found = preprocessing_fn(parsed, {"schema": raw_features.to_dict()})
    assert set(found) == {"dense", "sparse", "label"}
    assert found["label"].numpy().tolist() == [1, 0, 0, 1]
