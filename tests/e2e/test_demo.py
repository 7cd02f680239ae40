"""The main job, killed on its way and run again, on synthetic clicks."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TIMEOUT_S = 900


def start(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "NASREC_DATA"}
    return subprocess.Popen(
        [sys.executable, "-m", "nasrec_tf.command.main", "demo", "--fast", f"--run_dir={tmp_path / 'run'}"],
        env={**kept, "NASREC_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def kill_after(process, pattern, wait_s):
    """Kills the whole family with SIGKILL a moment after a line that matches."""
    for line in process.stdout:
        if re.search(pattern, line):
            time.sleep(wait_s)
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def versions(tmp_path):
    folder = tmp_path / "run" / "pipeline" / "serving" / "ctr"
    found = sorted(path for path in folder.glob("*") if path.name.isdigit())
    for version in found:  # whatever a server would take for a version is complete
        assert (version / "saved_model.pb").is_file()
        assert (version / "variables" / "variables.index").is_file()
        assert (version / "assets.extra" / "hardware_cost.json").is_file()
    return found


@pytest.mark.e2e
def test_the_demo_survives_kills_and_ends_with_its_table(tmp_path):
    for pattern, wait_s in (("1/5", 15.0), ("2/5", 20.0), ("Trainer", 4.0)):
        kill_after(start(tmp_path), pattern, wait_s)
        assert versions(tmp_path) == []
    process = start(tmp_path)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, printed
    (version,) = versions(tmp_path)

    assert "SYNTHETIC" in printed
    for model in ("NASRecNet", "logistic regression", "DLRM"):
        (line,) = re.findall(rf"^{model}.*$", printed, re.MULTILINE)
        log_loss, auc = (float(number) for number in line.split()[-2:])
        assert 0.3 < log_loss < 0.7
        assert 0.5 < auc < 1.0
    assert re.search(r"^best possible \(planted\)\s+0.3846\s+0.8600$", printed, re.MULTILINE)
    cost = json.loads((version / "assets.extra" / "hardware_cost.json").read_text())
    assert f"{cost['totals']['macs']:,}" in printed
    assert str(version) in printed
    served = re.findall(r"^\s*[123]\s+(?:yes|no)\s+(0\.\d+)$", printed, re.MULTILINE)
    assert len(served) == 3

    again = start(tmp_path)
    printed, _ = again.communicate(timeout=TIMEOUT_S)
    assert again.returncode == 0, printed
    assert versions(tmp_path) == [version]  # nothing was trained or pushed again
    assert re.findall(r"^\s*[123]\s+(?:yes|no)\s+(0\.\d+)$", printed, re.MULTILINE) == served


@pytest.mark.e2e
def test_a_run_folder_of_other_settings_is_refused(tmp_path):
    folder = tmp_path / "run" / "search"
    folder.mkdir(parents=True)
    Path(folder / "settings.json").write_text('{"rows": 5}')
    process = start(tmp_path)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 2
    assert "holds a run with other settings (config, data, rows)" in printed
