import numpy as np
import pytest

from nasrec_tf.data.batch import batches
from nasrec_tf.data.click_log import ClickLog
from nasrec_tf.errors import DataError


@pytest.fixture(scope="module")
def log():
    rows = np.arange(10)
    return ClickLog(np.stack([rows, rows], 1).astype("f4"), rows[:, None], (rows % 2).astype("f4"))


def order_of(dataset):
    return [row for features, _ in dataset for row in features["sparse"].numpy()[:, 0]]


def test_batches_have_the_stated_shapes_and_keep_rows_together(log):
    made = list(batches(log, 4, seed=0))
    assert [len(label) for _, label in made] == [4, 4, 2]
    for features, label in made:
        assert features["dense"].dtype.name == "float32"
        assert features["sparse"].dtype.name == "int64"
        assert label.shape == (len(label), 1)
        rows = features["sparse"].numpy()[:, 0]
        np.testing.assert_array_equal(features["dense"].numpy()[:, 1], rows)
        np.testing.assert_array_equal(label.numpy()[:, 0], rows % 2)


def test_without_a_seed_the_order_is_the_log_s(log):
    assert order_of(batches(log, 3)) == list(range(10))


@pytest.mark.parametrize("seed", [0, 5])
def test_a_seed_shuffles_reproducibly_and_differently_in_every_epoch(log, seed):
    order = order_of(batches(log, 3, seed=seed, epochs=2))
    assert sorted(order[:10]) == list(range(10))
    assert sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]
    assert order == order_of(batches(log, 3, seed=seed, epochs=2))
    assert order != order_of(batches(log, 3, seed=seed + 1, epochs=2))


def test_the_remainder_is_dropped_in_every_epoch_when_asked(log):
    dataset = batches(log, 4, epochs=3, drop_remainder=True)
    assert [len(label) for _, label in dataset] == [4] * 6
    assert dataset.element_spec[1].shape == (4, 1)
    assert dataset.cardinality() == 6


def test_epochs_none_goes_on_without_end(log):
    assert len(order_of(batches(log, 5, seed=1, epochs=None).take(7))) == 35


def test_what_gives_no_batch_is_refused(log):
    for batch_size, settings in [(0, {}), (4, {"epochs": 0}), (11, {"drop_remainder": True})]:
        with pytest.raises(DataError, match=f"Received: {batch_size}"):
            batches(log, batch_size, **settings)
    with pytest.raises(DataError, match="0 rows"):
        batches(log.take(np.array([], np.int64)), 4)
