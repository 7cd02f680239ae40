"""The pipeline: its components in the order in which rows and models flow through them."""

import dataclasses
import json
from pathlib import Path

from tfx import components
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import example_gen_pb2, pusher_pb2, trainer_pb2

import nasrec_tf as nr
from pipelines.blessing import describe_evaluation
from pipelines.cost_profiler import CostProfiler
from pipelines.example_validator import ExampleValidator
from pipelines.pipeline_config import PipelineConfig
from pipelines.pusher import Pusher
from pipelines.raw_rows import RowFolder
from pipelines.trainer import TrainingJob

# Part of every cache key: what one version of the code computed, another does not take from the cache.
PIPELINE_NAME = f"nasrec-{nr.__version__}"


def metadata_file(run_dir: Path) -> Path:
    """Returns where a run keeps its metadata store."""
    return run_dir / "metadata.db"


def serving_folder(run_dir: Path, config: PipelineConfig) -> Path:
    """Returns the folder of the pushed versions."""
    return run_dir / "serving" / config.model_name


def create_pipeline(
    config: PipelineConfig,
    architecture: nr.Architecture,
    schema: nr.FeatureSchema,
    rows: RowFolder,
    run_dir: Path,
) -> Pipeline:
    """Describes the whole run; nothing is computed here.

    All that decides a component is among its parameters by content, never by file name, so that TFX's cache is right.
    """
    # The test rows stay out: no component sees them.
    splits = [
        example_gen_pb2.Input.Split(name="train", pattern="train-*"),
        example_gen_pb2.Input.Split(name="eval", pattern="valid-*"),
    ]
    example_gen = components.ImportExampleGen(
        input_base=str(rows.folder), input_config=example_gen_pb2.Input(splits=splits)
    ).with_id("ExampleGen")
    statistics_gen = components.StatisticsGen(examples=example_gen.outputs["examples"])
    # The schema is written from the features; see `raw_schema` for why it is not inferred.
    schema_gen = ImportSchemaGen(schema_file=str(rows.schema_file)).with_id("SchemaGen")
    example_validator = ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    transform = components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        preprocessing_fn="pipelines.preprocessing.preprocessing_fn",
        custom_config={"schema": schema.to_dict()},
        # Nothing is analysed, and StatisticsGen has seen these rows already.
        disable_analyzer_cache=True,
        disable_statistics=True,
    )
    # No data flows from the validator to what follows it; this makes it wait all the same.
    transform.add_upstream_node(example_validator)
    job = TrainingJob(architecture, schema, config.training, config.use_layernorm, config.seed)
    trainer = components.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        run_fn="pipelines.trainer.run_fn",
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        custom_config=job.to_dict(),
    )
    cost_profiler = CostProfiler(
        model=trainer.outputs["model"],
        architecture=architecture.to_json(),
        use_layernorm=int(config.use_layernorm),
        schema=json.dumps(schema.to_dict(), sort_keys=True),
        hardware=json.dumps(dataclasses.asdict(nr.HardwareDesign.from_yaml(config.hardware)), sort_keys=True),
    )
    evaluator = components.Evaluator(
        examples=example_gen.outputs["examples"],
        model=cost_profiler.outputs["annotated_model"],
        eval_config=describe_evaluation(config.blessing, schema.label),
    )
    destination = pusher_pb2.PushDestination.Filesystem(base_directory=str(serving_folder(run_dir, config)))
    pusher = Pusher(
        model=cost_profiler.outputs["annotated_model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(filesystem=destination),
    )
    return Pipeline(
        pipeline_name=PIPELINE_NAME,
        pipeline_root=str(run_dir / "artifacts"),
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            transform,
            trainer,
            cost_profiler,
            evaluator,
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(metadata_file(run_dir))),
        beam_pipeline_args=list(config.beam_arguments),
    )
