"""Two versions of a tiny real model, and a server over a base path that tests may change."""

import shutil
import threading
import time

import pytest

from serving.client import PredictionClient
from serving.protocol import tf
from serving.server import EmbeddedServer

QUICK = {"poll_wait_s": 0.02, "max_load_retries": 1, "retry_wait_s": 0.05, "startup_timeout_s": 30, "num_threads": 8}


class TinyModel(tf.Module):
    """CTR = sigmoid(weight * x), x a float feature that is 0 where missing; and a signature on plain tensors."""

    def __init__(self, weight):
        super().__init__()
        self.weight = tf.Variable(weight)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        features = {
            "x": tf.io.FixedLenFeature([], tf.float32, 0.0),
            "c": tf.io.FixedLenFeature([], tf.string, ""),
            "n": tf.io.FixedLenFeature([], tf.float32, 0.0),
        }
        parsed = tf.io.parse_example(examples, features)
        logit = self.weight * parsed["x"]
        return {"ctr": tf.sigmoid(logit), "logit": logit}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 3], tf.float32, name="dense"),
            tf.TensorSpec([None], tf.int64, name="sparse"),
            tf.TensorSpec([None], tf.string, name="text"),
            tf.TensorSpec([], tf.bool, name="flag"),
        ]
    )
    def raw(self, dense, sparse, text, flag):
        return {
            "dense": dense,
            "sparse": sparse,
            "text": text,
            "flag": flag,
            "half": tf.cast(dense, tf.float16),
            "double": tf.cast(dense, tf.float64),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="index")])
    def look_up(self, index):
        return {"value": tf.gather(tf.constant([1.0, 2.0, 3.0]), index)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="seconds")])
    def spin(self, seconds):
        end = tf.timestamp() + tf.cast(seconds, tf.float64)
        turns = tf.while_loop(lambda turns: tf.timestamp() < end, lambda turns: [turns + 1], [tf.constant(0)])
        return {"turns": turns[0]}


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for version, weight in {1: 1.0, 2: 2.0}.items():
        model = TinyModel(weight)
        signatures = {"serving_default": model.serve, "raw": model.raw, "look_up": model.look_up, "spin": model.spin}
        tf.saved_model.save(model, str(folder / str(version)), signatures=signatures)
    return folder


@pytest.fixture
def push(model_folder, tmp_path):
    """`push(2)` pushes the second model as version 2, `push(2, version=7)` as version 7; returns the folder."""
    base_path = tmp_path / "base"
    base_path.mkdir()

    def push_version(number, *, version=None):
        folder = base_path / str(version or number)
        temporary = base_path / ".pushing"
        shutil.copytree(model_folder / str(number), temporary)
        temporary.rename(folder)
        return folder

    push_version.base_path = base_path
    return push_version


@pytest.fixture
def server(push):
    push(1)
    with EmbeddedServer("ctr", push.base_path, **QUICK) as server:
        yield server


@pytest.fixture
def client(server):
    with PredictionClient(server.target, timeout_s=20) as client:
        yield client


@pytest.fixture(scope="module")
def steady_server(model_folder, tmp_path_factory):
    """A server that its tests leave as it is: version 1 alone."""
    base_path = tmp_path_factory.mktemp("base")
    shutil.copytree(model_folder / "1", base_path / "1")
    with EmbeddedServer("ctr", base_path, **QUICK) as server:
        yield server


@pytest.fixture(scope="module")
def steady_client(steady_server):
    with PredictionClient(steady_server.target, timeout_s=20) as client:
        yield client


def wait_for(condition, *, timeout_s=30.0):
    """Waits until `condition()` holds; the bound is only there to end a broken run."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the awaited condition never came true"
        threading.Event().wait(0.01)
