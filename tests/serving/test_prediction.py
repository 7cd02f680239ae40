"""Tensors no honest client would send, over a real connection: each is refused, and the server lives on."""

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.client import PredictionClient
from serving.errors import PredictionError
from serving.prediction import decode_tensor, encode_tensor
from serving.protocol import PredictRequest, TensorProto, tf
from serving.status import StatusError

SPEC = tf.TensorSpec([None, 3], tf.float32)
_DTYPES = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9, 10, 14, 19, 20, 21, 22, 23, 101, 109, 200])
_SIZES = st.lists(st.sampled_from([-(2**63), -1, 0, 1, 2, 3, 2**31, 2**62]), max_size=5)


# What the signature `raw` takes, so that half of the drawn tensors fail later than at the first check.
_HONEST = {"dense": (tf.float32, [1, 3]), "sparse": (tf.int64, [1]), "text": (tf.string, [1]), "flag": (tf.bool, [])}


@st.composite
def tensor_protos(draw, name):
    dtype, sizes = _HONEST[name]
    proto = TensorProto(dtype=draw(st.just(dtype.as_datatype_enum) | _DTYPES))
    proto.tensor_content = draw(st.just(b"") | st.binary(max_size=40))
    for size in draw(st.just(sizes) | _SIZES):
        proto.tensor_shape.dim.add().size = size
    proto.tensor_shape.unknown_rank = draw(st.sampled_from([False, False, False, True]))
    proto.float_val.extend(draw(st.lists(st.floats(width=32), max_size=8)))
    proto.string_val.extend(draw(st.lists(st.binary(max_size=8), max_size=3)))
    proto.int64_val.extend(draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)))
    return proto


@pytest.fixture(scope="module")
def raw_client(steady_server):
    with PredictionClient(steady_server.target, signature_name="raw", timeout_s=20) as client:
        yield client


def call(client, inputs):
    request = PredictRequest()
    request.model_spec.name = "ctr"
    request.model_spec.signature_name = "raw"
    for name, proto in inputs.items():
        request.inputs[name].CopyFrom(proto)
    return client._call(client._prediction.Predict, request, 20)


def code_of(function):
    try:
        function()
    except PredictionError as error:
        return error.code
    return None


def honest_inputs():
    return {
        "dense": tf.make_tensor_proto(np.ones((1, 3), np.float32)),
        "sparse": tf.make_tensor_proto(np.ones(1, np.int64)),
        "text": tf.make_tensor_proto([b"x"]),
        "flag": tf.make_tensor_proto(True),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(_HONEST)))
def test_malformed_tensors_are_invalid_arguments(raw_client, data, name):
    inputs = {**honest_inputs(), name: data.draw(tensor_protos(name))}
    assert code_of(lambda: call(raw_client, inputs)) in {None, grpc.StatusCode.INVALID_ARGUMENT}
    assert set(call(raw_client, honest_inputs()).outputs) == {"dense", "sparse", "text", "flag", "half", "double"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(examples=st.lists(st.binary(max_size=30), min_size=1, max_size=4))
def test_malformed_examples_never_end_the_server(steady_client, examples):
    code = code_of(lambda: steady_client.predict({"examples": examples}))
    assert code in {None, grpc.StatusCode.INVALID_ARGUMENT}
    assert steady_client.predict({"examples": [b""]})["ctr"] == [0.5]


def test_bytes_that_are_no_text_can_be_quoted_in_an_error(steady_client):
    with pytest.raises(PredictionError, match="Could not parse example input, value: '\ufffd\ufffd'") as caught:
        steady_client.predict({"examples": [b"\xff\xfe"]})
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [
        ({"float_val": [1.0] * 4}, [1, 3]),  # a value too many
        ({"tensor_content": b"\x00" * 11}, [1, 3]),  # a byte short
        ({"tensor_content": b"\x00" * 16}, [1, 3]),
        ({"float_val": [1.0]}, [2**40, 3]),  # a few bytes that would become terabytes
        ({"float_val": [1.0]}, [-1, 3]),
        ({"float_val": [1.0]}, [2**62, 2**62]),
        ({"float_val": [1.0]}, [3]),
    ],
)
def test_wrong_values_and_shapes_are_refused(fields, sizes):
    proto = TensorProto(dtype=tf.float32.as_datatype_enum, **fields)
    for size in sizes:
        proto.tensor_shape.dim.add().size = size
    with pytest.raises(StatusError) as caught:
        decode_tensor("dense", proto, SPEC, max_bytes=2**20)
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT


def test_the_last_of_too_few_values_is_repeated():
    proto = TensorProto(dtype=tf.float32.as_datatype_enum, float_val=[1.0, 2.0])
    for size in (2, 3):
        proto.tensor_shape.dim.add().size = size
    decoded = decode_tensor("dense", proto, SPEC, max_bytes=2**20)
    np.testing.assert_array_equal(decoded, [[1, 2, 2], [2, 2, 2]])


@pytest.mark.parametrize(
    "dtype",
    ["float16", "float32", "float64", "int8", "uint8", "int32", "int64", "uint32", "uint64", "bool", "complex64"],
)
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)])
def test_encoding_is_what_tensorflow_decodes(dtype, shape):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    proto = TensorProto()
    encode_tensor(tf.constant(array), proto)
    decoded = tf.make_ndarray(proto)
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)


@pytest.mark.parametrize("values", [[], [b"\x00", b"a\x00"], [[b"a"], [b"b"]]])
def test_strings_are_decoded_byte_for_byte(values):
    proto = tf.make_tensor_proto(np.array(values, object), tf.string)
    decoded = decode_tensor("text", proto, tf.TensorSpec(None, tf.string), max_bytes=2**20)
    np.testing.assert_array_equal(decoded.numpy(), np.array(values, object))


@pytest.mark.parametrize("values", [b"one", [], [[b"\x00", b"b\x00"]]])
def test_strings_are_encoded_byte_for_byte(values):
    proto = TensorProto()
    encode_tensor(tf.constant(values, tf.string), proto)
    decoded = tf.io.parse_tensor(proto.SerializeToString(), tf.string)
    np.testing.assert_array_equal(decoded.numpy(), np.array(values, object))
