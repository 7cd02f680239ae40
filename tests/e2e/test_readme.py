"""The README's code blocks run, in their order, in an empty folder, on synthetic clicks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
PYTHON_BLOCKS = [text for kind, text in BLOCKS if kind == "python"]
SHELL_LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
# The house calls itself: `make test` runs this test.
MAKE_LINES = [line for line in SHELL_LINES if line.startswith("make ")]
COMMANDS = [line for line in SHELL_LINES if line not in MAKE_LINES]
TIMEOUT_S = 600


def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "NASREC_DATA"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "NASREC_CACHE": str(tmp_path / "cache")}


@pytest.mark.parametrize("line", MAKE_LINES)
def test_make_targets_exist(line):
    found = subprocess.run(
        ["make", "--dry-run", *line.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.e2e
def test_python_blocks_run(tmp_path):
    assert PYTHON_BLOCKS
    for text in PYTHON_BLOCKS:
        found = subprocess.run(
            [sys.executable, "-c", text],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert found.returncode == 0, found.stderr
        assert "Evaluation(log_loss=" in found.stdout
        assert "multiply-accumulates" in found.stdout


@pytest.mark.e2e
def test_shell_blocks_run(tmp_path):
    assert len(COMMANDS) > 4
    for line in COMMANDS:
        found = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert found.returncode == 0, f"{line}\n{found.stdout}\n{found.stderr}"
    versions = list((tmp_path / "runs/first/pipeline/serving/ctr").glob("[0-9]*"))
    assert len(versions) == 1
