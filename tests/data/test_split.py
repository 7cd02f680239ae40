import dataclasses

import numpy as np
import pytest

from nasrec_tf.data.dataset_config import FoldCounts
from nasrec_tf.data.split import LEFT_OUT, LogFiles, plan_splits, read_planned
from nasrec_tf.errors import DataError


def lines(count, positives):
    return [b"%d\t%d\t%x\t4" % (index < positives, index, index) for index in range(count)]


@pytest.fixture
def one_file(config, write_lines):
    path = write_lines(lines(1000, 200))
    return LogFiles(config, {"train": (path,), "valid": (), "test": ()}, FoldCounts(8, 1, 1))


def plan(log, **settings):
    return plan_splits(log, **{"max_rows": None, "seed": 0, "max_malformed_share": 0.0, **settings})


def ids_by_split(log, made):
    ids = {"train": [], "valid": [], "test": []}
    for split, raw in read_planned(log, made, 0.0):
        ids[split] += [int(cell) for cell in raw.columns["I1"]]
    return ids


def test_folds_are_stratified_disjoint_complete_and_in_file_order(one_file):
    ids = ids_by_split(one_file, plan(one_file))
    assert {split: len(rows) for split, rows in ids.items()} == {"train": 800, "valid": 100, "test": 100}
    assert sorted(ids["train"] + ids["valid"] + ids["test"]) == list(range(1000))
    for rows in ids.values():
        assert rows == sorted(rows)
        assert np.mean(np.array(rows) < 200) == pytest.approx(0.2)


def test_the_split_is_that_of_the_reference_protocol(one_file):
    from sklearn.model_selection import StratifiedKFold

    labels = np.arange(1000) < 200
    folds = [rows for _, rows in StratifiedKFold(10, shuffle=True, random_state=2018).split(labels, labels)]
    ids = ids_by_split(one_file, plan(one_file))
    assert ids["valid"] == sorted(folds[8])
    assert ids["test"] == sorted(folds[9])


def test_the_split_is_the_same_for_every_seed_and_the_fold_seed_changes_it(one_file):
    first = plan(one_file).split_index
    np.testing.assert_array_equal(first, plan(one_file, seed=7).split_index)
    other = dataclasses.replace(one_file, config=dataclasses.replace(one_file.config, fold_seed=1))
    assert (plan(other).split_index != first).any()


def test_max_rows_caps_training_only_by_a_seeded_choice(one_file):
    whole = plan(one_file)
    capped = plan(one_file, max_rows=50, seed=3)
    assert capped.num_rows("train") == 50
    kept = capped.split_index != LEFT_OUT
    np.testing.assert_array_equal(capped.split_index[kept], whole.split_index[kept])
    assert (kept | (whole.split_index == 0)).all()
    np.testing.assert_array_equal(capped.split_index, plan(one_file, max_rows=50, seed=3).split_index)
    assert (capped.split_index != plan(one_file, max_rows=50, seed=4).split_index).any()
    np.testing.assert_array_equal(plan(one_file, max_rows=10**9).split_index, whole.split_index)


def test_repeated_training_rows_are_left_out_and_counted(config, write_lines):
    rows = lines(40, 20)
    train = (write_lines(rows[:20], "a.tsv"), write_lines([*rows[18:30], rows[35]], "b.tsv"))
    test = (write_lines(rows[34:], "test.tsv"),)
    log = LogFiles(config, {"train": train, "valid": (), "test": test}, FoldCounts(9, 1), drop_repeated_rows=True)
    made = plan(log)
    assert made.num_repeated == 3
    ids = ids_by_split(log, made)
    assert sorted(ids["train"] + ids["valid"]) == list(range(30))
    assert ids["test"] == list(range(34, 40))
    kept_all = plan(dataclasses.replace(log, drop_repeated_rows=False))
    assert kept_all.num_repeated == 0
    assert kept_all.num_rows("train") + kept_all.num_rows("valid") == 33


def test_files_of_their_own_keep_their_split(config, write_lines):
    files = {
        split: (write_lines(lines(count, 1), f"{split}.tsv"),)
        for split, count in [("train", 5), ("valid", 3), ("test", 2)]
    }
    made = plan(LogFiles(config, files, FoldCounts(1)))
    assert made.split_index.tolist() == [0] * 5 + [1] * 3 + [2] * 2


def test_labels_rarer_than_folds_still_split_without_a_warning(config, write_lines):
    path = write_lines(lines(100, 1))
    log = LogFiles(config, {"train": (path,), "valid": (), "test": ()}, FoldCounts(8, 1, 1))
    assert plan(log).num_rows("train") == 80


def test_too_few_rows_and_bad_caps_are_refused(config, write_lines):
    path = write_lines(lines(5, 2))
    log = LogFiles(config, {"train": (path,), "valid": (), "test": ()}, FoldCounts(8, 1, 1))
    with pytest.raises(DataError, match="10 folds must have as many rows. Received: 5"):
        plan(log)
    with pytest.raises(DataError, match="`max_rows` must be at least 1"):
        plan(log, max_rows=0)
    with pytest.raises(DataError, match="`seed` must be at least 0"):
        plan(log, seed=-1)


def test_files_that_change_between_the_passes_are_noticed(one_file):
    made = plan(one_file)
    path = one_file.files["train"][0]
    content = path.read_bytes()
    for changed in (content + b"1\t5\taf\t3\n", content[: len(content) // 2].rpartition(b"\n")[0]):
        path.write_bytes(changed)
        with pytest.raises(DataError, match="changed while"):
            list(read_planned(one_file, made, 0.0))
