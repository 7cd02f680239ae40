import dataclasses
import json

import numpy as np
import pytest
from tfx.types import standard_artifacts

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError
from pipelines.cost_profiler import COST_FILE, CostProfiler, HardwareCost


@pytest.fixture
def profile(tmp_path, schema, space):
    (tmp_path / "model" / "Format-Serving" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "Format-Serving" / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "cost").mkdir()
    architecture = nr.sample_architecture(space, np.random.default_rng(0))

    def run(**changes):
        model, annotated, cost = standard_artifacts.Model(), standard_artifacts.Model(), HardwareCost()
        model.uri, annotated.uri, cost.uri = (str(tmp_path / name) for name in ("model", "annotated", "cost"))
        CostProfiler.test_call(
            model=model,
            annotated_model=annotated,
            hardware_cost=cost,
            **{
                "architecture": architecture.to_json(),
                "use_layernorm": 1,
                "schema": json.dumps(schema.to_dict()),
                "hardware": json.dumps(dataclasses.asdict(nr.HardwareDesign.from_yaml("isaac"))),
                **changes,
            },
        )
        return annotated, cost

    run.expected = nr.profile_cost(architecture, nr.HardwareDesign.from_yaml("isaac"), schema, use_layernorm=True)
    return run


def test_the_model_is_copied_with_its_cost(tmp_path, profile):
    profile()
    folder = tmp_path / "annotated" / "Format-Serving"
    assert (folder / "saved_model.pb").read_bytes() == b"graph"
    assert (folder / "variables").is_dir()
    for file in (folder / "assets.extra" / "hardware_cost.json", tmp_path / "cost" / COST_FILE):
        assert nr.CostReport.from_json(file.read_text()) == profile.expected
    assert not (tmp_path / "model" / "Format-Serving" / "assets.extra").exists()


def test_the_figures_are_properties_of_both_artifacts(profile):
    annotated, cost = profile()
    for name in ("energy_j", "latency_s", "area_m2"):
        assert (
            getattr(cost, name) == annotated.get_json_value_custom_property(name) == getattr(profile.expected, name) > 0
        )
    for name in ("macs", "parameters"):
        assert getattr(cost, name) == annotated.get_int_custom_property(name) == getattr(profile.expected, name) > 0
    assert cost.hardware == "isaac"


def test_a_wrong_design_is_named(profile):
    with pytest.raises(ConfigError, match="hardware of CostProfiler: key `name` is missing"):
        profile(hardware=json.dumps({"chip": {}}))
