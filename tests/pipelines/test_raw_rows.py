import numpy as np
import pytest

from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf
from pipelines import raw_rows
from pipelines.raw_rows import to_examples, write_rows
from tests.pipelines.conftest import make_clicks, make_dataset


def read(folder, split):
    files = [str(path) for path in sorted(folder.glob(f"{split}-*.gz"))]
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    return [tf.train.Example.FromString(record) for record in records]


def values(example):
    """Returns what a parser sees: a feature without a value is a missing one."""
    kinds = {name: feature.WhichOneof("kind") for name, feature in example.features.feature.items()}
    return {
        name: (kind, list(getattr(example.features.feature[name], kind).value)) for name, kind in kinds.items() if kind
    }


def snapshot(folder):
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}


def test_a_row_holds_what_the_file_had(clicks, raw_features):
    first, second, *_ = [tf.train.Example.FromString(example) for example in to_examples(clicks, raw_features)]
    assert values(first) == {
        "I1": ("float_list", [3.0]),
        "price": ("float_list", [0.25]),
        "site": ("bytes_list", [b"1fbe01fe"]),
        "C1": ("bytes_list", [b"68fd1e64"]),
        "item": ("bytes_list", [b"5"]),
        "click": ("int64_list", [1]),
    }
    assert sorted(values(second)) == ["C2", "click", "item", "price", "site"]


def test_every_split_is_written_in_order(tmp_path, clicks, raw_features, monkeypatch):
    monkeypatch.setattr(raw_rows, "_ROWS_PER_FILE", 3)
    take = clicks.take
    rows = write_rows(
        make_dataset(raw_features, train=clicks, valid=take(np.array([1])), test=take(np.array([2, 0]))),
        tmp_path / "rows",
    )
    assert [path.name for path in sorted(rows.folder.glob("train-*"))] == [
        "train-00000-of-00002.gz",
        "train-00001-of-00002.gz",
    ]
    labels = {split: [values(row)["click"][1][0] for row in read(rows.folder, split)] for split in ("train", "test")}
    assert labels == {"train": [1, 0, 0, 1], "test": [0, 1]}
    assert rows.schema_file.is_file()


def test_the_same_rows_are_not_written_again(tmp_path, clicks, raw_features):
    dataset = make_dataset(raw_features, train=clicks, valid=clicks, test=clicks)
    first = write_rows(dataset, tmp_path / "rows")
    before = snapshot(first.folder)
    assert write_rows(dataset, tmp_path / "rows") == first
    assert snapshot(first.folder) == before


def test_other_rows_replace_the_old_ones(tmp_path, clicks, raw_features):
    first = write_rows(make_dataset(raw_features, train=clicks, valid=clicks, test=clicks), tmp_path / "rows")
    before = snapshot(first.folder)
    changed = make_clicks({**clicks.columns, "C1": [b"68fd1e65", b"", b"ffffffff", b"0"]}, clicks.label)
    write_rows(make_dataset(raw_features, train=clicks, valid=changed, test=clicks), tmp_path / "rows")
    assert snapshot(first.folder) != before
    assert values(read(first.folder, "valid")[0])["C1"] == ("bytes_list", [b"68fd1e65"])


def test_a_failure_leaves_the_old_rows(tmp_path, clicks, raw_features):
    first = write_rows(make_dataset(raw_features, train=clicks, valid=clicks, test=clicks), tmp_path / "rows")
    before = snapshot(first.folder)
    broken = make_clicks({**clicks.columns, "price": [b"cheap", b"1", b"1", b"1"]}, clicks.label)
    with pytest.raises(DataError, match="column 'price' must hold numbers.*cheap"):
        write_rows(make_dataset(raw_features, train=clicks, valid=clicks, test=broken), tmp_path / "rows")
    assert snapshot(first.folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows"]
