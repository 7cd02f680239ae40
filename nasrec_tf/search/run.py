"""A whole search in one folder: supernet, evolution, best architectures. Resumable at every point."""

import hashlib
import json
from pathlib import Path
from typing import Any

from nasrec_tf.atomic_file import write_text
from nasrec_tf.data.batch import batches
from nasrec_tf.data.dataset import Dataset, load_dataset
from nasrec_tf.errors import ConfigError
from nasrec_tf.search.oracle import EvolutionOracle
from nasrec_tf.search.search_config import SearchConfig
from nasrec_tf.search.tuner import SupernetTuner
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.search_space import search_space
from nasrec_tf.supernet.supernet import Supernet
from nasrec_tf.training.train_supernet import train_supernet

_VALIDATION_BATCH = 4096  # rows scored at once: enough to fill two cores, little memory


def claim_run(run_directory: str | Path, settings: dict[str, Any]) -> None:
    """Writes the settings of a run into its folder, or makes sure that the folder is of the same run.

    Raises:
        ConfigError: if the folder holds a run with other settings, naming them.
    """
    file = Path(run_directory) / "settings.json"
    text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
    if not file.exists():
        write_text(file, text)
        return
    earlier = json.loads(file.read_text(encoding="utf-8"))
    changed = sorted(key for key in {*earlier, *settings} if earlier.get(key) != json.loads(text).get(key))
    if changed:
        raise ConfigError(
            f"{run_directory}: holds a run with other settings ({', '.join(changed)}). "
            "Choose another `run_dir`, or remove this one."
        )


def load_search_data(config: SearchConfig, data: str | Path | None) -> Dataset:
    """Loads the rows a search and the trainings compared with it are made on; see `load_dataset` for `data`."""
    return load_dataset(
        config.dataset,
        data=data,
        max_vocabulary_size=config.max_vocabulary_size,
        max_rows=config.max_rows,
        seed=config.seed,
    )


def digest_rows(dataset: Dataset) -> str:
    """Returns what tells two data sets apart: the training and validation rows, wherever they were read from."""
    digest = hashlib.sha256(repr(dataset.schema).encode())
    for log in (dataset.train, dataset.valid):
        for values in (log.dense, log.sparse, log.label):
            digest.update(values.tobytes())
    return digest.hexdigest()


def run_search(config: SearchConfig, dataset: Dataset, run_directory: str | Path) -> Architecture:
    """Trains the supernet, searches, and returns the best architecture, also written as `best_architecture.json`.

    A run that was stopped goes on where it was; a finished one returns at once.
    """
    directory = Path(run_directory)
    space = search_space(config.space)
    supernet = Supernet(space, dataset.schema, seed=config.seed)
    steps = config.supernet.count_steps(len(dataset.train))
    train_supernet(
        supernet,
        batches(dataset.train, config.supernet.batch_size, seed=config.seed, epochs=config.supernet.epochs),
        steps=steps,
        recipe=config.supernet,
        seed=config.seed,
        checkpoint_directory=directory / "supernet",
        checkpoint_every=50,
    )

    oracle = EvolutionOracle(
        space,
        max_trials=config.evolution.max_trials,
        population_size=config.evolution.population_size,
        tournament_size=config.evolution.tournament_size,
        num_children=config.evolution.num_children,
        seed=config.seed,
    )
    tuner = SupernetTuner(
        oracle,
        supernet,
        fine_tune_steps=config.fine_tune_steps,
        fine_tune_recipe=config.fine_tuning,
        directory=directory,
        project_name="search",
    )
    tuner.search(
        batches(dataset.train, config.fine_tuning.batch_size, seed=config.seed, epochs=config.fine_tuning.epochs),
        validation_data=list(batches(dataset.valid, _VALIDATION_BATCH)),
    )
    best = tuner.get_best_architectures(1)[0]
    best.save(directory / "best_architecture.json")
    return best
