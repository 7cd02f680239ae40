"""The keras-tuner Tuner that evaluates architectures with a supernet's weights."""

from pathlib import Path
from typing import Any

import keras_tuner
from tqdm import tqdm

from nasrec_tf.errors import ConfigError, NasrecError
from nasrec_tf.search.evaluator import score_architecture
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.encoding import decode
from nasrec_tf.supernet.subnet import Subnet, cut_subnet
from nasrec_tf.supernet.supernet import Supernet
from nasrec_tf.training.recipe import TrainingRecipe

PAPER_FINE_TUNING = TrainingRecipe(learning_rate=0.04, batch_size=512)


class TrialError(NasrecError, keras_tuner.errors.FatalError):
    """An evaluation failed for a reason that the next architecture would meet too; the search stops."""


class SupernetTuner(keras_tuner.Tuner):
    """Searches a space with shared weights: `tuner.search(train_batches, validation_data=validation_batches)`.

    Every trial reports `val_log_loss` and `val_auc`. The project folder resumes: construct the same tuner again and
    call `search`. Test data has no place here.

    Args:
        oracle: an `EvolutionOracle`, or any oracle whose hyperparameters are those of the supernet's space.
        supernet: trained; it is not changed.
        fine_tune_steps: batches on which the final layer is fitted to each architecture; 0 for none.
        directory, project_name, overwrite: as in keras-tuner.
    Source:
        NASRec section 4.2 and 4.3.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        supernet: Supernet,
        *,
        fine_tune_steps: int = 500,
        fine_tune_recipe: TrainingRecipe = PAPER_FINE_TUNING,
        directory: str | Path | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> None:
        self.supernet = supernet
        self.fine_tune_steps = fine_tune_steps
        self.fine_tune_recipe = fine_tune_recipe
        self._bar: Any = None
        super().__init__(
            oracle=oracle,
            directory=None if directory is None else str(directory),
            project_name=project_name,
            overwrite=overwrite,
            **kwargs,
        )
        if not overwrite:
            self.oracle.reload()  # keras-tuner itself reloads only after a first trial has ended

    def run_trial(
        self, trial: Any, x: Any, *, validation_data: Any, verbose: int | str = 0, **_: Any
    ) -> dict[str, float]:
        """Scores one architecture on `validation_data`, after fine-tuning on the training batches `x`."""
        del verbose  # keras-tuner's own, read by `search`
        try:
            found = score_architecture(
                self.supernet,
                self._architecture(trial.hyperparameters),
                x,
                validation_data,
                fine_tune_steps=self.fine_tune_steps,
                fine_tune_recipe=self.fine_tune_recipe,
            )
        except NasrecError as error:
            raise TrialError(str(error)) from error
        return {"val_log_loss": found.log_loss, "val_auc": found.auc}

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Runs the trials that are left; keras-tuner's own per-trial tables are off unless `verbose=1`.

        Takes what `fit` takes: the training batches (first, or as `x`) and `validation_data`.

        Raises:
            ConfigError: if one of the two is missing.
            TrialError: if an evaluation failed for a reason that every architecture would meet.
        """
        if not (fit_args or "x" in fit_kwargs) or "validation_data" not in fit_kwargs:
            raise ConfigError(
                "`search` needs the training batches and `validation_data`. "
                f"Received: {len(fit_args)} positional, and {sorted(fit_kwargs)}."
            )
        super().search(*fit_args, **{"verbose": 0, **fit_kwargs})

    def on_search_begin(self) -> None:
        done = len(self.oracle.trials)
        self._bar = tqdm(total=self.oracle.max_trials, initial=done, desc="search", unit="architecture")

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)
        for best in self._best_trials(1):
            self._bar.set_postfix({self.oracle.objective.name: f"{best.score:.4f}"}, refresh=False)
        self._bar.update()

    def on_search_end(self) -> None:
        self._bar.close()

    def load_model(self, trial: Any) -> Subnet:
        """Returns the trial's subnet with its share of the supernet's weights."""
        return cut_subnet(self.supernet, self._architecture(trial.hyperparameters))

    def get_best_architectures(self, num_architectures: int = 1) -> list[Architecture]:
        """Returns the best finished architectures, best first."""
        return [self._architecture(trial.hyperparameters) for trial in self._best_trials(num_architectures)]

    def _best_trials(self, num_trials: int) -> list[Any]:
        # keras-tuner fills up with trials that failed or are running, which have no score.
        return [trial for trial in self.oracle.get_best_trials(num_trials) if trial.score is not None]

    def _architecture(self, hyperparameters: Any) -> Architecture:
        return decode(hyperparameters.values, self.supernet.space)
