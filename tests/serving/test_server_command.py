"""`python -m serving.server` as a user runs it."""

import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from serving.client import PredictionClient
from serving.errors import PredictionError
from serving.server import main


def start(*flags, port=0):
    command = [sys.executable, "-m", "serving.server", f"--port={port}", *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_serves_until_sigterm(push):
    push(1)
    with start("--model_name=ctr", f"--model_base_path={push.base_path}") as server:
        try:
            ready = re.fullmatch(r"serving ctr version 1 at (127\.0\.0\.1:\d+)\n", server.stdout.readline())
            assert ready
            answered, failed = [], []

            def ask():
                with PredictionClient(ready[1], timeout_s=5) as client:
                    while not failed:
                        try:
                            answered.append(client.predict_rows([{"x": 1.0}])["logit"][0])
                        except PredictionError as error:
                            failed.append(error)

            asking = threading.Thread(target=ask)
            asking.start()
            while len(answered) < 20:
                assert asking.is_alive()
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0
            asking.join()
        finally:
            server.kill()
        # gRPC itself cancels what reaches a server after its end has begun.
        assert failed[0].code.name in {"CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"}
        assert set(answered) == {1.0}
        assert server.stderr.read() == ""


@pytest.mark.slow
def test_waits_for_a_first_version_and_stops_on_a_signal(push):
    with start("--model_name=ctr", f"--model_base_path={push.base_path}") as server:
        try:
            assert "No versions of servable ctr found" in server.stderr.readline()
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()
        assert server.stdout.read() == ""


@pytest.fixture
def restored_handler():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("restored_handler")
@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        (["--model_base_path=models"], 2, "absolute path"),
        ([], 2, "absolute path"),
        (["--port=many"], 2, "port"),
        (["--prot=1"], 2, "Unknown command line flag"),
        (["--file_system_poll_wait_seconds=-1", "--model_base_path=/m"], 2, "file_system_poll_wait_seconds"),
        (["stray"], 2, "flags only"),
    ],
)
def test_bad_flags_are_one_line_and_exit_code_2(arguments, code, match, capsys):
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert match in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


@pytest.mark.usefixtures("restored_handler")
def test_a_model_that_cannot_be_loaded_is_exit_code_4(push, capsys):
    shutil.rmtree(push(1) / "variables")
    flags = ["--port=0", f"--model_base_path={push.base_path}", "--max_num_load_retries=0"]
    assert main(flags) == 4
    assert "did not become available" in capsys.readouterr().err


def test_help_teaches(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "--model_base_path" in printed
    assert "$ python -m serving.server" in printed
