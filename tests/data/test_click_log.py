import numpy as np
import pytest

from nasrec_tf.data.click_log import ClickLog, encode
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.errors import DataError
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature

SCHEMA = FeatureSchema(
    [DenseFeature("log"), DenseFeature("same", "identity"), DenseFeature("none", "zero")],
    [
        SparseFeature("hex", 1461),
        SparseFeature("mixed", 241, "decimal_or_hexadecimal"),
        SparseFeature("id", 8, "integer", first_id=5039),
    ],
)


def raw(**columns):
    given = {"log": b"0", "same": b"0", "hex": b"1", "mixed": b"1", "id": b"5039", **columns}
    return RawClicks({name: np.atleast_1d(np.array(cells, "S")) for name, cells in given.items()}, np.ones(1, "f4"))


def test_the_log_transform_reads_missing_and_negative_as_0():
    cells = [b"", b"-2", b"0", b"1", b"2841"]
    clicks = RawClicks({"x": np.array(cells), "c": np.array([b"1"] * 5)}, np.zeros(5, np.float32))
    log = encode(clicks, FeatureSchema([DenseFeature("x")], [SparseFeature("c", 5)]))
    np.testing.assert_allclose(log.dense[:, 0], [0, 0, 0, np.log(2), np.log(2842)], rtol=1e-7)
    assert log.dense.dtype == np.float32
    assert log.sparse.dtype == np.int64
    assert log.label.dtype == np.float32


def test_identity_keeps_the_number_and_zero_needs_no_column():
    log = encode(raw(same=b"-2.5"), SCHEMA)
    assert log.dense[0].tolist() == [0.0, -2.5, 0.0]


@pytest.mark.parametrize(
    ("cell", "row"),
    [(b"68fd1e64", 0x68FD1E64 % 1460 + 1), (b"0", 1), (b"5b4", 1), (b"5b3", 1460), (b"", 0), (b"xyz", 0)],
)
def test_hexadecimal_hash(cell, row):
    assert encode(raw(hex=cell), SCHEMA).sparse[0, 0] == row


@pytest.mark.parametrize(
    ("cell", "row"),
    [(b"-1", (2**31 - 2) % 240 + 1), (b"14102100", 14102100 % 240 + 1), (b"1fbe01fe", 0x1FBE01FE % 240 + 1), (b"", 0)],
)
def test_decimal_or_hexadecimal_hash(cell, row):
    assert encode(raw(mixed=cell), SCHEMA).sparse[0, 1] == row


@pytest.mark.parametrize(
    ("cell", "row"), [(b"5039", 1), (b"5045", 7), (b"5046", 0), (b"5038", 0), (b"-1", 0), (b"", 0), (b"a", 0)]
)
def test_integer_ids_outside_the_table_are_missing(cell, row):
    assert encode(raw(id=cell), SCHEMA).sparse[0, 2] == row


def test_a_table_of_two_rows_still_tells_missing_from_present():
    clicks = RawClicks({"x": np.array([b"", b""]), "c": np.array([b"", b"ff"])}, np.zeros(2, np.float32))
    log = encode(clicks, FeatureSchema([DenseFeature("x")], [SparseFeature("c", 2)]))
    assert log.sparse[:, 0].tolist() == [0, 1]


def test_encoding_equals_the_scalar_rules_on_random_rows():
    rng = np.random.default_rng(0)
    numbers = [b"" if rng.random() < 0.3 else b"%d" % rng.integers(-3, 10**6) for _ in range(500)]
    categories = [b"" if rng.random() < 0.3 else b"%x" % rng.integers(2**32) for _ in range(500)]
    clicks = RawClicks({"x": np.array(numbers), "c": np.array(categories)}, np.zeros(500, np.float32))
    log = encode(clicks, FeatureSchema([DenseFeature("x")], [SparseFeature("c", 97)]))
    expected = [np.log(max(int(x or b"0"), 0) + 1) for x in numbers]
    np.testing.assert_allclose(log.dense[:, 0], expected, rtol=1e-6)
    assert log.sparse[:, 0].tolist() == [int(c, 16) % 96 + 1 if c else 0 for c in categories]


def test_a_missing_column_is_named():
    clicks = RawClicks({"log": np.array([b"1"])}, np.zeros(1, np.float32))
    with pytest.raises(DataError, match="'same'"):
        encode(clicks, SCHEMA)


def test_take_picks_rows_by_index_and_by_mask():
    log = ClickLog(np.arange(6, dtype="f4").reshape(3, 2), np.arange(3)[:, None], np.array([0, 1, 1], "f4"))
    assert log.take(np.array([2, 0])).sparse[:, 0].tolist() == [2, 0]
    assert len(log.take(np.array([True, False, True]))) == 2
    assert log.positive_share == pytest.approx(2 / 3)
