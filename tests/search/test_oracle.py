"""The oracle alone, with scores from a formula: no supernet, so thousands of trials are quick."""

import json
import shutil

import keras_tuner
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError, InvalidSpecError
from nasrec_tf.space.encoding import decode


class FormulaTuner(keras_tuner.Tuner):
    """Scores an architecture by how far it is from a planted one."""

    def __init__(self, oracle, planted, **kwargs):
        self.planted = planted
        self.proposed = []
        super().__init__(oracle=oracle, **kwargs)
        self.oracle.reload()

    def run_trial(self, trial, *, until=None, verbose=0):
        if until is not None and len(self.proposed) >= until:
            raise KeyboardInterrupt
        values = trial.hyperparameters.values
        self.proposed.append(dict(values))
        return {"val_log_loss": sum(values[name] != self.planted.get(name) for name in values)}


@pytest.fixture(scope="module")
def planted(space):
    import numpy as np

    from nasrec_tf.space.encoding import encode

    return encode(nr.sample_architecture(space, np.random.default_rng(99)))


def make(space, planted, directory, *, max_trials=60, seed=0, **changes):
    numbers = {"population_size": 16, "tournament_size": 8, "num_children": 4, **changes}
    oracle = nr.EvolutionOracle(space, max_trials=max_trials, seed=seed, **numbers)
    return FormulaTuner(oracle, planted, directory=str(directory), project_name="p")


def test_no_architecture_is_proposed_twice_and_all_are_inside_the_space(space, planted, tmp_path):
    tuner = make(space, planted, tmp_path)
    tuner.search(verbose=0)
    assert len({json.dumps(values, sort_keys=True) for values in tuner.proposed}) == 60
    for values in tuner.proposed:
        space.check(decode(values, space))


def test_evolution_beats_random_search_at_the_same_budget(space, planted, tmp_path):
    def best(seed, population_size):
        tuner = make(
            space, planted, tmp_path / f"{seed}-{population_size}", max_trials=120, seed=seed,
            population_size=population_size,
        )  # fmt: skip
        tuner.search(verbose=0)
        return tuner.oracle.get_best_trials(1)[0].score

    evolved = [best(seed, 16) for seed in range(5)]
    random = [best(seed, 120) for seed in range(5)]
    assert sum(evolved) < sum(random) - 5
    assert all(left <= right for left, right in zip(evolved, random, strict=True))


def test_seed_zero_is_a_seed(space, planted, tmp_path):
    runs = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        tuner = make(space, planted, tmp_path / name, max_trials=20, seed=seed)
        tuner.search(verbose=0)
        runs.append(tuner.proposed)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("until", [1, 7, 18, 41])
def test_a_stopped_search_continues_as_if_it_had_not(space, planted, tmp_path, until):
    straight = make(space, planted, tmp_path / "straight")
    straight.search(verbose=0)
    stopped = make(space, planted, tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        stopped.search(verbose=0, until=until)
    project = tmp_path / "stopped" / "p"
    # What a SIGKILL may leave besides: a half-written trial and state file, and a tuner file or none.
    last = sorted(project.glob("trial_*"))[-1] / "trial.json"
    last.write_text(last.read_text()[:40])
    (project / "oracle.json").write_text("{")
    (project / "tuner0.json").unlink(missing_ok=True)
    resumed = make(space, planted, tmp_path / "stopped")
    resumed.search(verbose=0)
    assert stopped.proposed + resumed.proposed == straight.proposed
    assert len(resumed.oracle.trials) == 60


def test_the_last_generation_has_forgotten_the_first(space, planted, tmp_path):
    """Regularised: parents come from the last `population_size` trials, whatever their score."""
    tuner = make(space, planted, tmp_path, max_trials=40)
    tuner.search(verbose=0)
    oracle = tuner.oracle
    first = oracle.trials[min(oracle.trials, key=int)]
    first.score = -1.0  # better than anything could be
    import numpy as np

    from nasrec_tf.space.encoding import encode

    generation, end = 5, 36
    for seed in range(10):
        child = encode(oracle._propose(np.random.default_rng(seed), generation, end))
        distance = sum(child[name] != value for name, value in first.hyperparameters.values.items())
        assert distance > 3


def test_a_project_of_another_space_is_refused(space, planted, tmp_path):
    import dataclasses

    make(space, planted, tmp_path, max_trials=3).search(verbose=0)
    other = dataclasses.replace(space, name="other", dense_widths=(5, 7))
    shutil.rmtree(tmp_path / "p" / "nothing", ignore_errors=True)
    with pytest.raises(ConfigError, match="holds the search of another space than 'other'"):
        make(other, planted, tmp_path)


@pytest.mark.parametrize(
    "change", [{"tournament_size": 17}, {"population_size": 0}, {"num_children": 0}, {"max_trials": 0}]
)
def test_impossible_numbers_are_refused(space, planted, tmp_path, change):
    with pytest.raises(InvalidSpecError, match="tournament at most the population"):
        make(space, planted, tmp_path, **change)


def test_an_exhausted_space_stops(planted, tmp_path):
    tiny = nr.SearchSpace(
        name="one",
        num_blocks=1,
        dense_operators=("fully_connected",),
        sparse_operators=("elastic_fully_connected",),
        dense_widths=(4,),
        sparse_widths=(2,),
        max_inputs=1,
    )
    tuner = make(tiny, planted, tmp_path)
    tuner.search(verbose=0)
    assert len(tuner.proposed) == 4  # the two mergers on and off
