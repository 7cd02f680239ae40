import dataclasses
import gzip
import json

import pytest
import yaml

from nasrec_tf.data import source
from nasrec_tf.data.dataset_config import DatasetConfig
from nasrec_tf.data.source import cache_directory, find_log
from nasrec_tf.errors import DataError

CRITEO_FILES = ("head_10k.tsv.gz", "random_train_15k.tsv.gz", "random_test_5k.tsv.gz")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(download, folder, *, title, licence):
        raise DataError("no address gave the archive (no network)")

    monkeypatch.setattr(source, "fetch", refuse)


def make_files(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(gzip.compress(b"") if name.endswith(".gz") else b"")
    return folder


def test_a_folder_may_hold_the_log_or_a_folder_of_its_name(tmp_path):
    make_files(tmp_path / "criteo", *CRITEO_FILES)
    for data in (tmp_path, tmp_path / "criteo"):
        found = find_log("criteo", data=data)
        assert found.log.files["test"] == (tmp_path / "criteo" / "random_test_5k.tsv.gz",)
        assert len(found.log.files["train"]) == 2
        assert found.log.drop_repeated_rows
        assert "SYNTHETIC" not in found.source
        assert "a sample of 30,000 rows" in found.source


def test_the_original_file_comes_before_the_sample(tmp_path):
    make_files(tmp_path, *CRITEO_FILES, "train.txt")
    found = find_log("criteo", data=tmp_path)
    assert found.log.files == {"train": (tmp_path / "train.txt",), "valid": (), "test": ()}
    assert (found.log.folds.train, found.log.folds.valid, found.log.folds.test) == (8, 1, 1)


def test_one_file_is_shared_out(tmp_path):
    make_files(tmp_path, "mine.gz")
    found = find_log("avazu", data=tmp_path / "mine.gz")
    assert found.log.files["train"] == (tmp_path / "mine.gz",)
    assert found.log.folds.total == 10


def test_the_rebuilt_frappe_says_what_it_is(tmp_path):
    make_files(tmp_path / "frappe", "train_rebuilt.csv.gz", "valid.csv.gz", "test.csv.gz")
    assert "frappe_x1, rebuilt train negatives" in find_log("frappe", data=tmp_path).source
    make_files(tmp_path / "frappe", "train.csv")
    assert "negatives" not in find_log("frappe", data=tmp_path).source


@pytest.mark.parametrize("name", ["criteo", "avazu", "frappe"])
def test_data_that_lacks_the_files_is_an_error_and_never_replaced(tmp_path, monkeypatch, name):
    make_files(tmp_path / "criteo", *CRITEO_FILES[:2])
    with pytest.raises(DataError, match="`data` must be a file of .* or a folder"):
        find_log(name, data=tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        find_log(name, data=tmp_path / "absent")
    monkeypatch.setenv("NASREC_DATA", str(tmp_path))
    with pytest.raises(DataError, match="`NASREC_DATA` must be"):
        find_log(name)


def test_data_goes_before_the_variable_and_the_variable_before_the_cache(tmp_path, monkeypatch):
    told, variable = (make_files(tmp_path / place, "train.txt") for place in ("told", "variable"))
    cached = make_files(cache_directory() / "criteo", "train.txt")
    assert find_log("criteo").log.files["train"] == (cached / "train.txt",)
    monkeypatch.setenv("NASREC_DATA", str(variable))
    assert find_log("criteo").log.files["train"] == (variable / "train.txt",)
    assert find_log("criteo", data=told).log.files["train"] == (told / "train.txt",)


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("NASREC_DATA", "")
    cached = make_files(cache_directory() / "criteo", "train.txt")
    assert find_log("criteo").log.files["train"] == (cached / "train.txt",)


def test_the_cache_follows_the_convention(monkeypatch, tmp_path):
    assert cache_directory() == tmp_path / "cache"
    monkeypatch.delenv("NASREC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_directory() == tmp_path / "xdg" / "nasrec_tf"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory().parts[-2:] == (".cache", "nasrec_tf")


def test_with_nothing_reachable_criteo_is_synthetic_and_says_so():
    found = find_log("criteo")
    assert found.source.startswith("SYNTHETIC click log")
    assert "in place of Criteo Display Advertising Challenge" in found.source
    assert "accept_licence=True" in found.source
    assert found.log.config.name == "synthetic"
    assert found.planted is not None


def test_no_other_log_is_ever_replaced():
    with pytest.raises(DataError, match=r"Frappe .* could not be had: no address .*Download Frappe_x1.zip"):
        find_log("frappe")
    with pytest.raises(DataError, match=r"Avazu .* without an account.*train.gz"):
        find_log("avazu")


def test_an_accepted_licence_that_does_not_lead_to_files_is_an_error():
    with pytest.raises(DataError, match="no network"):
        find_log("criteo", accept_licence=True)


def test_a_download_lands_in_the_cache_and_is_found_there(monkeypatch):
    asked = []

    def give(download, folder, *, title, licence):
        asked.append(licence)
        make_files(folder, *(member.name for member in download.members))

    monkeypatch.setattr(source, "fetch", give)
    assert find_log("frappe").log.files["valid"] == (cache_directory() / "frappe" / "valid.csv",)
    find_log("frappe")
    assert asked == [DatasetConfig.from_yaml("frappe").licence]
    assert "SYNTHETIC" in find_log("criteo").source
    assert find_log("criteo", accept_licence=True).log.files["train"] == (cache_directory() / "criteo" / "train.txt",)


def test_a_yaml_file_of_one_s_own(tmp_path, config, write_lines):
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(plain))
    write_lines([b"1\t2\taf\t3"])
    assert find_log(tmp_path / "mine.yaml", data=tmp_path).log.config == config


def test_a_cache_that_cannot_be_written_names_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NASREC_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="the cache must be a folder .* NASREC_CACHE"):
        find_log("synthetic")
