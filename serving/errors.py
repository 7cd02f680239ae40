"""The error of the client."""

import grpc

from nasrec_tf.errors import NasrecError

_REMEDIES = {
    grpc.StatusCode.UNAVAILABLE: "Check that a server runs there, then ask again.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "Check that a server runs there, or give a longer `timeout_s`.",
    grpc.StatusCode.NOT_FOUND: "Check `model_name` and the version; GetModelStatus lists what is loaded.",
    grpc.StatusCode.FAILED_PRECONDITION: "Check `signature_name`; GetModelMetadata lists the signatures.",
    grpc.StatusCode.INVALID_ARGUMENT: "Correct the request; GetModelMetadata lists names, types and shapes.",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "Send fewer rows at a time, or raise the message limit on both sides.",
    grpc.StatusCode.UNIMPLEMENTED: "Ask a server that offers this call.",
}


class PredictionError(NasrecError):
    """A served model did not answer with a prediction.

    Attributes:
        code: gRPC's status code. text: what the server said.
    """

    exit_code = 4

    def __init__(self, target: str, code: grpc.StatusCode, text: str) -> None:
        remedy = _REMEDIES.get(code, "See the server's log.")
        super().__init__(f"`target` {target} must answer the request. Received: {code.name}: {text} Remedy: {remedy}")
        self.code = code
        self.text = text
