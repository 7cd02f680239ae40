import math

import numpy as np
import pytest

from nasrec_tf.errors import DataError
from serving.example import read_rows, serialize_example
from serving.protocol import tf


def test_values_become_features_of_their_type():
    row = {"i": -3, "f": 0.5, "s": "é", "b": b"\xff", "none": None, "numpy": np.int64(4), "numpy_float": np.float32(2)}
    features = tf.train.Example.FromString(serialize_example(row)).features.feature
    assert set(features) == set(row) - {"none"}
    assert list(features["i"].float_list.value) == [-3.0]
    assert list(features["f"].float_list.value) == [0.5]
    assert list(features["s"].bytes_list.value) == ["é".encode()]
    assert list(features["b"].bytes_list.value) == [b"\xff"]
    assert list(features["numpy"].float_list.value) == [4.0]
    assert list(features["numpy_float"].float_list.value) == [2.0]


@pytest.mark.parametrize("value", [[1], {"a": 1}, object()])
def test_other_values_are_errors(value):
    with pytest.raises(DataError, match="`x`"):
        serialize_example({"x": value})


def test_json_lines(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": 1, "c": null}\n{"x": NaN}\n{}', encoding="utf-8")
    first, second, third = read_rows(str(path))
    assert first == {"x": 1, "c": None}
    assert math.isnan(second["x"])
    assert third == {}


def test_tab_separated_values_have_the_types_of_their_header(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"i:float\tf:float\ts\r\n1\t2\t3\r\n\t\t\r\n")
    assert list(read_rows(str(path))) == [{"i": 1.0, "f": 2.0, "s": "3"}, {"i": None, "f": None, "s": None}]


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("rows.jsonl", '{"x": 1}\n{"x": ', "line 2"),
        ("rows.jsonl", "[1]", "line 1: must be an object"),
        ("rows.jsonl", '{"x": 1}\n\n', "line 2"),
        ("rows.tsv", "a\tb:float\n1\t2\n1\n", "line 3: must hold 2 cells"),
        ("rows.tsv", "a\ta\n", "line 1: must name every column once"),
        ("rows.tsv", "a:date\n", "line 1"),
        ("rows.tsv", "a:float\nx\n", "line 2"),
    ],
)
def test_bad_files_are_errors_that_name_the_line(tmp_path, name, content, match):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=match):
        list(read_rows(str(path)))


def test_a_missing_or_binary_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        list(read_rows(str(tmp_path / "absent.jsonl")))
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read"):
        list(read_rows(str(tmp_path / "binary.jsonl")))
