"""The error table: codes and texts of TF Serving, word for word, because clients test for them."""

import contextlib
import re
from collections.abc import Iterable, Iterator

import grpc

from nasrec_tf.errors import NasrecError
from serving.protocol import tf

# What the real server cuts texts to; gRPC itself refuses trailers above 8 KiB.
_MAX_TEXT = 1024
_CODES = {code.value[0]: code for code in grpc.StatusCode}
# TensorFlow's Python puts the place in the graph before the reason, which then falls victim to the cut.
_GRAPH_LOCATION = re.compile(r"\AGraph execution error:\s+Detected at node.*?<stack traces unavailable>\s*", re.DOTALL)


class StatusError(NasrecError):
    """What a request is answered with instead of a result."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}...TRUNCATED"


def invalid_argument(text: str) -> StatusError:
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, text)


def missing_model_spec() -> StatusError:
    return invalid_argument("Missing ModelSpec")


def missing_model_name() -> StatusError:
    return invalid_argument("ModelSpec has no name specified.")


def unknown_label(label: str) -> StatusError:
    return invalid_argument(f"Unrecognized servable version label: {label}")


def servable_not_found(name: str, version: int | None) -> StatusError:
    asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return StatusError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")


def status_not_found(name: str, version: int | None) -> StatusError:
    asked = "any versions" if version is None else f"version {version}"
    return StatusError(grpc.StatusCode.NOT_FOUND, f"Could not find {asked} of model {name}")


def unknown_signature(key: str) -> StatusError:
    return StatusError(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{key}" not found.')


def wrong_number_of_inputs(sent: Iterable[str], expected: Iterable[str]) -> StatusError:
    sent, expected = set(sent), set(expected)
    return invalid_argument(
        f"input size does not match signature: {len(sent)}!={len(expected)} len({_names(sent)}) != "
        f"len({_names(expected)}). Sent extra: {_names(sent - expected)}. "
        f"Missing but required: {_names(expected - sent)}."
    )


def missing_input(alias: str, feed_name: str, sent: Iterable[str]) -> StatusError:
    return invalid_argument(
        f"Signature input alias: {alias}(feed name: {feed_name}) not found in request and no default value provided. "
        f"Inputs expected to be in the request {_names(sent)}, or default input alias set: "
    )


def malformed_tensor(alias: str) -> StatusError:
    return invalid_argument(f"tensor parsing error: {alias}")


def unknown_output(alias: str, expected: Iterable[str]) -> StatusError:
    return invalid_argument(
        f"output tensor alias not found in signature: {alias} Outputs expected to be in the set {_names(expected)}."
    )


def repeated_output(alias: str) -> StatusError:
    return invalid_argument(f"duplicate output tensor alias: {alias}")


def missing_metadata_field() -> StatusError:
    return invalid_argument("GetModelMetadataRequest must specify at least one metadata_field")


def unknown_metadata_field(field: str) -> StatusError:
    return invalid_argument(f"Metadata field {field} is not supported")


def from_tensorflow(error: tf.errors.OpError) -> StatusError:
    """The graph's own complaint; TensorFlow and gRPC number their codes alike."""
    return StatusError(_CODES[error.error_code], _GRAPH_LOCATION.sub("", error.message))


def from_undecodable_text(error: UnicodeDecodeError) -> StatusError:
    """The graph's complaint where it quotes bytes that are no text: TensorFlow's Python trips over it, code and all.

    Only values of the request are quoted so, hence the code.
    """
    return invalid_argument(_GRAPH_LOCATION.sub("", error.object.decode("utf-8", "replace")))


@contextlib.contextmanager
def answered(context: grpc.ServicerContext) -> Iterator[None]:
    """Ends the call with code and text if its body raises an error that belongs to the request."""
    try:
        yield
    except StatusError as error:
        context.abort(error.code, error.text)
    except tf.errors.OpError as error:
        status = from_tensorflow(error)
        context.abort(status.code, status.text)


def _names(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
