"""Trains a supernet and searches it by regularised evolution; resumes where it was stopped.

$ nasrec search --config criteo_sample --run_dir runs/first

Writes runs/first/best_architecture.json; keras-tuner's own files are in runs/first/search. --config is a preset of
configs/search or a YAML file of your own.
"""

import dataclasses
from pathlib import Path

from absl import flags

import nasrec_tf as nr
from nasrec_tf.search.run import claim_run, digest_rows, load_search_data, run_search
from nasrec_tf.search.search_config import SearchConfig


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("config", "criteo_sample", "preset of configs/search, or a YAML file", flag_values=values)
    flags.DEFINE_string("run_dir", "runs/search", "folder of this run", flag_values=values)
    flags.DEFINE_string("data", None, "folder that holds the raw files (default: NASREC_DATA)", flag_values=values)


def run(values: flags.FlagValues, positional: list[str]) -> None:
    del positional
    config = SearchConfig.from_yaml(values.config)
    dataset = load_search_data(config, values.data)
    print(dataset.source)
    claim_run(values.run_dir, {"config": dataclasses.asdict(config), "data": digest_rows(dataset)})
    best = run_search(config, dataset, values.run_dir)
    path = Path(values.run_dir) / "best_architecture.json"
    print(f"best architecture: {path} ({nr.count_macs(best, dataset.schema):,} multiply-accumulates)")
    print(f"next: nasrec train {path} --config {values.config}")
