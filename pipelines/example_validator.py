"""`ExampleValidator` that stops the pipeline: the stock component only records what it found."""

from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import components
from tfx.components.example_validator import executor as stock
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import artifact_utils

from nasrec_tf.errors import DataError

_ANOMALIES_FILE = "SchemaDiff.pb"  # the stock executor's
_NUM_SHOWN = 10


class Executor(stock.Executor):
    """Validates as the stock executor does, then refuses rows with anomalies."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> Any:  # noqa: N802 (TFX's name)
        """Raises `DataError`, naming the anomalies, if a split has one; nothing behind the component runs then."""
        output = super().Do(input_dict, output_dict, exec_properties)
        artifact = artifact_utils.get_single_instance(output_dict["anomalies"])
        found = [
            f"{anomaly} in split {split!r}"
            for split in artifact_utils.decode_split_names(artifact.split_names)
            for anomaly in _describe(_read_anomalies(Path(artifact_utils.get_split_uri([artifact], split))))
        ]
        if found:
            shown = "; ".join(found[:_NUM_SHOWN])
            raise DataError(
                f"the rows must agree with their schema. Received {len(found)} anomalies: {shown}. "
                f"Correct the rows, or the features in the dataset's configuration."
            )
        return output


class ExampleValidator(components.ExampleValidator):
    """The stock component with an executor that stops on anomalies."""

    EXECUTOR_SPEC = ExecutorClassSpec(Executor)


def _read_anomalies(folder: Path) -> anomalies_pb2.Anomalies:
    return anomalies_pb2.Anomalies.FromString((folder / _ANOMALIES_FILE).read_bytes())


def _describe(anomalies: anomalies_pb2.Anomalies) -> list[str]:
    infos = sorted(anomalies.anomaly_info.items())
    if anomalies.HasField("dataset_anomaly_info"):
        infos.append(("the whole data set", anomalies.dataset_anomaly_info))
    return [f"{name}: {info.short_description} ({info.description})" for name, info in infos]
