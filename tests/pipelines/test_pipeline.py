import numpy as np
import pytest

import nasrec_tf as nr
from pipelines.pipeline import create_pipeline
from pipelines.pipeline_config import PipelineConfig
from pipelines.raw_rows import RowFolder


@pytest.fixture
def describe(tmp_path, schema, space):
    config = PipelineConfig.from_yaml("criteo_sample")
    rows = RowFolder(tmp_path / "rows", tmp_path / "rows" / "schema-1.pbtxt")

    def run(seed=0):
        architecture = nr.sample_architecture(space, np.random.default_rng(seed))
        pipeline = create_pipeline(config, architecture, schema, rows, tmp_path)
        return {component.id: component for component in pipeline.components}, pipeline

    return run


def test_components_stand_in_the_order_of_the_data(describe):
    components, pipeline = describe()
    assert list(components) == [
        "ExampleGen",
        "SchemaGen",
        "StatisticsGen",
        "ExampleValidator",
        "Transform",
        "Trainer",
        "CostProfiler",
        "Evaluator",
        "Pusher",
    ]
    assert pipeline.enable_cache


def test_nothing_is_transformed_before_the_rows_are_validated(describe):
    components, _ = describe()
    assert components["ExampleValidator"] in components["Transform"].upstream_nodes


def test_the_test_rows_are_no_input(describe):
    components, _ = describe()
    patterns = str(components["ExampleGen"].exec_properties["input_config"])
    assert "train-*" in patterns
    assert "valid-*" in patterns
    assert "test" not in patterns


def test_what_is_costed_is_what_is_evaluated_and_pushed(describe):
    components, _ = describe()
    for name in ("Evaluator", "Pusher"):
        assert components[name].inputs["model"].producer_component_id == "CostProfiler"


def test_another_architecture_is_another_training_and_cost(describe):
    (first, _), (second, _) = describe(seed=0), describe(seed=1)
    differing = {name for name in first if str(first[name].exec_properties) != str(second[name].exec_properties)}
    assert differing == {"Trainer", "CostProfiler"}
