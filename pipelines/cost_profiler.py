"""`CostProfiler`: a component that writes what a model costs on a hardware design beside it and into the metadata."""

import json
import shutil
from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types.artifact import Artifact, Property, PropertyType
from tfx.types.standard_artifacts import Model
from tfx.utils import path_utils

import nasrec_tf as nr
from nasrec_tf.atomic_file import write_text
from nasrec_tf.config import parse_config

COST_FILE = "hardware_cost.json"


class HardwareCost(Artifact):
    """What one example costs on one hardware design; the folder holds the whole report.

    Units:
        energy_j J, latency_s s, area_m2 m2; macs and parameters are counts, embedding tables apart.
    """

    TYPE_NAME = "HardwareCost"
    # ML Metadata keeps a FLOAT in SQLite to six decimals, which makes a nanojoule 0; a JSON number it keeps whole.
    PROPERTIES = {  # noqa: RUF012 (TFX reads it from the class)
        "hardware": Property(type=PropertyType.STRING),
        "energy_j": Property(type=PropertyType.JSON_VALUE),
        "latency_s": Property(type=PropertyType.JSON_VALUE),
        "area_m2": Property(type=PropertyType.JSON_VALUE),
        "macs": Property(type=PropertyType.INT),
        "parameters": Property(type=PropertyType.INT),
    }


@component
def CostProfiler(  # noqa: N802, PLR0917 (used like a class, by keyword)
    model: InputArtifact[Model],
    annotated_model: OutputArtifact[Model],
    hardware_cost: OutputArtifact[HardwareCost],
    architecture: Parameter[str],
    schema: Parameter[str],
    hardware: Parameter[str],
    use_layernorm: Parameter[int],
) -> None:
    """Copies the model, adding its cost report; all descriptions are JSON, so that the cache goes by their content."""
    report = nr.profile_cost(
        nr.Architecture.from_json(architecture),
        parse_config(json.loads(hardware), nr.HardwareDesign, where="hardware of CostProfiler"),
        parse_config(json.loads(schema), nr.FeatureSchema, where="schema of CostProfiler"),
        use_layernorm=bool(use_layernorm),
    )
    source, target = (Path(path_utils.serving_model_dir(artifact.uri)) for artifact in (model, annotated_model))
    shutil.copytree(source, target)
    nr.annotate_saved_model(target, report)
    write_text(Path(hardware_cost.uri) / COST_FILE, report.to_json() + "\n")
    annotated_model.set_string_custom_property("hardware", report.hardware)
    hardware_cost.hardware = report.hardware
    for name in ("energy_j", "latency_s", "area_m2"):
        annotated_model.set_json_value_custom_property(name, getattr(report, name))
        setattr(hardware_cost, name, getattr(report, name))
    for name in ("macs", "parameters"):
        annotated_model.set_int_custom_property(name, getattr(report, name))
        setattr(hardware_cost, name, getattr(report, name))
