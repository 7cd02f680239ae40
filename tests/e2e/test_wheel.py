"""What `pip install` of a built wheel gives: the three packages, the YAML files and the command."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = (
    "import nasrec_tf as nr, pipelines, serving, importlib.metadata as metadata;"
    "assert not nr.__file__.startswith({root!r}), nr.__file__;"
    "assert nr.search_space('small').num_blocks == 7 and nr.HardwareDesign.from_yaml('isaac').name == 'isaac';"
    "assert metadata.version('nasrec-tf') == nr.__version__"
)


def run_pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True, timeout=300)


@pytest.mark.slow
def test_a_wheel_holds_all_it_needs(tmp_path):
    source = tmp_path / "source"
    # A copy, because setuptools builds inside the tree.
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".venv", ".git", "runs", "*.egg-info", "build"))
    install_nothing_else = ["--quiet", "--no-deps", "--no-index"]
    run_pip("wheel", *install_nothing_else, "--no-build-isolation", f"--wheel-dir={tmp_path}", str(source))
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "installed"
    run_pip("install", *install_nothing_else, f"--target={target}", str(wheel))
    assert (target / "bin" / "nasrec").is_file()
    found = subprocess.run(
        [sys.executable, "-c", CHECK.format(root=str(ROOT))],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
