import numpy as np
import pytest

from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.layers.elastic_dense import ElasticDense, active_rows


def test_active_rows_are_the_leading_ones_of_each_segment():
    np.testing.assert_array_equal(active_rows((3, 4, 2), (1, 0, 2)), [0, 7, 8])


def test_a_three_axis_input_is_projected_along_its_last_axis():
    layer = ElasticDense((2, 3), 4, seed=1)
    inputs = np.random.default_rng(0).standard_normal((5, 6, 5)).astype(np.float32)
    whole = layer(inputs)
    assert whole.shape == (5, 6, 4)
    np.testing.assert_allclose(whole[:, 2], layer(inputs[:, 2]), rtol=1e-5)


def test_different_seeds_start_differently():
    kernels = []
    for seed in (1, 2):
        layer = ElasticDense((4,), 3, seed=seed)
        layer.build()
        kernels.append(layer.kernel.numpy())
    assert not np.allclose(*kernels)


@pytest.mark.parametrize(("segments", "units"), [((), 3), ((0, 0), 3), ((2,), 0)])
def test_empty_sizes_are_refused(segments, units):
    with pytest.raises(InvalidSpecError, match="must be at least 1"):
        ElasticDense(segments, units)
