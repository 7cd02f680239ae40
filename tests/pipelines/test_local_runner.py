"""The command as a user meets it before anything runs; whole runs are in test_run.py."""

import fcntl
import subprocess
import sys

import numpy as np
import pytest

import nasrec_tf as nr
from pipelines.local_runner import main


@pytest.fixture
def places(tmp_path, space):
    """What a test's arguments may name: a new folder, and an architecture's file."""
    best = tmp_path / "best.json"
    nr.sample_architecture(space, np.random.default_rng(0)).save(best)
    return {"tmp": tmp_path, "best": best}


def test_help_teaches_and_is_quick(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    for word in ("$ python -m pipelines.local_runner", "Exit codes", "--architecture", "--run_dir", "Pusher"):
        assert word in printed


def test_help_needs_no_tensorflow():
    code = (
        "import sys, pipelines.local_runner as runner; runner.main(['--help']);"
        "sys.exit(bool({'tensorflow', 'tfx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "architecture"),
        (["--confg=x"], 2, "Unknown command line flag 'confg'"),
        (["--architecture=a.json", "--run_dir=r", "extra"], 2, "every argument must be a flag"),
        (["--architecture=a.json", "--run_dir={tmp}/r", "--config=none"], 2, "`pipeline` must be a preset (criteo"),
        (["--architecture={tmp}/a.json", "--run_dir={tmp}/r"], 2, "a.json: the architecture cannot be read"),
        (["--architecture={best}", "--run_dir={tmp}/r", "--data=/nowhere"], 3, "/nowhere"),
        (["--architecture={best}", "--run_dir={tmp}/r", "--epochs=0"], 2, "`epochs` must be above 0"),
        (["--architecture={best}", "--run_dir={best}"], 2, "`run_dir` must be a folder that"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(places, arguments, code, message, capsys):
    assert main([argument.format(**places) for argument in arguments]) == code
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_a_second_run_in_the_same_folder_is_refused(places, capsys):
    with (places["tmp"] / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert main([f"--architecture={places['best']}", f"--run_dir={places['tmp']}"]) == 4
    assert "in use by another process" in capsys.readouterr().err
