"""Whole runs of the command on a tiny log whose clicks depend on one category, in the order a user's day may have."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.legacy_keras import tf
from pipelines.run_record import read_newest_run

COMPONENTS = [
    "ExampleGen",
    "SchemaGen",
    "StatisticsGen",
    "ExampleValidator",
    "Transform",
    "Trainer",
    "CostProfiler",
    "Evaluator",
    "Pusher",
]
TIMEOUT_S = 180
CLICK_RATES = np.array([0.1, 0.5, 0.9])

DATASET = """
name: tiny
title: a tiny log
licence: none
citation: none
how_to_get: none
format:
  delimiter: "\\t"
  has_header: false
  columns: [label, I1, I2, C1, C2]
layouts:
  - {train: [train.tsv], valid: [valid.tsv], test: [test.tsv]}
features:
  embedding_dim: 4
  dense: [{name: I1}, {name: I2}]
  sparse: [{name: C1, vocabulary_size: 50}, {name: C2, vocabulary_size: 9}]
"""
CONFIG = """
dataset: {dataset}
max_vocabulary_size: 20
max_rows: null
seed: 0
training: {{learning_rate: 0.05, batch_size: 16, epochs: 3}}
use_layernorm: true
hardware: isaac
blessing: {{min_auc: {min_auc}, max_log_loss: 0.69}}
"""
BLOCK = nr.Block(
    dense_operators=("fully_connected",),
    sparse_operators=("elastic_fully_connected",),
    dense_width=8,
    sparse_width=2,
    dense_inputs=(0,),
    sparse_inputs=(0,),
    dense_to_sparse=False,
    sparse_to_dense=True,
)


def write_log(folder, *, has_c2=True):
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in (("train", 400), ("valid", 200), ("test", 20)):
        category = rng.integers(0, 3, rows)
        label = (rng.random(rows) < CLICK_RATES[category]).astype(int)
        first = np.where(rng.random(rows) < 0.3, "", rng.integers(-2, 50, rows).astype(str))
        cells = zip(label, first, rng.integers(0, 9, rows), category, rng.integers(0, 99, rows), strict=True)
        lines = [
            f"{y}\t{i1}\t{i2}\t{c1 + 0xFAB00000:08x}\t{f'{c2:x}' if has_c2 else ''}\n" for y, i1, i2, c1, c2 in cells
        ]
        (folder / f"{split}.tsv").write_text("".join(lines))


@dataclass
class Desk:
    """A user's folder: `log/`, `tiny.yaml`, `pipeline.yaml`, `best.json` and the run in `run/`."""

    folder: Path

    def configure(self, *, min_auc):
        text = CONFIG.format(dataset=self.folder / "tiny.yaml", min_auc=min_auc)
        (self.folder / "pipeline.yaml").write_text(text)

    def start(self):
        arguments = {"config": "pipeline.yaml", "architecture": "best.json", "run_dir": "run", "data": "log"}
        flags = [f"--{name}={self.folder / value}" for name, value in arguments.items()]
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.local_runner", *flags],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self):
        process = self.start()
        printed, _ = process.communicate(timeout=TIMEOUT_S)
        return process.returncode, printed

    def kill_at(self, line, wait_s):
        process = self.start()
        for printed in process.stdout:
            if printed.strip() == line:
                break
        time.sleep(wait_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    @property
    def record(self):
        return read_newest_run(self.folder / "run" / "metadata.db")

    @property
    def states(self):
        return {run.component: run.state for run in self.record.components}

    @property
    def served(self):
        """All a model server would see, half-written versions included."""
        base = self.folder / "run" / "serving" / "ctr"
        return sorted(base.iterdir()) if base.exists() else []


def ask(version, rows):
    servable = tf.saved_model.load(str(version))
    examples = []
    for row in rows:
        example = tf.train.Example()
        for name, value in row.items():
            feature = example.features.feature[name]
            if isinstance(value, bytes):
                feature.bytes_list.value.append(value)
            else:
                feature.float_list.value.append(value)
        examples.append(example.SerializeToString())
    return servable.signatures["serving_default"](examples=tf.constant(examples))["ctr"].numpy()


@pytest.mark.slow
@pytest.mark.e2e
def test_a_day_with_the_pipeline(tmp_path):
    desk = Desk(tmp_path)
    (tmp_path / "tiny.yaml").write_text(DATASET)
    nr.Architecture((BLOCK, BLOCK)).save(tmp_path / "best.json")
    write_log(tmp_path / "log")
    desk.configure(min_auc=0.7)

    desk.kill_at("Trainer", 0.5)
    assert desk.served == []

    code, printed = desk.run()  # goes on where it was killed
    assert code == 0, printed
    before = COMPONENTS.index("Trainer")
    assert desk.states == dict.fromkeys(COMPONENTS[:before], "cached") | dict.fromkeys(COMPONENTS[before:], "done")
    (version,) = desk.served
    assert f"pushed: {version}" in printed
    low, middle, high = ask(version, [{"C1": b"%08x" % (0xFAB00000 + category)} for category in range(3)])
    assert low < middle < high
    assert 0 < ask(version, [{}])[0] < 1  # everything missing

    text = (version / "assets.extra" / "hardware_cost.json").read_text()
    cost, schema = desk.record.find_output("HardwareCost"), nr.FeatureSchema.from_yaml(tmp_path / "tiny.yaml")
    expected = nr.profile_cost(
        nr.Architecture.load(tmp_path / "best.json"),
        nr.HardwareDesign.from_yaml("isaac"),
        schema.capped(20),
        use_layernorm=True,
    )
    assert nr.CostReport.from_json(text) == expected
    assert cost.properties["energy_j"].struct_value["__value__"] == json.loads(text)["totals"]["energy_j"]
    assert cost.properties["macs"].int_value == expected.macs

    code, printed = desk.run()  # nothing has changed
    assert code == 0, printed
    assert desk.states == dict.fromkeys(COMPONENTS, "cached")
    assert desk.served == [version]

    shutil.rmtree(desk.served[0].parents[1])
    code, printed = desk.run()  # what is lost is pushed again, from the cache
    assert code == 0, printed
    assert desk.states == dict.fromkeys(COMPONENTS[:-1], "cached") | {"Pusher": "done"}
    (version,) = desk.served

    desk.configure(min_auc=0.999)
    code, printed = desk.run()
    assert code == 6, printed
    assert "auc 0." in printed
    assert "must be at least 0.999" in printed
    assert desk.states == dict.fromkeys(COMPONENTS[:-2], "cached") | {"Evaluator": "done", "Pusher": "done"}
    assert desk.served == [version]

    write_log(tmp_path / "log", has_c2=False)
    code, printed = desk.run()
    assert code == 3, printed
    assert "C2" in printed
    assert "Traceback" not in printed
    assert (desk.states["ExampleValidator"], len(desk.states)) == ("failed", 4)
    assert desk.served == [version]
