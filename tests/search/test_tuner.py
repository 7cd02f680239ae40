import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError, NasrecError
from tests.conftest import draw_features


@pytest.fixture(scope="module")
def logs(schema):
    def draw(rows, seed):
        features = draw_features(schema, rows=rows, seed=seed)
        label = (features["dense"][:, 0] + features["sparse"][:, 0] > 1).astype(np.float32)
        return nr.ClickLog(features["dense"], features["sparse"].astype(np.int64), label)

    return draw(256, 0), draw(128, 1)


@pytest.fixture
def supernet(space, schema):
    return nr.Supernet(space, schema, seed=0)


def make(supernet, directory, **changes):
    oracle = nr.EvolutionOracle(
        supernet.space, max_trials=6, population_size=4, tournament_size=2, num_children=2, seed=0
    )
    return nr.SupernetTuner(oracle, supernet, directory=directory, project_name="p", **changes)


def test_search_scores_and_leaves_the_supernet_alone(supernet, logs, tmp_path, features):
    before = [weight.numpy() for weight in supernet.weights]
    tuner = make(supernet, tmp_path, fine_tune_steps=4)
    train, valid = logs
    tuner.search(nr.batches(train, 32, seed=0), validation_data=nr.batches(valid, 64))
    for weight, old in zip(supernet.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)

    best = tuner.oracle.get_best_trials(1)[0]
    scores = [trial.score for trial in tuner.oracle.trials.values()]
    assert best.score == min(scores)
    assert len(set(scores)) > 1
    assert 0 <= best.metrics.get_best_value("val_auc") <= 1
    architecture = tuner.get_best_architectures()[0]
    np.testing.assert_allclose(
        tuner.get_best_models()[0](features), supernet(features, architecture), rtol=1e-5, atol=1e-6
    )
    assert make(supernet, tmp_path).remaining_trials == 0


def test_fine_tuning_lowers_the_loss(supernet, logs, tmp_path):
    train, valid = logs
    found = []
    for name, steps in (("off", 0), ("on", 8)):
        tuner = make(supernet, tmp_path / name, fine_tune_steps=steps)
        tuner.search(nr.batches(train, 32, seed=0), validation_data=nr.batches(valid, 64))
        found.append(np.mean([trial.score for trial in tuner.oracle.trials.values()]))
    assert found[1] < found[0]


def test_unfit_data_stops_the_search_with_its_reason(supernet, logs, tmp_path):
    train, valid = logs
    one_class = nr.ClickLog(valid.dense, valid.sparse, np.zeros(len(valid), np.float32))
    with pytest.raises(NasrecError, match="rows of one class"):
        make(supernet, tmp_path, fine_tune_steps=0).search(
            nr.batches(train, 32), validation_data=nr.batches(one_class, 64)
        )


def test_search_without_validation_data_is_refused_before_any_trial(supernet, logs, tmp_path):
    tuner = make(supernet, tmp_path)
    with pytest.raises(ConfigError, match="`validation_data`. Received: 1 positional"):
        tuner.search(nr.batches(logs[0], 32))
    assert not tuner.oracle.trials


def test_a_trial_that_breaks_is_recorded_and_the_search_goes_on(supernet, logs, tmp_path):
    class Flaky:
        """Batches that cannot be read the first time, as a file on a network may be."""

        def __init__(self, batches):
            self.batches = batches
            self.is_first = True

        def __iter__(self):
            if self.is_first:
                self.is_first = False
                raise OSError("connection reset")
            return iter(self.batches)

    train, valid = logs
    tuner = make(supernet, tmp_path, fine_tune_steps=1)
    tuner.search(x=nr.batches(train, 32, seed=0), validation_data=Flaky(nr.batches(valid, 64)))
    statuses = [trial.status for trial in tuner.oracle.trials.values()]
    assert statuses == ["FAILED"] + ["COMPLETED"] * 5
    assert len(tuner.get_best_architectures(6)) == 5


def test_summaries_are_keras_tuners(supernet, tmp_path, capsys):
    tuner = make(supernet, tmp_path)
    tuner.search_space_summary()
    tuner.results_summary()
    printed = capsys.readouterr().out
    assert "block_3/dense_operator" in printed
    assert "Results summary" in printed
