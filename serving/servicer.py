"""The two gRPC services, over the models that are watched."""

from collections.abc import Mapping

import grpc

from serving import status
from serving.prediction import predict
from serving.protocol import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    GetModelStatusRequest,
    GetModelStatusResponse,
    ModelSpec,
    PredictRequest,
    PredictResponse,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)
from serving.servable import Servable
from serving.version_watcher import VersionWatcher

_SIGNATURE_DEF = "signature_def"


class PredictionServicer(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; the service's other calls answer UNIMPLEMENTED."""

    def __init__(self, models: Mapping[str, VersionWatcher], *, max_tensor_bytes: int) -> None:
        self._models = models
        self._max_tensor_bytes = max_tensor_bytes

    def Predict(self, request: PredictRequest, context: grpc.ServicerContext) -> PredictResponse:  # noqa: N802
        with status.answered(context):
            servable = self._find(request)
            return predict(
                servable.signatures, request, version=servable.version, max_tensor_bytes=self._max_tensor_bytes
            )

    def GetModelMetadata(  # noqa: N802
        self, request: GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> GetModelMetadataResponse:
        with status.answered(context):
            if request.HasField("model_spec"):
                _check_metadata_fields(request)
            servable = self._find(request)
            response = GetModelMetadataResponse()
            response.model_spec.name = servable.name
            response.model_spec.version.value = servable.version
            response.metadata[_SIGNATURE_DEF].Pack(servable.signature_defs)
            return response

    def _find(self, request: PredictRequest | GetModelMetadataRequest) -> Servable:
        if not request.HasField("model_spec"):
            raise status.missing_model_spec()
        spec = request.model_spec
        if not spec.name:
            raise status.missing_model_name()
        if spec.HasField("version_label"):
            raise status.unknown_label(spec.version_label)
        version = _asked_version(spec)
        watcher = self._models.get(spec.name)
        servable = watcher.find(version) if watcher else None
        if servable is None:
            raise status.servable_not_found(spec.name, version)
        return servable


class ModelServicer(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus; HandleReloadConfigRequest answers UNIMPLEMENTED."""

    def __init__(self, models: Mapping[str, VersionWatcher]) -> None:
        self._models = models

    def GetModelStatus(  # noqa: N802
        self, request: GetModelStatusRequest, context: grpc.ServicerContext
    ) -> GetModelStatusResponse:
        with status.answered(context):
            if not request.HasField("model_spec"):
                raise status.missing_model_spec()
            name, asked = request.model_spec.name, _asked_version(request.model_spec)
            watcher = self._models.get(name)
            states = watcher.states() if watcher else {}
            response = GetModelStatusResponse()
            for version, state in states.items():
                if asked in {None, version}:
                    added = response.model_version_status.add(version=version, state=state.state)
                    added.status.error_code = state.error_code
                    added.status.error_message = state.error_text
            if not response.model_version_status:
                raise status.status_not_found(name, asked)
            return response


def _asked_version(spec: ModelSpec) -> int | None:
    return int(spec.version.value) if spec.HasField("version") else None


def _check_metadata_fields(request: GetModelMetadataRequest) -> None:
    if not request.metadata_field:
        raise status.missing_metadata_field()
    for field in request.metadata_field:
        if field != _SIGNATURE_DEF:
            raise status.unknown_metadata_field(field)
