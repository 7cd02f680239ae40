"""Every row of the error table that Predict, GetModelMetadata and GetModelStatus can meet, over a real connection."""

import threading

import grpc
import numpy as np
import pytest

from nasrec_tf.errors import ConfigError, NotReadyError
from serving.client import PredictionClient
from serving.errors import PredictionError
from serving.protocol import (
    GetModelMetadataRequest,
    GetModelStatusRequest,
    ModelVersionStatus,
    PredictRequest,
    SignatureDefMap,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
    tf,
)
from serving.server import EmbeddedServer
from tests.serving.conftest import QUICK

Code = grpc.StatusCode


@pytest.fixture(scope="module")
def stubs(steady_server):
    with grpc.insecure_channel(steady_server.target) as channel:
        yield (
            prediction_service_pb2_grpc.PredictionServiceStub(channel),
            model_service_pb2_grpc.ModelServiceStub(channel),
        )


def predict_request(*, name="ctr", signature="", version=None, label=None, outputs=(), **inputs):
    request = PredictRequest(output_filter=outputs)
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    for alias, values in (inputs or {"examples": [b""]}).items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(values))
    return request


def refusal(method, request):
    with pytest.raises(grpc.RpcError) as caught:
        method(request, timeout=20)
    return caught.value.code(), caught.value.details()


def test_predicts_with_the_effective_spec(stubs):
    response = stubs[0].Predict(predict_request(examples=[b"", b""]), timeout=20)
    spec = response.model_spec
    assert (spec.name, spec.signature_name, spec.version.value) == ("ctr", "serving_default", 1)
    assert set(response.outputs) == {"ctr", "logit"}
    # Clients read the typed field, not the packed bytes.
    assert list(response.outputs["ctr"].float_val) == [0.5, 0.5]
    assert [size.size for size in response.outputs["ctr"].tensor_shape.dim] == [2]


def test_asked_version_and_output_filter(stubs):
    response = stubs[0].Predict(predict_request(version=1, outputs=["logit"]), timeout=20)
    assert set(response.outputs) == {"logit"}


def test_an_empty_batch_is_answered(steady_client):
    assert steady_client.predict_rows([])["ctr"].shape == (0,)


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (PredictRequest(), Code.INVALID_ARGUMENT, "Missing ModelSpec"),
        (predict_request(name=""), Code.INVALID_ARGUMENT, "ModelSpec has no name specified."),
        (predict_request(name="half"), Code.NOT_FOUND, "Servable not found for request: Latest(half)"),
        (predict_request(version=7), Code.NOT_FOUND, "Servable not found for request: Specific(ctr, 7)"),
        (predict_request(version=0), Code.NOT_FOUND, "Servable not found for request: Specific(ctr, 0)"),
        (predict_request(label="X"), Code.INVALID_ARGUMENT, "Unrecognized servable version label: X"),
        (predict_request(signature="X"), Code.FAILED_PRECONDITION, 'Serving signature key "X" not found.'),
        (
            predict_request(examples=[b""], other=[1]),
            Code.INVALID_ARGUMENT,
            "input size does not match signature: 2!=1 len({examples,other}) != len({examples}). "
            "Sent extra: {other}. Missing but required: {}.",
        ),
        (
            predict_request(outputs=["X"]),
            Code.INVALID_ARGUMENT,
            "output tensor alias not found in signature: X Outputs expected to be in the set {ctr,logit}.",
        ),
        (
            predict_request(outputs=["ctr", "ctr"]),
            Code.INVALID_ARGUMENT,
            "duplicate output tensor alias: ctr",
        ),
    ],
)
def test_predict_refuses(stubs, request_, code, text):
    assert refusal(stubs[0].Predict, request_) == (code, text)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (predict_request(other=[b""]), "Signature input alias: examples"),
        (predict_request(examples=[1.0]), "input examples must be of type string. Received: float32."),
        (predict_request(examples=[[b""]]), "input examples must have the shape (None,). Received: [1, 1]."),
        (predict_request(examples=[b"no example"]), "Could not parse example input, value: 'no example'"),
        (predict_request(signature="look_up", index=[9]), "indices[0] = 9 is not in [0, 3)"),
    ],
)
def test_what_does_not_fit_the_graph_is_an_invalid_argument(stubs, request_, text):
    code, details = refusal(stubs[0].Predict, request_)
    assert code == Code.INVALID_ARGUMENT
    assert details.startswith(text)


def test_long_texts_are_cut(stubs):
    code, details = refusal(stubs[0].Predict, predict_request(examples=[b"no example" * 10_000]))
    assert code == Code.INVALID_ARGUMENT
    assert len(details) < 1100
    assert details.endswith("...TRUNCATED")


def test_metadata_is_the_models_own(stubs, model_folder):
    request = GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "ctr"
    response = stubs[0].GetModelMetadata(request, timeout=20)
    definitions = SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(definitions)
    assert (response.model_spec.name, response.model_spec.version.value) == ("ctr", 1)
    # TensorFlow's own entry for initialising tables is there too, as the real server has it.
    assert set(definitions.signature_def) == {"serving_default", "raw", "look_up", "spin", "__saved_model_init_op"}
    default = definitions.signature_def["serving_default"]
    assert (list(default.inputs), sorted(default.outputs)) == (["examples"], ["ctr", "logit"])


@pytest.mark.parametrize(
    ("name", "fields", "code", "text"),
    [
        (None, ["signature_def"], Code.INVALID_ARGUMENT, "Missing ModelSpec"),
        ("ctr", [], Code.INVALID_ARGUMENT, "GetModelMetadataRequest must specify at least one metadata_field"),
        ("ctr", ["signature_def", "X"], Code.INVALID_ARGUMENT, "Metadata field X is not supported"),
        ("half", ["signature_def"], Code.NOT_FOUND, "Servable not found for request: Latest(half)"),
    ],
)
def test_metadata_refuses(stubs, name, fields, code, text):
    request = GetModelMetadataRequest(metadata_field=fields)
    if name:
        request.model_spec.name = name
    assert refusal(stubs[0].GetModelMetadata, request) == (code, text)


def test_status_lists_the_version(stubs):
    request = GetModelStatusRequest()
    request.model_spec.name = "ctr"
    (status,) = stubs[1].GetModelStatus(request, timeout=20).model_version_status
    assert (status.version, status.state) == (1, ModelVersionStatus.AVAILABLE)
    assert (status.status.error_code, status.status.error_message) == (0, "")


@pytest.mark.parametrize(
    ("name", "version", "code", "text"),
    [
        (None, None, Code.INVALID_ARGUMENT, "Missing ModelSpec"),
        ("half", None, Code.NOT_FOUND, "Could not find any versions of model half"),
        ("ctr", 7, Code.NOT_FOUND, "Could not find version 7 of model ctr"),
    ],
)
def test_status_refuses(stubs, name, version, code, text):
    request = GetModelStatusRequest()
    if name:
        request.model_spec.name = name
    if version:
        request.model_spec.version.value = version
    assert refusal(stubs[1].GetModelStatus, request) == (code, text)


def test_other_calls_are_unimplemented(stubs):
    from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
    from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest

    code, details = refusal(stubs[0].Classify, ClassificationRequest())
    assert (code, details) == (Code.UNIMPLEMENTED, "Method not implemented!")
    assert refusal(stubs[1].HandleReloadConfigRequest, ReloadConfigRequest())[0] == Code.UNIMPLEMENTED


def test_messages_above_the_limit_are_refused(model_folder):
    with (
        EmbeddedServer("ctr", model_folder, max_message_bytes=10_000, **QUICK) as server,
        PredictionClient(server.target, timeout_s=20) as client,
    ):
        with pytest.raises(PredictionError) as caught:
            client.predict({"examples": [b"x" * 20_000]})
        assert caught.value.code == Code.RESOURCE_EXHAUSTED
        assert client.predict_rows([{"x": 0.0}])["ctr"] == [0.5]


def test_stopping_lets_requests_under_way_finish(model_folder, monkeypatch):
    server = EmbeddedServer("ctr", model_folder, **QUICK)
    found, find = threading.Event(), server.watcher.find
    monkeypatch.setattr(server.watcher, "find", lambda version: (found.set(), find(version))[1])
    answers = []
    with server, PredictionClient(server.target, signature_name="spin", timeout_s=20) as client:
        asking = threading.Thread(target=lambda: answers.append(client.predict({"seconds": 0.5})))
        asking.start()
        assert found.wait(20)
        server.stop()
        asking.join()
    assert answers == [{"turns": answers[0]["turns"]}]


def test_a_taken_port_is_an_error(steady_server, model_folder):
    port = int(steady_server.target.rpartition(":")[2])
    with pytest.raises(NotReadyError, match="cannot be bound"):
        EmbeddedServer("ctr", model_folder, port, **QUICK).start()


@pytest.mark.parametrize(
    ("name", "path", "settings", "match"),
    [
        ("ctr", "models/ctr", {}, "Expected model ctr to have an absolute path or URI; got base_path\\(\\)=models/ctr"),
        ("", "/models", {}, "`model_name`"),
        ("ctr", "/models", {"port": 70_000}, "`port`"),
        ("ctr", "/models", {"poll_wait_s": -1.0}, "`poll_wait_s`"),
    ],
)
def test_bad_settings_are_errors(name, path, settings, match):
    with pytest.raises(ConfigError, match=match):
        EmbeddedServer(name, path, **settings)


def test_every_dtype_survives_the_round_trip(steady_server):
    sent = {
        "dense": np.array([[1.5, -2.0, np.inf]], np.float32),
        "sparse": np.array([2**40], np.int64),
        "text": [b"\x00\xffraw\x00"],
        "flag": np.array(True),
    }
    with PredictionClient(steady_server.target, signature_name="raw", timeout_s=20) as client:
        received = client.predict(sent)
    assert received["text"].tolist() == sent["text"]
    assert received["half"].dtype == np.float16
    assert received["double"].dtype == np.float64
    for name in ("dense", "sparse", "flag"):
        assert received[name].dtype == sent[name].dtype
        np.testing.assert_array_equal(received[name], sent[name])
