"""Asks a served model for click rates, one per row.

$ python -m serving.client --target=127.0.0.1:8500 rows.jsonl

Rows are JSON lines of named raw values, `-` for standard input; or a .tsv whose first line names the columns, with a
type where it is not a string (`I1:float`). Missing values are left out, null, or empty cells.
Exit codes: 2 wrong flags, 3 bad rows, 4 the model did not answer.
"""

import itertools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
from absl import flags

from nasrec_tf.command_line import run_command
from nasrec_tf.errors import ConfigError, NotReadyError
from serving.errors import PredictionError
from serving.example import Row, read_rows, serialize_example
from serving.protocol import (
    GetModelStatusRequest,
    ModelVersionStatus,
    PredictRequest,
    TensorProto,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
    tf,
)

_MAX_MESSAGE_BYTES = 2**31 - 1
# UNAVAILABLE means that the request was not computed; anything else would be repeated in vain or computed twice.
_RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


class PredictionClient:
    """Asks one signature of one served model; safe to share between threads.

    Waits for a server that is not up yet, and repeats what it could not deliver, within `timeout_s` of each call.

    Raises:
        PredictionError: by every call that gets no prediction, with gRPC's code and what to do.
    """

    def __init__(
        self,
        target: str,
        model_name: str = "ctr",
        signature_name: str = "serving_default",
        timeout_s: float = 5.0,
    ) -> None:
        self.target = target
        self.model_name = model_name
        self.signature_name = signature_name
        self.timeout_s = timeout_s
        options = [
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.service_config", json.dumps(_RETRIES)),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ]
        self._channel = grpc.insecure_channel(target, options)
        self._prediction = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._model = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def predict(self, inputs: Mapping[str, npt.ArrayLike]) -> dict[str, npt.NDArray[Any]]:
        """Sends tensors by input name, and returns the signature's outputs by name.

        Arrays keep their type; of plain lists, floats become float32 and integers int32. An
        empty list is one of strings.
        """
        request = PredictRequest()
        request.model_spec.name = self.model_name
        request.model_spec.signature_name = self.signature_name
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(self._encode(name, values))
        response = self._call(self._prediction.Predict, request, self.timeout_s)
        return {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}

    def predict_rows(self, rows: Sequence[Row]) -> dict[str, npt.NDArray[Any]]:
        """Sends rows of named raw values; None and absent names are missing values.

        Shapes:
            returns: `ctr` and `logit`, `[B]` float each, in the order of `rows`.
        Raises:
            DataError: if a value cannot be sent.
        """
        return self.predict({"examples": [serialize_example(row) for row in rows]})

    def wait_until_ready(self, timeout_s: float) -> int:
        """Waits for the server, and returns the model version it serves."""
        request = GetModelStatusRequest()
        request.model_spec.name = self.model_name
        response = self._call(self._model.GetModelStatus, request, timeout_s)
        for status in response.model_version_status:
            if status.state == ModelVersionStatus.AVAILABLE:
                return int(status.version)
        raise PredictionError(
            self.target, grpc.StatusCode.NOT_FOUND, f"no version of {self.model_name} is available yet."
        )

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> "PredictionClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _encode(self, name: str, values: npt.ArrayLike) -> TensorProto:
        # make_tensor_proto goes through NumPy, which cuts trailing zero bytes off plain byte strings.
        if isinstance(values, list) and all(isinstance(value, bytes) for value in values):
            proto = TensorProto(dtype=tf.string.as_datatype_enum, string_val=values)
            proto.tensor_shape.dim.add().size = len(values)
            return proto
        try:
            return tf.make_tensor_proto(values)
        except (TypeError, ValueError) as error:
            raise PredictionError(
                self.target, grpc.StatusCode.INVALID_ARGUMENT, f"input {name} is no tensor ({error})."
            ) from error

    def _call(self, method: Any, request: Any, timeout_s: float) -> Any:
        try:
            return method(request, timeout=timeout_s, wait_for_ready=True)
        except grpc.RpcError as error:
            raise PredictionError(self.target, error.code(), error.details() or "no reason given.") from error


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("target", "127.0.0.1:8500", "host and port of the server", flag_values=values)
    flags.DEFINE_string("model_name", "ctr", "name the model is served under", flag_values=values)
    flags.DEFINE_string("signature_name", "serving_default", "signature that takes examples", flag_values=values)
    flags.DEFINE_float("timeout_s", 5.0, "bound of every request", 0, flag_values=values)
    flags.DEFINE_integer("batch_size", 256, "rows in a request", 1, flag_values=values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one click rate per row and returns the exit code."""
    return run_command("python -m serving.client", arguments, description=__doc__, define_flags=define_flags, run=_run)


def _run(values: flags.FlagValues, paths: list[str]) -> None:
    if len(paths) != 1:
        raise ConfigError(f"the client takes one file of rows, or - for standard input. Received: {paths}.")
    with PredictionClient(values.target, values.model_name, values.signature_name, values.timeout_s) as client:
        print_click_rates(client, read_rows(paths[0]), batch_size=values.batch_size)


def print_click_rates(client: PredictionClient, rows: Iterable[Row], *, batch_size: int) -> None:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, batch_size)):
        outputs = client.predict_rows(batch)
        if "ctr" not in outputs:
            raise NotReadyError(
                f"signature `{client.signature_name}` must answer with `ctr`. Received: {sorted(outputs)}. "
                f"Give the --signature_name of one that does."
            )
        print(*(f"{rate:.6g}" for rate in np.ravel(outputs["ctr"])), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
