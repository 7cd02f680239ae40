"""Versions that come and go while requests run; every one of them is a real SavedModel in a real folder."""

import shutil
import threading

import grpc
import pytest

from nasrec_tf.errors import NotReadyError
from serving.client import PredictionClient
from serving.errors import PredictionError
from serving.protocol import ModelVersionStatus
from serving.servable import find_versions
from serving.server import EmbeddedServer
from tests.serving.conftest import QUICK, wait_for

END, AVAILABLE = ModelVersionStatus.END, ModelVersionStatus.AVAILABLE


def logit_of_one(client):
    return float(client.predict_rows([{"x": 1.0}])["logit"][0])


def state(server, version):
    found = server.watcher.states().get(version)
    return found.state if found else None


def test_only_numeric_folders_are_versions(tmp_path):
    for name in ("1", "0012", "3x", ".4.part", "-5", "²", "99999999999999999999"):
        (tmp_path / name).mkdir()
    (tmp_path / "20").write_text("a file")
    assert find_versions(tmp_path) == {1: tmp_path / "1", 12: tmp_path / "0012"}


def test_the_latest_version_is_served(push):
    push(2, version=10)
    push(1, version=9)
    with EmbeddedServer("ctr", push.base_path, **QUICK) as server, PredictionClient(server.target) as client:
        assert client.wait_until_ready(20) == 10
        assert list(server.watcher.states()) == [10]


def test_no_request_fails_while_versions_swap(server, client, push):
    errors, seen, stopped = [], set(), threading.Event()

    def ask():
        while not stopped.is_set():
            try:
                seen.add(logit_of_one(client))
            except PredictionError as error:
                errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for version in (2, 3, 4):
            push(version % 2 + 1, version=version)
            wait_for(lambda expected=version: state(server, expected) == AVAILABLE)
        wait_for(lambda: {1.0, 2.0} <= seen)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert seen == {1.0, 2.0}
    wait_for(lambda: [state(server, version) for version in (1, 2, 3)] == [END, END, END])


def test_a_request_under_way_finishes_on_its_version(server, push):
    held = server.watcher.find()
    push(2)
    wait_for(lambda: state(server, 2) == AVAILABLE)
    wait_for(lambda: state(server, 1) == ModelVersionStatus.UNLOADING)
    from serving.protocol import tf

    result = held.signatures["serving_default"].function(examples=tf.constant([b""]))
    assert float(result["ctr"][0]) == 0.5
    del held, result
    assert state(server, 1) == END


@pytest.mark.parametrize("damage", ["no_graph", "graph", "variables"])
def test_a_broken_version_never_replaces_a_good_one(server, client, push, damage):
    folder = push.base_path / ".damaged"
    shutil.copytree(push.base_path / "1", folder)
    if damage == "no_graph":
        (folder / "saved_model.pb").unlink()
    elif damage == "graph":
        (folder / "saved_model.pb").write_bytes(b"\x00garbage")
    else:
        shutil.rmtree(folder / "variables")
    folder.rename(push.base_path / "2")
    wait_for(lambda: state(server, 2) == END)
    failed = server.watcher.states()[2]
    assert failed.error_code != 0
    assert failed.error_text
    assert logit_of_one(client) == 1.0
    assert client.wait_until_ready(20) == 1
    push(2, version=3)
    wait_for(lambda: state(server, 3) == AVAILABLE)
    assert logit_of_one(client) == 2.0


def test_a_version_that_is_still_being_copied_is_retried(push, model_folder):
    push(1)
    patient = {**QUICK, "max_load_retries": 10_000, "retry_wait_s": 0.02}
    with EmbeddedServer("ctr", push.base_path, **patient) as server, PredictionClient(server.target) as client:
        shutil.copytree(model_folder / "2" / "variables", push.base_path / "2" / "variables")
        wait_for(lambda: state(server, 2) == ModelVersionStatus.LOADING)
        assert logit_of_one(client) == 1.0
        shutil.copy(model_folder / "2" / "saved_model.pb", push.base_path / "2")
        wait_for(lambda: state(server, 2) == AVAILABLE)
        assert logit_of_one(client) == 2.0


def test_a_removed_version_rolls_back(server, client, push):
    push(2)
    wait_for(lambda: state(server, 2) == AVAILABLE)
    shutil.rmtree(push.base_path / "2")
    wait_for(lambda: state(server, 1) == AVAILABLE)
    wait_for(lambda: state(server, 2) == END)
    assert logit_of_one(client) == 1.0


def test_an_emptied_base_path_unloads_and_a_vanished_one_does_not(server, client, push):
    hidden = push.base_path.with_name("hidden")
    push.base_path.rename(hidden)
    threading.Event().wait(5 * QUICK["poll_wait_s"])
    assert logit_of_one(client) == 1.0
    hidden.rename(push.base_path)
    shutil.rmtree(push.base_path / "1")
    wait_for(lambda: state(server, 1) == END)
    with pytest.raises(PredictionError, match="Servable not found") as caught:
        client.predict_rows([{}])
    assert caught.value.code == grpc.StatusCode.NOT_FOUND
    push(2)
    wait_for(lambda: state(server, 2) == AVAILABLE)
    assert logit_of_one(client) == 2.0


def test_start_waits_for_the_first_version(push):
    server = EmbeddedServer("ctr", push.base_path, **QUICK)
    starting = threading.Thread(target=server.start)
    starting.start()
    assert not server.target
    push(1)
    starting.join()
    with PredictionClient(server.target) as client:
        assert client.wait_until_ready(20) == 1
    server.stop()


def test_start_without_any_version_is_an_error_once_the_time_is_over(push):
    with pytest.raises(NotReadyError, match="No versions of servable ctr found"):
        EmbeddedServer("ctr", push.base_path, **{**QUICK, "startup_timeout_s": 0.2}).start()


def test_start_on_a_broken_first_version_is_an_error(push):
    (push.base_path / "1").mkdir()
    with pytest.raises(NotReadyError, match=r"1 servable\(s\) did not become available"):
        EmbeddedServer("ctr", push.base_path, **QUICK).start()


def test_a_single_look_serves_what_it_finds(push):
    push(1)
    once = {**QUICK, "poll_wait_s": 0}
    with EmbeddedServer("ctr", push.base_path, **once) as server, PredictionClient(server.target) as client:
        push(2)
        server.watcher._thread.join(timeout=20)
        assert not server.watcher._thread.is_alive()
        assert logit_of_one(client) == 1.0
