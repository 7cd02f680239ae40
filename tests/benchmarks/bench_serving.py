"""What the protocol costs at batch 1: a signature called in this process against the same call through gRPC.

$ python -m tests.benchmarks.bench_serving [--model_base_path=/abs/path]

Both are timed in turn in one run; the ratio and the difference are what to read. Without a path a small network is
saved and served.
"""
# ruff: noqa: T201 (a benchmark is there to print)

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags

from serving.client import PredictionClient
from serving.example import serialize_example
from serving.protocol import tf
from serving.server import EmbeddedServer

_NUM_ROUNDS = 20
_CALLS_PER_ROUND = 50
_NUM_DENSE = 13


def main():
    values = flags.FlagValues()
    flags.DEFINE_string("model_base_path", None, "a pushed model instead", flag_values=values)
    values(["bench_serving", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        base_path = values.model_base_path or save_network(Path(folder))
        with EmbeddedServer("ctr", base_path) as server, PredictionClient(server.target) as client:
            report(server, client)


def report(server, client):
    function = server.watcher.find().signatures["serving_default"].function
    print(f"{'batch':>5}  {'in process':>10}  {'gRPC':>10}  {'ratio':>5}  {'difference':>10}   (p50, ms)")
    for batch in (1, 64, 1024):
        # Raw values are absent: what is timed is the protocol and the network, not the parsing of one schema.
        examples = [serialize_example({})] * batch

        def call(examples=examples):
            return {name: value.numpy() for name, value in function(examples=tf.constant(examples)).items()}

        def ask(examples=examples):
            return client.predict({"examples": examples})

        direct, remote = time_in_turn(call, ask)
        print(f"{batch:>5}  {direct:>10.3f}  {remote:>10.3f}  {remote / direct:>5.2f}  {remote - direct:>10.3f}")


def time_in_turn(*functions):
    """Returns the median time of each in milliseconds; rounds alternate, so that load on the machine meets both."""
    times = [[] for _ in functions]
    for _ in range(_NUM_ROUNDS):
        for function, spent in zip(functions, times, strict=True):
            function()
            for _ in range(_CALLS_PER_ROUND):
                started = time.perf_counter()
                function()
                spent.append(time.perf_counter() - started)
    return [1e3 * float(np.median(spent)) for spent in times]


def save_network(folder):
    names = [f"I{index}" for index in range(1, _NUM_DENSE + 1)]
    network = tf.keras.Sequential([tf.keras.layers.Dense(width, "relu") for width in (256, 256)])
    network.add(tf.keras.layers.Dense(1))
    network.build([None, _NUM_DENSE])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        parsed = tf.io.parse_example(examples, {name: tf.io.FixedLenFeature([], tf.float32, 0.0) for name in names})
        logit = network(tf.stack([parsed[name] for name in names], axis=1))[:, 0]
        return {"ctr": tf.sigmoid(logit), "logit": logit}

    tf.saved_model.save(network, str(folder / "1"), signatures={"serving_default": serve})
    return folder


if __name__ == "__main__":
    main()
