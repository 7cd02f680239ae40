import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.training.optimizer import CosineWithWarmup, build_optimizer, clip_by_global_norm


def test_adagrad_is_pytorchs_rule_on_dense_and_sparse_rows():
    """`x -= lr * g / (sqrt(sum g^2) + eps)`, the accumulator from 0, on the rows a sparse gradient names."""
    recipe = nr.TrainingRecipe(learning_rate=0.12, batch_size=1, warmup_share=0.0)
    steps = 10
    variable = tf.Variable(np.ones((3, 2), np.float32))
    optimizer = build_optimizer(recipe, [variable], steps)
    expected, accumulator = np.ones((3, 2)), np.zeros((3, 2))
    schedule = CosineWithWarmup(0.12, 0, steps)
    generator = np.random.default_rng(0)
    for step in range(steps):
        gradient = generator.standard_normal((3, 2)).astype(np.float32)
        if step % 2:
            gradient[1] = 0
            sparse = tf.IndexedSlices(tf.constant(gradient[[0, 2]]), tf.constant([0, 2]), tf.constant([3, 2]))
            optimizer.apply([sparse])
        else:
            optimizer.apply([tf.constant(gradient)])
        accumulator += gradient**2
        expected -= float(schedule(step)) * gradient / (np.sqrt(accumulator) + 1e-2)
    np.testing.assert_allclose(variable, expected, rtol=1e-4)


def test_learning_rate_rises_then_falls_along_a_cosine():
    schedule = CosineWithWarmup(0.2, 10, 110)
    rates = [float(schedule(step)) for step in (0, 5, 10, 60, 110, 500)]
    np.testing.assert_allclose(rates, [1e-8, 0.1, 0.2, 0.1, 1e-8, 1e-8], rtol=1e-5, atol=1e-9)


def test_clipping_takes_the_norm_over_dense_and_sparse_gradients():
    sparse = tf.IndexedSlices(tf.constant([[4.0], [0.0]]), tf.constant([4, 1]), tf.constant([6, 1]))
    clipped, left, dense = clip_by_global_norm([sparse, None, tf.constant([3.0])], 2.5)
    assert left is None
    # 4^2 + 3^2 = 5^2, so everything is halved
    np.testing.assert_allclose(tf.convert_to_tensor(clipped)[4], [2.0], rtol=1e-5)
    np.testing.assert_allclose(dense, [1.5], rtol=1e-5)
    (kept,) = clip_by_global_norm([tf.constant([3.0])], 5.0)
    np.testing.assert_array_equal(kept, [3.0])


@pytest.mark.parametrize("change", [{"learning_rate": 0.0}, {"batch_size": 0}, {"warmup_share": 1.0}])
def test_broken_recipes_are_refused(change):
    with pytest.raises(InvalidSpecError, match=f"`{next(iter(change))}`"):
        nr.TrainingRecipe(**{"learning_rate": 0.1, "batch_size": 8, **change})


def test_steps_count_the_last_short_batch():
    assert nr.TrainingRecipe(learning_rate=0.1, batch_size=8, epochs=3).count_steps(17) == 9
