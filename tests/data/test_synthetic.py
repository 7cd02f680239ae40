import json
import multiprocessing

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from nasrec_tf.data import synthetic
from nasrec_tf.data.dataset import load_dataset
from nasrec_tf.data.dataset_config import DatasetConfig


@pytest.fixture(scope="module")
def config():
    return DatasetConfig.from_yaml("synthetic")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_dataset("synthetic")


def test_the_stated_best_is_what_the_planted_probabilities_score(config, dataset):
    rows = synthetic.plant_rows(config, sum(synthetic.NUM_ROWS.values()), synthetic.SEED)
    test = slice(-synthetic.NUM_ROWS["test"], None)
    np.testing.assert_array_equal(rows.label[test], dataset.test.label)
    assert log_loss(rows.label[test], rows.probability[test]) == pytest.approx(dataset.planted_log_loss, abs=1e-12)
    assert roc_auc_score(rows.label[test], rows.probability[test]) == pytest.approx(dataset.planted_auc, abs=1e-12)
    assert rows.probability.mean() == pytest.approx(synthetic.BASE_RATE, abs=1e-6)


def test_the_planted_probabilities_are_calibrated(config):
    rows = synthetic.plant_rows(config, 40_000, 1)
    for low, high in [(0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0)]:
        among = (rows.probability >= low) & (rows.probability < high)
        expected = rows.probability[among].mean()
        assert rows.label[among].mean() == pytest.approx(expected, abs=4 * np.sqrt(0.25 / among.sum()))


def test_logistic_regression_lies_between_the_base_rate_and_the_best(dataset):
    scale = StandardScaler().fit(dataset.train.dense)
    one_hot = OneHotEncoder(handle_unknown="ignore").fit(dataset.train.sparse)

    def features(log):
        from scipy.sparse import hstack

        return hstack([scale.transform(log.dense), one_hot.transform(log.sparse)]).tocsr()

    model = LogisticRegression(C=0.03, max_iter=200).fit(features(dataset.train), dataset.train.label)
    found = log_loss(dataset.test.label, model.predict_proba(features(dataset.test))[:, 1])
    base = log_loss(dataset.test.label, np.full(len(dataset.test), dataset.train.positive_share))
    assert dataset.planted_log_loss + 0.05 < found < base - 0.03


def test_the_same_seed_gives_the_same_rows_and_another_does_not(config):
    first, again, other = (synthetic.plant_rows(config, 200, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.probability, again.probability)
    for name, cells in first.columns.items():
        np.testing.assert_array_equal(cells, again.columns[name])
    assert (first.probability != other.probability).any()


def test_it_looks_like_the_criteo_log(dataset):
    assert {split: len(getattr(dataset, split)) for split in synthetic.NUM_ROWS} == synthetic.NUM_ROWS
    assert 0.23 < dataset.train.positive_share < 0.27
    assert (dataset.train.sparse.max(axis=0) < dataset.schema.vocabulary_sizes).all()
    missing = (dataset.train.sparse == 0).mean(axis=0)
    assert missing[0] == 0
    assert missing[21] == pytest.approx(0.76, abs=0.02)
    assert np.exp(dataset.train.dense[:, 4]).max() > 100_000
    assert "SYNTHETIC" in dataset.source


def test_no_two_categories_share_a_row_of_their_table(config):
    rows = synthetic.plant_rows(config, 20_000, 0)
    for feature in config.features.sparse:
        cells = np.unique(rows.columns[feature.name][rows.columns[feature.name] != b""])
        slots = {int(cell, 16) % (feature.vocabulary_size - 1) for cell in cells.tolist()}
        assert len(slots) == len(cells)
        assert {len(cell) for cell in cells.tolist()} == {8}


def test_what_is_in_the_cache_is_kept_and_what_is_half_is_not_there(config, tmp_path):
    folder = synthetic.generate_synthetic_log(config, tmp_path)
    files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert sorted(files) == ["test.tsv", "train.tsv", "truth.json", "valid.tsv"]
    assert synthetic.generate_synthetic_log(config, tmp_path) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == files
    assert set(json.loads((folder / "truth.json").read_text())) == {"train", "valid", "test"}


def test_two_processes_at_once_leave_one_whole_log(config, tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=synthetic.generate_synthetic_log, args=(config, tmp_path)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert [path.name for path in (tmp_path / "synthetic").iterdir() if not path.name.startswith(".")] == ["v1"]
    assert synthetic.read_planted_truth(tmp_path / "synthetic" / "v1") is not None
