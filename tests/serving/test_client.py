import io
import json
import socket
import threading

import grpc
import numpy as np
import pytest

from serving.client import PredictionClient, main
from serving.errors import PredictionError
from serving.server import EmbeddedServer
from tests.serving.conftest import QUICK


def test_rows_are_answered_in_order(steady_client):
    rows = [{"x": float(value), "c": "word", "n": 3} for value in range(-3, 4)] + [{"x": None}]
    outputs = steady_client.predict_rows(rows)
    np.testing.assert_allclose(outputs["logit"], [-3, -2, -1, 0, 1, 2, 3, 0])
    np.testing.assert_allclose(outputs["ctr"], 1 / (1 + np.exp(-outputs["logit"])), rtol=1e-6)


def test_errors_carry_the_code_and_a_remedy(steady_server, steady_client):
    with PredictionClient(steady_server.target, "other", timeout_s=20) as client:
        with pytest.raises(PredictionError, match="Servable not found .* Remedy: Check `model_name`") as caught:
            client.predict_rows([{}])
        assert caught.value.code == grpc.StatusCode.NOT_FOUND
        with pytest.raises(PredictionError, match="Could not find any versions"):
            client.wait_until_ready(20)
    with pytest.raises(PredictionError, match="input examples is no tensor"):
        steady_client.predict({"examples": [[1], [1, 2]]})


def test_a_wrong_type_in_a_row_is_the_graphs_to_refuse(steady_client):
    with pytest.raises(PredictionError, match="Data types don't match") as caught:
        steady_client.predict_rows([{"x": "not a number"}])
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_missing_server_is_waited_for_until_the_deadline():
    with (
        PredictionClient(f"127.0.0.1:{free_port()}", timeout_s=0.3) as client,
        pytest.raises(PredictionError, match="Check that a server runs there") as caught,
    ):
        client.predict_rows([{}])
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_server_that_comes_later_is_found(model_folder):
    server = EmbeddedServer("ctr", model_folder, free_port(), **QUICK)
    with PredictionClient(server._address) as client:
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(client.wait_until_ready(30)))
        waiting.start()
        with server:
            waiting.join()
    assert answers == [2]


class Flaky(grpc.GenericRpcHandler):
    """Answers every call with `code`, and counts them."""

    def __init__(self, code):
        self.code, self.num_calls = code, 0

    def service(self, details):
        def refuse(request, context):
            self.num_calls += 1
            context.abort(self.code, "refused")

        return grpc.unary_unary_rpc_method_handler(refuse)


@pytest.mark.parametrize(
    ("code", "repeats"), [("UNAVAILABLE", True), ("RESOURCE_EXHAUSTED", False), ("INTERNAL", False)]
)
def test_only_unavailable_is_asked_again(code, repeats):
    from concurrent.futures import ThreadPoolExecutor

    handler = Flaky(grpc.StatusCode[code])
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers((handler,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with PredictionClient(f"127.0.0.1:{port}", timeout_s=20) as client, pytest.raises(PredictionError) as caught:
            client.predict_rows([{}])
        server.stop(None).wait()
    assert caught.value.code.name == code
    assert (handler.num_calls > 1) == repeats


def test_the_command_prints_a_click_rate_per_row(steady_server, tmp_path, capsys, monkeypatch):
    lines = [json.dumps({"x": value}) for value in (0.0, 1.0, None, -1.0, 2.0)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = [f"--target={steady_server.target}", "--batch_size=2", "--timeout_s=20"]
    assert main([*flags, str(path)]) == 0
    printed = capsys.readouterr().out
    assert [float(line) for line in printed.splitlines()] == pytest.approx([0.5, 0.731059, 0.5, 0.268941, 0.880797])
    monkeypatch.setattr("sys.stdin", io.StringIO(path.read_text(encoding="utf-8")))
    assert main([*flags, "-"]) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        ([], 2, "one file of rows"),
        (["--tagret=x", "rows.jsonl"], 2, "Unknown command line flag"),
        (["--batch_size=0", "rows.jsonl"], 2, "batch_size"),
        (["absent.jsonl"], 3, "cannot be read"),
    ],
)
def test_the_commands_exit_code_tells_what_was_wrong(arguments, code, match, capsys):
    assert main(arguments) == code
    assert match in capsys.readouterr().err


def test_a_signature_without_ctr_is_an_error(steady_server, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    assert main([f"--target={steady_server.target}", "--signature_name=raw", "--timeout_s=20", str(path)]) == 4
    assert "INVALID_ARGUMENT" in capsys.readouterr().err
