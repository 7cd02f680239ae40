import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import DataError, TrainingDivergedError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.training.train_supernet import path_at
from tests.conftest import draw_features

RECIPE = nr.TrainingRecipe(learning_rate=0.1, batch_size=32, epochs=8)


@pytest.fixture(scope="module")
def log(schema):
    """Clicks that depend on one category and one number, so that there is something to learn."""
    features = draw_features(schema, rows=512, seed=0)
    logit = 2.0 * features["dense"][:, 0] + np.where(features["sparse"][:, 1] % 2, 2.0, -2.0)
    label = (np.random.default_rng(1).random(512) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    return nr.ClickLog(features["dense"], features["sparse"].astype(np.int64), label)


def test_a_subnet_learns_and_dead_weights_stay(space, schema, log):
    generator = np.random.default_rng(0)
    architecture = next(
        a for a in iter(lambda: nr.sample_architecture(space, generator), None) if not a.live_branches()[1].dense_sum
    )
    subnet = nr.build_subnet(architecture, schema)
    dead = [
        use.layer for place, use in subnet.projections(subnet.network_shape).items() if place.startswith("block_2/")
    ]
    before = [weight.numpy() for layer in dead[:1] for weight in layer.weights]
    first = nr.evaluate(subnet, nr.batches(log, 128))
    nr.train_network(
        subnet,
        nr.batches(log, 32, seed=0, epochs=8),
        steps=RECIPE.count_steps(len(log)),
        recipe=RECIPE,
        progress=None,
    )
    last = nr.evaluate(subnet, nr.batches(log, 128))
    assert last.log_loss < 0.5 < first.log_loss
    assert last.auc > 0.85
    assert last.num_examples == 512
    for weight, old in zip([w for layer in dead[:1] for w in layer.weights], before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_a_killed_supernet_training_resumes_bit_exactly(space, schema, log, tmp_path):
    def train(supernet, steps_until_kill=None, directory=None):
        batches = nr.batches(log, 32, seed=0, epochs=1)
        if steps_until_kill is not None:
            batches = batches.take(steps_until_kill)
        nr.train_supernet(
            supernet,
            batches,
            steps=16,
            recipe=RECIPE,
            seed=3,
            checkpoint_directory=directory,
            checkpoint_every=5,
            progress=None,
        )

    straight = nr.Supernet(space, schema, seed=0)
    train(straight)
    with pytest.raises(DataError, match="must hold 16 batches. Received: 12"):
        train(nr.Supernet(space, schema, seed=0), steps_until_kill=12, directory=tmp_path)
    resumed = nr.Supernet(space, schema, seed=0)
    train(resumed, directory=tmp_path)
    for left, right in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(left, right)

    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    train(resumed, directory=tmp_path)  # finished: a kill now must not be able to hurt it
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written

    loaded = nr.Supernet(space, schema, seed=9)
    nr.load_supernet_weights(loaded, tmp_path)
    for left, right in zip(straight.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_checkpoint_of_another_space_or_none_is_named(space, schema, log, tmp_path):
    supernet = nr.Supernet(space, schema)
    with pytest.raises(DataError, match="holds no supernet checkpoint"):
        nr.load_supernet_weights(supernet, tmp_path)
    batches = nr.batches(log, 32)
    nr.train_supernet(supernet, batches, steps=1, recipe=RECIPE, checkpoint_directory=tmp_path, progress=None)
    with pytest.raises(DataError, match="another space or schema"):
        nr.load_supernet_weights(nr.Supernet(nr.search_space("small"), schema), tmp_path)


def test_the_full_supernet_is_phased_out(space, schema):
    supernet = nr.Supernet(space, schema)
    full = nr.full_architecture(space)
    is_full = [path_at(supernet, step, full_path_steps=200, seed=0) == full for step in range(400)]
    assert is_full[0]
    assert 0.5 < np.mean(is_full[:100]) < 0.95  # on average 3/4
    assert 0.05 < np.mean(is_full[100:200]) < 0.5  # on average 1/4
    assert not any(is_full[200:])
    assert path_at(supernet, 300, full_path_steps=0, seed=0) == path_at(supernet, 300, full_path_steps=0, seed=0)
    assert path_at(supernet, 300, full_path_steps=0, seed=0) != path_at(supernet, 300, full_path_steps=0, seed=1)


def test_a_loss_that_is_no_number_stops_with_step_and_architecture(space, schema, log):
    poisoned = nr.ClickLog(np.full_like(log.dense, np.nan), log.sparse, log.label)
    with pytest.raises(TrainingDivergedError, match=r"nan at step 0 .*dense_operators"):
        nr.train_supernet(nr.Supernet(space, schema), nr.batches(poisoned, 32), steps=2, recipe=RECIPE, progress=None)
    with pytest.raises(TrainingDivergedError, match="nan at step 0 with peak learning rate 0.1"):
        model = nr.build_baseline("logistic_regression", schema)
        nr.train_network(model, nr.batches(poisoned, 32), steps=2, recipe=RECIPE, progress=None)


def test_evaluation_is_sklearns_and_needs_both_classes(log):
    from sklearn.metrics import log_loss, roc_auc_score

    logits = np.random.default_rng(0).standard_normal(len(log))
    found = nr.evaluate_logits(logits, log.label)
    assert found.log_loss == pytest.approx(log_loss(log.label, 1 / (1 + np.exp(-logits))))
    assert found.auc == pytest.approx(roc_auc_score(log.label, logits))
    with pytest.raises(DataError, match="rows of one class"):
        nr.evaluate_logits(logits, np.zeros(len(log)))
    with pytest.raises(DataError, match="at least one row"):
        nr.evaluate(lambda features: features["dense"], tf.data.Dataset.from_tensors(({}, 0)).take(0))
