"""Predict: request tensors into a signature, its results into a response."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from serving import status
from serving.protocol import PredictRequest, PredictResponse, TensorProto, tf

DEFAULT_SIGNATURE = "serving_default"

# The repeated field of a TensorProto that holds the values of a type, one entry each.
_VALUE_FIELDS = {
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int32: "int_val",
    tf.int16: "int_val",
    tf.int8: "int_val",
    tf.uint16: "int_val",
    tf.uint8: "int_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
}


@dataclass(frozen=True)
class Input:
    """What a signature promises of one input: its tensor's name in the graph, its type and shape."""

    feed_name: str
    spec: tf.TensorSpec


@dataclass(frozen=True)
class Signature:
    """One named function of a model."""

    name: str
    function: Any
    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]


def predict(
    signatures: Mapping[str, Signature], request: PredictRequest, *, version: int, max_tensor_bytes: int
) -> PredictResponse:
    """Answers one request.

    Raises:
        StatusError: if the request does not fit the signature.
        tf.errors.OpError: if the graph refuses the values.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    signature = signatures.get(name)
    if signature is None:
        raise status.unknown_signature(name)
    inputs = _decode_inputs(signature, request.inputs, max_tensor_bytes)
    outputs = _select_outputs(signature, request.output_filter)
    try:
        results = signature.function(**inputs)
    except UnicodeDecodeError as error:
        raise status.from_undecodable_text(error) from error
    response = PredictResponse()
    response.model_spec.name = request.model_spec.name
    response.model_spec.signature_name = name
    response.model_spec.version.value = version
    for alias in outputs:
        encode_tensor(results[alias], response.outputs[alias])
    return response


def decode_tensor(alias: str, proto: TensorProto, spec: tf.TensorSpec, max_bytes: int) -> tf.Tensor:
    """Checks a request's tensor against its signature and decodes it with the decoder the real server uses.

    Fewer values than the shape asks for are valid: the last one is repeated. That makes a small message a large
    tensor, hence `max_bytes`. Differs from the real server, which drops values in excess: they are refused.

    Raises:
        StatusError: INVALID_ARGUMENT if the type or shape differs from the signature's, or the message is malformed.
    """
    if proto.dtype != spec.dtype.as_datatype_enum:
        raise status.invalid_argument(
            f"input {alias} must be of type {spec.dtype.name}. Received: {_type_name(proto.dtype)}."
        )
    shape = [dimension.size for dimension in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise status.malformed_tensor(alias)
    if not spec.shape.is_compatible_with(shape):
        raise status.invalid_argument(f"input {alias} must have the shape {spec.shape}. Received: {shape}.")
    num_values = math.prod(shape)
    field = _VALUE_FIELDS.get(spec.dtype)
    if num_values * spec.dtype.size > max_bytes or (field and len(getattr(proto, field)) > num_values):
        raise status.malformed_tensor(alias)
    if field == "string_val" and len(shape) == 1 and len(proto.string_val) == num_values:
        # The same result, in a third of the time: this is how serialized examples come.
        return tf.constant(list(proto.string_val), tf.string)
    try:
        return tf.io.parse_tensor(proto.SerializeToString(), spec.dtype)
    except tf.errors.OpError as error:
        raise status.malformed_tensor(alias) from error


def encode_tensor(tensor: tf.Tensor, proto: TensorProto) -> None:
    """Fills `proto` the way the real server does: values in the field of their type, which clients read directly."""
    array = tensor.numpy()
    field = _VALUE_FIELDS.get(tensor.dtype)
    if field is None:
        proto.CopyFrom(tf.make_tensor_proto(array, dtype=tensor.dtype))
        return
    proto.dtype = tensor.dtype.as_datatype_enum
    proto.tensor_shape.SetInParent()
    for size in tensor.shape:
        proto.tensor_shape.dim.add().size = size
    # The numpy() of a scalar string is plain bytes.
    getattr(proto, field).extend([array] if isinstance(array, bytes) else array.ravel().tolist())


def _decode_inputs(signature: Signature, sent: Mapping[str, TensorProto], max_bytes: int) -> dict[str, tf.Tensor]:
    if len(sent) != len(signature.inputs):
        raise status.wrong_number_of_inputs(sent, signature.inputs)
    decoded = {}
    for alias, expected in signature.inputs.items():
        if alias not in sent:
            raise status.missing_input(alias, expected.feed_name, sent)
        decoded[alias] = decode_tensor(alias, sent[alias], expected.spec, max_bytes)
    return decoded


def _select_outputs(signature: Signature, wanted: Iterable[str]) -> tuple[str, ...]:
    selected: list[str] = []
    for alias in wanted:
        if alias not in signature.outputs:
            raise status.unknown_output(alias, signature.outputs)
        if alias in selected:
            raise status.repeated_output(alias)
        selected.append(alias)
    return tuple(selected) or signature.outputs


def _type_name(enum: int) -> str:
    try:
        return str(tf.as_dtype(enum).name)
    except TypeError:
        return f"type number {enum}"
