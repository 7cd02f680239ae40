"""Scores an exported model on raw rows, through the signature that serving uses.

$ nasrec evaluate runs/first/serving/ctr/1 'runs/first/rows/test-*.gz'

The first argument is a SavedModel folder, the others TFRecord files (or patterns) of raw tf.Example rows with a label.
"""

import dataclasses
import json
from typing import Any

import numpy as np
from absl import flags

import nasrec_tf as nr
from nasrec_tf.atomic_file import write_text
from nasrec_tf.errors import ConfigError, DataError

_BATCH = 1024


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("label", "label", "name of the 0/1 click feature", flag_values=values)
    flags.DEFINE_string("output", None, "JSON file to write the scores to", flag_values=values)


def run(values: flags.FlagValues, positional: list[str]) -> None:
    if len(positional) < 2:
        raise ConfigError(f"name a SavedModel folder and at least one TFRecord file. Received: {positional}.")
    model, *patterns = positional
    logits, labels = score_saved_model(model, patterns, label=values.label)
    found = nr.evaluate_logits(logits, labels)
    print(f"log loss {found.log_loss:.4f}, AUC {found.auc:.4f} on {found.num_examples:,} rows of {' '.join(patterns)}")
    if values.output:
        write_text(values.output, json.dumps({"model": model, "test": dataclasses.asdict(found)}, indent=1) + "\n")
        print(f"written: {values.output}")


def score_saved_model(model: str, patterns: list[str], *, label: str) -> tuple[Any, Any]:
    """Returns logits and labels `[n]` of all rows, in order.

    Raises:
        DataError: if the model or the rows cannot be read.
    """
    from nasrec_tf.legacy_keras import tf

    try:
        # Kept by name: a signature does not keep the model it came from alive.
        servable = tf.saved_model.load(model)
        files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    except (OSError, tf.errors.OpError) as error:
        raise DataError(f"`model` must be a SavedModel folder. Received: {model} ({error}).") from error
    if not files:
        raise DataError(f"no file matches {patterns}. Check the path.")
    compression = "GZIP" if files[0].endswith(".gz") else ""
    signature = servable.signatures["serving_default"]
    logits, labels = [], []
    for examples in tf.data.TFRecordDataset(files, compression_type=compression).batch(_BATCH):
        parsed = tf.io.parse_example(examples, {label: tf.io.FixedLenFeature([], tf.int64)})
        logits.append(signature(examples=examples)["logit"].numpy())
        labels.append(parsed[label].numpy())
    return np.concatenate(logits), np.concatenate(labels)
