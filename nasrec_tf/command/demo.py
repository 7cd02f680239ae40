"""Runs the main job end to end on real clicks: search, TFX pipeline, baselines, serving, one table at the end.

$ nasrec demo           under 12 minutes on two cores
$ nasrec demo --fast    under 4 minutes, on fewer rows

Every step is a command of its own, shown before it runs; a step that was stopped goes on, a finished one is not
repeated. Data: --data or NASREC_DATA, else the cache, else a synthetic click log.
"""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags
from tabulate import tabulate

import nasrec_tf as nr
from nasrec_tf.atomic_file import write_text
from nasrec_tf.errors import NasrecError, NotReadyError
from nasrec_tf.search.search_config import SearchConfig

_BASELINES = ("logistic_regression", "dlrm")
_NUM_SERVED_ROWS = 3
_SERVER_START_S = 120


class StepFailedError(NasrecError):
    """A step of the demo ended with an error of its own, which it has printed."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class DemoPlan:
    """Where the demo's files are and which configurations it uses."""

    directory: Path
    config: str
    data: str | None

    @property
    def architecture(self) -> Path:
        return self.directory / "search" / "best_architecture.json"

    @property
    def pipeline(self) -> Path:
        return self.directory / "pipeline"

    @property
    def served_model(self) -> Path:
        """The newest pushed version."""
        versions = [path for path in (self.pipeline / "serving" / "ctr").glob("*") if path.name.isdigit()]
        return max(versions, key=lambda path: int(path.name))

    def scores_of(self, model: str) -> Path:
        return self.directory / f"{model}.json"


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_bool("fast", False, "fewer rows, smaller search", flag_values=values)
    flags.DEFINE_string("run_dir", None, "folder of the run (default: runs/demo or runs/demo-fast)", flag_values=values)
    flags.DEFINE_string("data", None, "folder that holds the raw files (default: NASREC_DATA)", flag_values=values)


def run(values: flags.FlagValues, positional: list[str]) -> None:
    del positional
    plan = DemoPlan(
        directory=Path(values.run_dir or ("runs/demo-fast" if values.fast else "runs/demo")),
        config="criteo_fast" if values.fast else "criteo_sample",
        data=values.data,
    )
    started = time.monotonic()
    _run_step(plan, "1/5 supernet and search", "nasrec_tf.command.main", "search", *_search_flags(plan))
    _run_step(plan, "2/5 TFX pipeline: retrain, cost, evaluate, push", "pipelines.local_runner", *_pipeline_flags(plan))
    for name in _BASELINES:
        if not plan.scores_of(name).exists():
            arguments = ("train", name, f"--config={plan.config}", f"--output={plan.scores_of(name)}")
            _run_step(plan, f"3/5 baseline {name}", "nasrec_tf.command.main", *arguments)
    rows = str(plan.pipeline / "rows" / "test-*")
    arguments = ("evaluate", str(plan.served_model), rows, f"--output={plan.scores_of('found')}")
    _run_step(plan, "4/5 the pushed model on the test rows", "nasrec_tf.command.main", *arguments, with_data=False)
    replies = _serve(plan)
    print(_report(plan, replies))
    print(f"\ndone in {time.monotonic() - started:.0f} s. All files: {plan.directory}")
    print(f"next: python -m serving.server --model_name=ctr --model_base_path={plan.served_model.parent.resolve()}")


def _search_flags(plan: DemoPlan) -> tuple[str, ...]:
    return (f"--config={plan.config}", f"--run_dir={plan.directory / 'search'}")


def _pipeline_flags(plan: DemoPlan) -> tuple[str, ...]:
    max_rows = SearchConfig.from_yaml(plan.config).max_rows
    cap = () if max_rows is None else (f"--max_rows={max_rows}",)
    return ("--config=criteo_sample", f"--architecture={plan.architecture}", f"--run_dir={plan.pipeline}", *cap)


def _run_step(plan: DemoPlan, title: str, module: str, *arguments: str, with_data: bool = True) -> None:
    data = [f"--data={plan.data}"] if plan.data and with_data else []
    command = [sys.executable, "-m", module, *arguments, *data]
    print(f"\n=== {title}\n$ python {' '.join(command[1:])}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    if code:
        raise StepFailedError(f"step {title!r} ended with exit code {code}; run the demo again to go on from it.", code)
    print(f"({time.monotonic() - started:.0f} s)", flush=True)


def _serve(plan: DemoPlan) -> list[tuple[int, float]]:
    """Asks the served model for the click rates of three test rows; returns whether they were clicked, and replies."""
    config = SearchConfig.from_yaml(plan.config)
    raw = nr.load_raw_splits(config.dataset, data=plan.data, max_rows=config.max_rows, seed=config.seed)
    test = raw.splits["test"].take(np.arange(_NUM_SERVED_ROWS))
    file = plan.directory / "served_rows.jsonl"
    write_text(file, "".join(json.dumps(row) + "\n" for row in _named_values(test, raw.schema)))
    base_path = plan.served_model.parent.resolve()
    command = [sys.executable, "-m", "serving.server", "--port=0", "--model_name=ctr", f"--model_base_path={base_path}"]
    command.append("--max_num_load_retries=0")  # a model that does not load now never will
    print(f"\n=== 5/5 serving\n$ python {' '.join(command[1:])}", flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            target = _read_target(server)
            client = [sys.executable, "-m", "serving.client", f"--target={target}", str(file)]
            print(f"$ python {' '.join(client[1:])}", flush=True)
            reply = subprocess.run(client, check=False, stdout=subprocess.PIPE, text=True, timeout=_SERVER_START_S)
        finally:
            server.terminate()
    if reply.returncode:
        raise StepFailedError("the served model did not answer; its error is above.", reply.returncode)
    print(reply.stdout, end="")
    replies = [float(line.split()[-1]) for line in reply.stdout.splitlines()]
    return list(zip(test.label.astype(int).tolist(), replies, strict=True))


def _named_values(clicks: nr.RawClicks, schema: nr.FeatureSchema) -> list[dict[str, float | str | None]]:
    """Returns rows as a client has them: numbers, strings, None where missing, and no label."""
    dense = [feature.name for feature in schema.dense if feature.transform != "zero"]
    rows: list[dict[str, float | str | None]] = []
    for index in range(len(clicks)):
        cells = {name: column[index] for name, column in clicks.columns.items()}
        numbers = {name: float(cells[name]) if cells[name] else None for name in dense}
        rows.append({**numbers, **{name: cells[name].decode() or None for name in schema.sparse_names}})
    return rows


def _read_target(server: Any) -> str:
    for line in server.stdout:
        print(line, end="", flush=True)
        found = re.search(r" at (\S+:\d+)", line)
        if found:
            return found.group(1)
    raise NotReadyError("the server ended before it was ready; its error is above.")


def _report(plan: DemoPlan, replies: list[tuple[int, float]]) -> str:
    names = {"found": "NASRecNet (found here)", "logistic_regression": "logistic regression", "dlrm": "DLRM"}
    read = {name: json.loads(plan.scores_of(name).read_text(encoding="utf-8")) for name in names}
    found = {name: nr.Evaluation(**scores["test"]) for name, scores in read.items()}
    scores = [(title, found[name].log_loss, found[name].auc) for name, title in names.items()]
    best_possible = read["dlrm"].get("best_possible")
    if best_possible:
        scores.append(("best possible (planted)", best_possible["log_loss"], best_possible["auc"]))
    cost_file = plan.served_model / "assets.extra" / "hardware_cost.json"
    cost = nr.CostReport.from_json(cost_file.read_text(encoding="utf-8"))
    costs = [
        ("multiply-accumulates", f"{cost.macs:,}"),
        ("parameters, embeddings apart", f"{cost.parameters:,}"),
        (f"energy on {cost.hardware}", f"{cost.energy_j * 1e9:,.0f} nJ"),
        (f"latency on {cost.hardware}", f"{cost.latency_s * 1e6:,.1f} us"),
        (f"area on {cost.hardware}", f"{cost.area_m2 * 1e6:,.2f} mm2"),
    ]
    served = [(row, "yes" if clicked else "no", f"{ctr:.4f}") for row, (clicked, ctr) in enumerate(replies, start=1)]
    return "\n".join(
        [
            "",
            tabulate(scores, headers=("model", "test log loss", "test AUC"), floatfmt=".4f"),
            f"({found['found'].num_examples:,} test rows: the sampling error of an AUC is "
            f"{found['found'].auc_standard_error:.4f}, and differences below twice that mean nothing)",
            "",
            tabulate(costs, headers=("cost of the NASRecNet, one example", "")),
            "",
            tabulate(served, headers=("test row", "clicked", "served click rate")),
            "",
            f"pushed model: {plan.served_model}",
        ]
    )
