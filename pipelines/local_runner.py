"""Runs the TFX pipeline on this machine: from raw rows to a pushed, costed model.

$ python -m pipelines.local_runner --config criteo_sample --architecture runs/first/best_architecture.json \
      --run_dir runs/pipeline

Components: ExampleGen, StatisticsGen, SchemaGen, ExampleValidator, Transform, Trainer, CostProfiler, Evaluator, Pusher.
What is unchanged since the last run in the same --run_dir is taken from it; a killed run goes on at the component that
was killed. In --run_dir: serving/<model>/<version> (what a model server is given), metadata.db (ML Metadata),
artifacts/ (what every component wrote), rows/ (the raw rows; test-* is for comparing models, no component sees it).

Exit codes: 0 pushed; 2 wrong usage or configuration; 3 bad or missing data, rows with anomalies included; 4 the
environment lacks something; 5 training diverged; 6 the model was not blessed and nothing was pushed.
"""

import contextlib
import dataclasses
import fcntl
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

import nasrec_tf as nr
from nasrec_tf.command_line import run_command
from nasrec_tf.errors import ConfigError, NotBlessedError, NotReadyError
from pipelines.pipeline_config import PipelineConfig
from pipelines.terminal_log import terminal_log

if TYPE_CHECKING:
    from pipelines.run_record import RunRecord


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return run_command(
        "python -m pipelines.local_runner", arguments, description=__doc__, define_flags=_define_flags, run=_run
    )


def _define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("config", "criteo", "preset of configs/pipeline, or a YAML file", flag_values=values)
    flags.DEFINE_string("architecture", None, "JSON file of the architecture (required)", flag_values=values)
    flags.DEFINE_string("run_dir", None, "folder of the run, new or of an earlier run (required)", flag_values=values)
    flags.DEFINE_string("data", None, "folder that holds the raw files (default: NASREC_DATA)", flag_values=values)
    flags.DEFINE_integer("max_rows", None, "cap of the training rows (default: the config's)", flag_values=values)
    flags.DEFINE_integer("epochs", None, "passes over the training rows (default: the config's)", flag_values=values)
    flags.DEFINE_bool("verbose", False, "show what TFX and Beam log", flag_values=values)
    flags.mark_flags_as_required(["architecture", "run_dir"], flag_values=values)


def _run(values: flags.FlagValues, stray: list[str]) -> None:
    """Runs the pipeline as the flags say.

    Raises:
        NotBlessedError: if the model missed a threshold; nothing is pushed then.
    """
    if stray:
        raise ConfigError(f"every argument must be a flag. Received: {stray}. See --help.")
    config = _override(PipelineConfig.from_yaml(values.config), values)
    architecture = nr.Architecture.load(values.architecture)
    hardware = nr.HardwareDesign.from_yaml(config.hardware)
    run_dir = Path(values.run_dir).resolve()
    with _only_run(run_dir):
        raw = nr.load_raw_splits(
            config.dataset,
            data=values.data,
            max_rows=config.max_rows,
            seed=config.seed,
            max_malformed_share=config.max_malformed_share,
        )
        print(raw.source, flush=True)
        schema = raw.schema.capped(config.max_vocabulary_size)
        # A model that does not fit the chip is refused now, not after its training.
        nr.profile_cost(architecture, hardware, schema, use_layernorm=config.use_layernorm)
        with terminal_log(verbose=values.verbose):
            from tfx.orchestration.local.local_dag_runner import LocalDagRunner

            from pipelines.pipeline import create_pipeline, metadata_file
            from pipelines.raw_rows import write_rows
            from pipelines.run_record import forget_lost_pushes, read_newest_run

            rows = write_rows(raw, run_dir / "rows")
            del raw
            forget_lost_pushes(metadata_file(run_dir))
            LocalDagRunner().run(create_pipeline(config, architecture, schema, rows, run_dir))
            _report(read_newest_run(metadata_file(run_dir)))


def _report(record: "RunRecord") -> None:
    from pipelines.blessing import read_evaluation

    print(record.table())
    evaluation = read_evaluation(record.find_output("ModelEvaluation").uri)
    print(evaluation.describe())
    if not record.is_blessed:
        raise NotBlessedError(
            f"a model must pass every threshold to be pushed. Received: {'; '.join(evaluation.failures)}. Train "
            f"longer, search on, or change `blessing` in the configuration."
        )
    print(f"pushed: {record.pushed_version}")


def _override(config: PipelineConfig, values: flags.FlagValues) -> PipelineConfig:
    if values.max_rows is not None:
        config = dataclasses.replace(config, max_rows=values.max_rows)
    if values.epochs is not None:
        config = dataclasses.replace(config, training=dataclasses.replace(config.training, epochs=values.epochs))
    return config


@contextlib.contextmanager
def _only_run(run_dir: Path) -> Iterator[None]:
    """Refuses a second run in the same folder; the system lets go of it when a process dies."""
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"`run_dir` must be a folder that can be written. Received: {run_dir} ({error.strerror})."
        ) from error
    with (run_dir / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotReadyError(
                f"one run at a time may use `run_dir`. Received: {run_dir}, in use by another process. Wait for it, or "
                f"name another folder."
            ) from error
        yield


if __name__ == "__main__":
    sys.exit(main())
