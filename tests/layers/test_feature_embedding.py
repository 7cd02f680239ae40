import numpy as np
import pytest

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.layers.feature_embedding import FeatureEmbedding
from nasrec_tf.legacy_keras import tf


def test_each_feature_reads_its_own_table():
    layer = FeatureEmbedding((3, 2), 2)
    layer.build()
    layer.table.assign(np.arange(10).reshape(5, 2))
    np.testing.assert_array_equal(layer(np.array([[2, 1], [0, 0]])), [[[4, 5], [8, 9]], [[0, 1], [6, 7]]])


@pytest.mark.parametrize("outside", [-1, 3, 10**12])
def test_an_id_outside_its_table_reads_the_missing_row(outside):
    layer = FeatureEmbedding((3, 4), 2)
    inside = layer(np.array([[0, 1]]))
    np.testing.assert_array_equal(layer(np.array([[outside, 1]])), inside)


def test_tables_start_at_their_own_scale():
    layer = FeatureEmbedding((20_000, 500), 16)
    layer.build()
    small, large = np.std(layer.table[:20_000]), np.std(layer.table[20_000:])
    assert small == pytest.approx((2 / 20_016) ** 0.5, rel=0.02)
    assert large == pytest.approx((2 / 516) ** 0.5, rel=0.05)


@pytest.mark.parametrize("arguments", [((), 2), ((3, 0), 2), ((3,), 0)])
def test_empty_tables_are_refused(arguments):
    with pytest.raises(InvalidSpecError, match="must be at least 1"):
        FeatureEmbedding(*arguments)


def test_the_gradient_names_every_row_once():
    layer = FeatureEmbedding((3, 4), 2)
    ids = np.array([[0, 1], [0, 3], [2, 1], [0, 1]])
    with tf.GradientTape() as tape:
        looked_up = layer(ids, training=True)
        loss = tf.reduce_sum(looked_up * tf.constant([1.0, 10.0]))
    np.testing.assert_array_equal(looked_up, layer(ids))
    gradient = tape.gradient(loss, layer.table)
    assert sorted(gradient.indices.numpy()) == [0, 2, 4, 6]
    np.testing.assert_allclose(tf.convert_to_tensor(gradient)[:, 0], [3, 0, 1, 0, 3, 0, 1])
