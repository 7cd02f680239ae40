import numpy as np

from nasrec_tf.data.raw_clicks import RawClicks


def test_parts_of_different_cell_widths_join_without_cutting():
    first = RawClicks({"c": np.array([b"a"])}, np.zeros(1, "f4"))
    second = RawClicks({"c": np.array([b"longer", b""])}, np.ones(2, "f4"))
    joined = RawClicks.concatenate([first, second])
    assert joined.columns["c"].tolist() == [b"a", b"longer", b""]
    assert joined.label.tolist() == [0, 1, 1]
    assert joined.take(np.array([2, 1])).columns["c"].tolist() == [b"", b"longer"]
