"""Prints what an architecture costs on a processing-in-memory design: energy, latency, area, multiply-accumulates.

$ nasrec profile runs/first/best_architecture.json --dataset criteo --hardware isaac
"""

from absl import flags

import nasrec_tf as nr
from nasrec_tf.atomic_file import write_text
from nasrec_tf.config import find_config
from nasrec_tf.errors import ConfigError


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("dataset", "criteo", "whose features the model reads", flag_values=values)
    flags.DEFINE_string("hardware", "isaac", "preset of configs/hardware, or a YAML file", flag_values=values)
    flags.DEFINE_integer(
        "max_vocabulary_size", None, "cap of every hashed table (default: none)", 2, flag_values=values
    )
    flags.DEFINE_string("output", None, "JSON file to write the report to", flag_values=values)


def run(values: flags.FlagValues, positional: list[str]) -> None:
    if len(positional) != 1:
        raise ConfigError(f"name one architecture file. Received: {positional}.")
    schema = nr.FeatureSchema.from_yaml(find_config("dataset", values.dataset))
    if values.max_vocabulary_size is not None:
        schema = schema.capped(values.max_vocabulary_size)
    report = nr.profile_cost(nr.Architecture.load(positional[0]), nr.HardwareDesign.from_yaml(values.hardware), schema)
    print(report.table())
    if values.output:
        write_text(values.output, report.to_json() + "\n")
        print(f"written: {values.output}")
