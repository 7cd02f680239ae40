"""Regularised evolution as a keras-tuner Oracle."""

import json
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np

from nasrec_tf.errors import ConfigError, InvalidSpecError
from nasrec_tf.search.variation import mutate, mutation_events
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.encoding import decode, encode, hyperparameter_choices
from nasrec_tf.space.path_sampling import sample_architecture
from nasrec_tf.space.search_space import SearchSpace

_RUNNING = "RUNNING"
_COMPLETED = "COMPLETED"
_MOST_DRAWS = 1000


class EvolutionOracle(keras_tuner.Oracle):
    """Proposes architectures by regularised evolution.

    The first `population_size` trials are random. Then generations of `num_children` follow: each child is a mutation
    of the best of `tournament_size` members drawn from the population, and after each generation the oldest die. No
    architecture is proposed twice.

    What trial `i` proposes is a function of the seed, `i` and the trials of earlier generations, and of nothing else.
    So the trial files are the whole state: a killed search continues as if it had not stopped, and the trial it was
    killed in is proposed again.

    Args:
        objective: metric to improve, such as "val_log_loss" or a `keras_tuner.Objective`.
        max_trials: at most this many architectures.
    Raises:
        InvalidSpecError: if a number is below 1 or the tournament exceeds the population.
        ConfigError: on reloading a project folder whose trials are of another space.
    Source:
        NASRec section 4.3: population 128, tournament 64, 8 children, 240 generations (2,048 trials).
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        objective: str | keras_tuner.Objective = "val_log_loss",
        max_trials: int = 2048,
        population_size: int = 128,
        tournament_size: int = 64,
        num_children: int = 8,
        seed: int = 0,
    ) -> None:
        if min(max_trials, population_size, tournament_size, num_children) < 1 or tournament_size > population_size:
            raise InvalidSpecError(
                "`max_trials`, `population_size`, `tournament_size` and `num_children` must be at least 1 and the "
                f"tournament at most the population. Received: {max_trials}, {population_size}, {tournament_size}, "
                f"{num_children}."
            )
        if isinstance(objective, str):
            objective = keras_tuner.Objective(objective, direction="max" if objective.endswith("auc") else "min")
        hyperparameters = keras_tuner.HyperParameters()
        for name, values in hyperparameter_choices(space).items():
            hyperparameters.Choice(name, list(values))
        super().__init__(objective=objective, max_trials=max_trials, hyperparameters=hyperparameters, seed=seed)
        self.seed = seed  # keras-tuner replaces 0 by a random number
        self.space = space
        self.population_size = population_size
        self.tournament_size = tournament_size
        self.num_children = num_children
        self.num_generations = max(-(-(max_trials - population_size) // num_children), 0)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns the next architecture's values, IDLE while an earlier generation runs, STOPPED when exhausted."""
        index = int(trial_id)
        generation = (index - self.population_size) // self.num_children
        first_of_generation = self.population_size + generation * self.num_children
        if generation >= 0 and any(self.trials[name].status == _RUNNING for name in self._ids(first_of_generation)):
            return {"status": "IDLE"}
        seen = {json.dumps(trial.hyperparameters.values, sort_keys=True) for trial in self.trials.values()}
        generator = np.random.default_rng([self.seed, index])
        for _ in range(_MOST_DRAWS):
            values = encode(self._propose(generator, generation, first_of_generation))
            if json.dumps(values, sort_keys=True) not in seen:
                return {"status": _RUNNING, "values": values}
        return {"status": "STOPPED"}

    def _propose(self, generator: np.random.Generator, generation: int, end: int) -> Architecture:
        scored = [self.trials[name] for name in self._ids(end) if self.trials[name].status == _COMPLETED]
        population = scored[-self.population_size :]
        if generation < 0 or not population:
            return sample_architecture(self.space, generator, input_count="uniform")
        size = min(self.tournament_size, len(population))
        drawn = [population[index] for index in generator.choice(len(population), size=size, replace=False)]
        sign = 1 if self.objective.direction == "min" else -1
        parent = min(drawn, key=lambda trial: sign * trial.score)
        events = mutation_events(generation, self.num_generations)
        return mutate(self.space, decode(parent.hyperparameters.values, self.space), generator, events)

    def _ids(self, end: int) -> list[str]:
        """Names of the trials before `end`, oldest first."""
        return [name for name in sorted(self.trials, key=int) if int(name) < end]

    def reload(self) -> None:
        """Reads the finished trials of the project folder; drops what a kill left unfinished."""
        self.trials = {}
        for file in sorted(Path(self._project_dir).glob("trial_*/trial.json")):
            trial = _read_trial(file)
            if trial is None or trial.status == _RUNNING:
                continue
            try:
                decode(trial.hyperparameters.values, self.space)
            except InvalidSpecError as error:
                raise ConfigError(
                    f"{file.parent.parent}: holds the search of another space than {self.space.name!r} ({error}) "
                    "Choose another `project_name` or pass overwrite=True."
                ) from error
            self.trials[trial.trial_id] = trial
        # A gap can only be a trial that another worker was running; what came after it depended on nothing of it.
        self.start_order = self._ids(self.max_trials)
        self.end_order = list(self.start_order)
        self.ongoing_trials: dict[str, Any] = {}


def _read_trial(file: Path) -> Any:
    try:
        return keras_tuner.engine.trial.Trial.load(str(file))
    except (json.JSONDecodeError, KeyError):  # the kill fell into the write
        return None
