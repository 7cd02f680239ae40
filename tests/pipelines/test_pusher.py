import shutil

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from pipelines import pusher
from pipelines.pusher import Executor, push_version


@pytest.fixture
def saved_model(tmp_path):
    folder = tmp_path / "model" / "Format-Serving"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "assets.extra" / "hardware_cost.json").write_text("{}")
    return folder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def push(tmp_path, *, blessed):
    model, blessing, pushed = (
        standard_artifacts.Model(),
        standard_artifacts.ModelBlessing(),
        standard_artifacts.PushedModel(),
    )
    model.uri, pushed.uri = str(tmp_path / "model"), str(tmp_path / "pushed")
    blessing.set_int_custom_property("blessed", blessed)
    filesystem = pusher_pb2.PushDestination.Filesystem(base_directory=str(tmp_path / "serving"))
    Executor().Do(
        {"model": [model], "model_blessing": [blessing]},
        {"pushed_model": [pushed]},
        {"push_destination": proto_utils.proto_to_json(pusher_pb2.PushDestination(filesystem=filesystem))},
    )
    return pushed


def test_versions_are_whole_and_rise(tmp_path, saved_model):
    versions = [push_version(saved_model, tmp_path / "serving") for _ in range(3)]
    assert len({int(version.name) for version in versions}) == 3
    assert versions == sorted(versions, key=lambda version: int(version.name))
    for version in versions:
        assert files(version) == files(saved_model)


def test_a_version_is_above_one_from_a_clock_that_ran_ahead(tmp_path, saved_model):
    (tmp_path / "serving" / "99999999999").mkdir(parents=True)
    assert push_version(saved_model, tmp_path / "serving").name == "100000000000"


def test_an_interrupted_push_leaves_nothing_a_server_would_take(tmp_path, saved_model, monkeypatch):
    base = tmp_path / "serving"

    def copy_half(source, target, **_):
        shutil.copy(source / "saved_model.pb", target)
        raise KeyboardInterrupt

    monkeypatch.setattr(pusher.shutil, "copytree", copy_half)
    with pytest.raises(KeyboardInterrupt):
        push_version(saved_model, base)
    assert not list(base.iterdir())


def test_what_a_killed_push_left_is_cleared(tmp_path, saved_model):
    leftover = tmp_path / "serving" / ".17.abc.part"
    leftover.mkdir(parents=True)
    (leftover / "saved_model.pb").write_bytes(b"half")
    version = push_version(saved_model, tmp_path / "serving")
    assert list((tmp_path / "serving").iterdir()) == [version]


def test_a_blessed_model_is_pushed_and_recorded(tmp_path, saved_model):
    pushed = push(tmp_path, blessed=1)
    (version,) = (tmp_path / "serving").iterdir()
    assert files(version) == files(saved_model)
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(version)
    assert pushed.get_string_custom_property("pushed_version") == version.name


def test_a_model_that_is_not_blessed_is_not_pushed(tmp_path, saved_model):
    pushed = push(tmp_path, blessed=0)
    assert pushed.get_int_custom_property("pushed") == 0
    assert not (tmp_path / "serving").exists()
