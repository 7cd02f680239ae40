"""Training one architecture from scratch on transformed rows; what the Trainer component runs."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from tensorflow_transform import TFTransformOutput

import nasrec_tf as nr
from nasrec_tf.config import STRICT, parse_config
from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf
from pipelines.preprocessing import DENSE, LABEL, SPARSE
from pipelines.raw_schema import raw_feature_spec

_SHUFFLE_ROWS = 100_000
_COUNT_BATCH = 4096


@dataclass(frozen=True)
class TrainingJob:
    """All that decides a training besides its rows; the Trainer's `custom_config`, and so part of its cache key."""

    __pydantic_config__ = STRICT

    architecture: nr.Architecture
    schema: nr.FeatureSchema
    recipe: nr.TrainingRecipe
    use_layernorm: bool
    seed: int

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class ServingPreprocess(tf.Module):
    """Serialized raw rows -> what the model reads, through the very graph that transformed the training rows."""

    def __init__(self, transform_output: TFTransformOutput, schema: nr.FeatureSchema) -> None:
        super().__init__()
        self.transform = transform_output.transform_features_layer()
        self._feature_spec = raw_feature_spec(schema)

    def __call__(self, examples: Any) -> dict[str, Any]:
        transformed = self.transform(tf.io.parse_example(examples, self._feature_spec))
        return {DENSE: transformed[DENSE], SPARSE: transformed[SPARSE]}


def run_fn(fn_args: Any) -> None:
    """Trains and exports; called by the Trainer component with its `FnArgs`."""
    job = parse_config(fn_args.custom_config, TrainingJob, where="custom_config of Trainer")
    model = nr.build_subnet(job.architecture, job.schema, use_layernorm=job.use_layernorm, seed=job.seed)
    num_rows = count_rows(fn_args.train_files)
    nr.train_network(
        model,
        read_batches(fn_args.train_files, job),
        steps=job.recipe.count_steps(num_rows),
        recipe=job.recipe,
        progress="Trainer",
    )
    preprocess = ServingPreprocess(TFTransformOutput(fn_args.transform_graph_path), job.schema)
    nr.export_saved_model(model, fn_args.serving_model_dir, preprocess=preprocess)


def read_batches(patterns: list[str], job: TrainingJob) -> Any:
    """Returns shuffled batches of transformed rows for all epochs; the same seed and files give the same batches.

    Shapes:
        ({"dense": `[B, N]` float32, "sparse": `[B, F]` int64}, label `[B, 1]` float32).
    """
    spec = {
        DENSE: tf.io.FixedLenFeature([job.schema.num_dense], tf.float32),
        SPARSE: tf.io.FixedLenFeature([job.schema.num_sparse], tf.int64),
        LABEL: tf.io.FixedLenFeature([1], tf.int64),
    }

    def parse(examples: Any) -> Any:
        parsed = tf.io.parse_example(examples, spec)
        return {DENSE: parsed[DENSE], SPARSE: parsed[SPARSE]}, tf.cast(parsed[LABEL], tf.float32)

    return (
        _read_records(patterns)
        .shuffle(_SHUFFLE_ROWS, seed=job.seed, reshuffle_each_iteration=True)
        .batch(job.recipe.batch_size)
        .repeat(job.recipe.epochs)
        .map(parse, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def count_rows(patterns: list[str]) -> int:
    """Counts the rows of TFRecord files.

    Raises:
        DataError: if there are none.
    """
    batches = _read_records(patterns).batch(_COUNT_BATCH)
    count = int(batches.reduce(tf.constant(0, tf.int64), lambda total, batch: total + tf.size(batch, tf.int64)))
    if not count:
        raise DataError(f"training needs at least one row. Received: none in {patterns}.")
    return count


def _read_records(patterns: list[str]) -> Any:
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    return tf.data.TFRecordDataset(files, compression_type="GZIP")
