"""Trains an architecture or a baseline from scratch and scores it on the validation and the test rows.

$ nasrec train runs/first/best_architecture.json --config criteo_sample
$ nasrec train dlrm --config criteo_sample --output runs/first/dlrm.json

The recipe is the one that --config gives for "subnet" or for the baseline's name.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from absl import flags

import nasrec_tf as nr
from nasrec_tf.atomic_file import write_text
from nasrec_tf.errors import ConfigError
from nasrec_tf.search.run import load_search_data
from nasrec_tf.search.search_config import SearchConfig


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("config", "criteo_sample", "preset of configs/search, or a YAML file", flag_values=values)
    flags.DEFINE_string("data", None, "folder that holds the raw files (default: NASREC_DATA)", flag_values=values)
    flags.DEFINE_string("output", None, "JSON file to write the scores to", flag_values=values)


def run(values: flags.FlagValues, positional: list[str]) -> None:
    if len(positional) != 1:
        raise ConfigError(f"name one architecture file or baseline. Received: {positional}.")
    name = positional[0]
    config = SearchConfig.from_yaml(values.config)
    dataset = load_search_data(config, values.data)
    print(dataset.source)
    if name.endswith(".json"):
        recipe = config.recipe_of("subnet")
        architecture = nr.Architecture.load(name)
        model = nr.build_subnet(architecture, dataset.schema, use_layernorm=config.use_layernorm, seed=config.seed)
    else:
        recipe = config.recipe_of(name)
        model = nr.build_baseline(name, dataset.schema, seed=config.seed)
    nr.train_network(
        model,
        nr.batches(dataset.train, recipe.batch_size, seed=config.seed, epochs=recipe.epochs),
        steps=recipe.count_steps(len(dataset.train)),
        recipe=recipe,
        progress=Path(name).stem,
    )
    scores: dict[str, dict[str, Any]] = {
        split: dataclasses.asdict(nr.evaluate(model, nr.batches(log, 4096)))
        for split, log in (("valid", dataset.valid), ("test", dataset.test))
    }
    for split, score in scores.items():
        print(f"{split}: log loss {score['log_loss']:.4f}, AUC {score['auc']:.4f} on {score['num_examples']:,} rows")
    if dataset.planted is not None:
        scores["best_possible"] = {"log_loss": dataset.planted_log_loss, "auc": dataset.planted_auc}
    if values.output:
        write_text(values.output, json.dumps({"model": name, **scores}, indent=1) + "\n")
        print(f"written: {values.output}")
