import gzip
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from nasrec_tf.data.click_log import encode
from nasrec_tf.data.dataset import load_dataset, load_raw_splits
from nasrec_tf.data.dataset_config import DatasetConfig
from nasrec_tf.data.raw_reader import read_raw
from nasrec_tf.errors import DataError, MalformedRowsError

SPLITS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def criteo_lines():
    """Rows in the form of the Criteo log, drawn at random."""
    rng = np.random.default_rng(0)
    return [
        b"\t".join(
            [b"%d" % (rng.random() < 0.25)]
            + [b"" if rng.random() < 0.2 else b"%d" % rng.integers(-2, 5000) for _ in range(13)]
            + [b"" if rng.random() < 0.1 else b"%08x" % rng.integers(2**32) for _ in range(26)]
        )
        for _ in range(600)
    ]


@pytest.fixture
def criteo_file(criteo_lines, write_lines):
    return write_lines(criteo_lines, "train.txt")


def test_encoded_and_raw_splits_hold_the_same_rows_in_the_same_order(criteo_file):
    for settings in ({}, {"max_rows": 100, "seed": 3}):
        encoded = load_dataset("criteo", data=criteo_file, **settings)
        raw = load_raw_splits("criteo", data=criteo_file, **settings)
        assert raw.schema == encoded.schema
        assert raw.source == encoded.source
        for split in SPLITS:
            again = encode(raw.splits[split], raw.schema)
            for field in ("dense", "sparse", "label"):
                np.testing.assert_array_equal(getattr(again, field), getattr(getattr(encoded, split), field))
    assert len(encoded.train) == 100
    assert len(encoded.valid) == 60
    assert encoded.planted_log_loss is None
    assert encoded.planted_auc is None


def test_packed_and_plain_and_folder_give_the_same_rows(criteo_lines, criteo_file, tmp_path):
    packed = tmp_path / "packed" / "train.txt.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(criteo_file.read_bytes()))
    first = load_dataset("criteo", data=criteo_file)
    second = load_dataset("criteo", data=packed.parent)
    for split in SPLITS:
        np.testing.assert_array_equal(getattr(first, split).sparse, getattr(second, split).sparse)


def test_capped_tables(criteo_file):
    dataset = load_dataset("criteo", data=criteo_file, max_vocabulary_size=50)
    assert max(dataset.schema.vocabulary_sizes) == 50
    assert dataset.train.sparse.max() < 50


def test_malformed_rows_are_refused_or_reported(criteo_lines, write_lines):
    path = write_lines([*criteo_lines[:100], b"no click", *criteo_lines[100:]], "train.txt")
    with pytest.raises(MalformedRowsError, match=":101: not 40 columns"):
        load_dataset("criteo", data=path)
    dataset = load_dataset("criteo", data=path, max_malformed_share=0.01)
    assert dataset.malformed.count == 1
    assert dataset.malformed.num_rows == 601
    assert f"1 of 601 rows are malformed and left out (1 x not 40 columns); first: {path}:101" in dataset.source
    assert sum(len(getattr(dataset, split)) for split in SPLITS) == 600


def test_the_synthetic_stand_in_says_so_in_every_form():
    dataset = load_dataset("criteo", max_rows=200)
    assert dataset.source.startswith("SYNTHETIC")
    assert dataset.planted_auc is not None
    assert len(dataset.train) == 200
    assert load_raw_splits("criteo", max_rows=200).source == dataset.source


@pytest.mark.parametrize(
    ("name", "file", "rows", "positive_share"),
    [
        ("criteo", "criteo/head_10k.tsv.gz", 10_000, 0.218),
        ("criteo", "criteo/random_train_15k.tsv.gz", 15_000, 0.258),
        ("criteo", "criteo/random_test_5k.tsv.gz", 5_000, 0.249),
        ("avazu", "avazu/avazu_32k.csv.gz", 32_268, 0.172),
        ("frappe", "frappe/train_rebuilt.csv.gz", 202_027, 0.33),
        ("frappe", "frappe/valid.csv.gz", 57_722, 0.33),
        ("frappe", "frappe/test.csv.gz", 28_860, 0.33),
    ],
)
def test_real_files_have_their_known_rows(real_data, name, file, rows, positive_share):
    labels = np.concatenate([raw.label for raw in read_raw(real_data / file, DatasetConfig.from_yaml(name))])
    assert len(labels) == rows
    assert labels.mean() == pytest.approx(positive_share, abs=0.005 if name == "frappe" else 0.0006)


def test_the_real_criteo_sample(real_data):
    dataset = load_dataset("criteo", data=real_data)
    assert [len(getattr(dataset, split)) for split in SPLITS] == [22_497, 2_499, 5_000]
    assert "4 training rows left out that repeat other rows" in dataset.source
    assert "SYNTHETIC" not in dataset.source
    assert dataset.test.positive_share == pytest.approx(0.249, abs=0.0006)
    assert dataset.train.positive_share == pytest.approx(dataset.valid.positive_share, abs=0.001)
    first = load_raw_splits("criteo", data=real_data).splits["test"].take(np.array([0]))
    assert first.columns["C1"][0] == b"8cf07265"
    assert dataset.test.sparse[0, 0] == 0x8CF07265 % 1460 + 1
    assert dataset.test.dense[0, 0] == pytest.approx(np.log(5))


def test_every_frappe_id_is_in_its_table_and_valid_and_test_are_the_benchmark_s(real_data):
    dataset = load_dataset("frappe", data=real_data)
    for split in SPLITS:
        sparse = getattr(dataset, split).sparse
        assert sparse.min() >= 1
        assert (sparse.max(axis=0) < dataset.schema.vocabulary_sizes).all()
    config = DatasetConfig.from_yaml("frappe")
    for member in config.download.members[1:]:
        content = gzip.decompress((real_data / "frappe" / f"{member.name}.gz").read_bytes())
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == member.md5


def test_avazu_has_23_categories_and_one_zero_column(real_data):
    dataset = load_dataset("avazu", data=real_data)
    assert dataset.train.sparse.shape == (25_816, 23)
    assert not dataset.train.dense.any()
    raw = load_raw_splits("avazu", data=real_data).splits["train"]
    identity = int(raw.columns["id"][0])
    assert dataset.train.sparse[0, 0] == identity % (2**31 - 1) % 9_999 + 1


def test_loading_a_log_does_not_load_tensorflow(criteo_file):
    program = (
        "import sys; from nasrec_tf.data.dataset import load_dataset; "
        f"load_dataset('criteo', data={str(criteo_file)!r}); sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_a_log_without_a_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match="Received"):
        load_dataset("avazu", data=tmp_path)
