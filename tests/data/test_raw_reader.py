import dataclasses
import gzip
import re

import numpy as np
import pytest

from nasrec_tf.data.dataset_config import FileFormat
from nasrec_tf.data.malformed_rows import MalformedRows
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.data.raw_reader import read_raw
from nasrec_tf.errors import DataError, MalformedRowsError

GOOD = b"1\t2\taf\t3"


def read(path, config, **settings):
    return RawClicks.concatenate(list(read_raw(path, config, **settings)))


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
def test_cells_come_back_as_written_whatever_the_block_size(config, write_lines, name):
    rng = np.random.default_rng(0)
    rows = [
        (b"%d" % rng.integers(2), rng.choice([b"", b"-1", b"12345"]), rng.choice([b"", b"a", b"0b153874"]), b"%d" % i)
        for i in range(300)
    ]
    path = write_lines([b"\t".join(row) for row in rows], name)
    for block_bytes in (1, 7, 100, 1 << 20):
        raw = read(path, config, block_bytes=block_bytes)
        got = zip(raw.label, *(raw.columns[name] for name in ("I1", "C1", "C2")), strict=True)
        assert [(b"%d" % int(label), *cells) for label, *cells in got] == rows


def test_carriage_returns_and_a_missing_last_line_end_are_no_cells(config, tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes(b"1\t2\taf\t3\r\n0\t\t\t\r\n0\t1\tb\t4")
    raw = read(path, config)
    assert raw.columns["C2"].tolist() == [b"3", b"", b"4"]
    assert raw.columns["I1"].tolist() == [b"2", b"", b"1"]


def test_chunks_are_bounded(config, write_lines):
    path = write_lines([GOOD] * 10_000, "a.tsv.gz")
    sizes = [len(raw) for raw in read_raw(path, config, block_bytes=1000)]
    assert sum(sizes) == 10_000
    assert max(sizes) <= 1000 // (len(GOOD) + 1) + 1


MALFORMED = {
    b"1\t2\taf": "not 4 columns",
    b"1\t2\taf\t3\t": "not 4 columns",
    b"": "not 4 columns",
    b"2\t2\taf\t3": "`label` is neither 0 nor 1",
    b"\t2\taf\t3": "`label` is neither 0 nor 1",
    b"1\tx\taf\t3": "`I1` is no number",
    b"1\tnan\taf\t3": "`I1` is no number",
    b"1\t2\txyz\t3": "`C1` is not hexadecimal",
    b"1\t2\taf\taf": "`C2` is not integer",
    b"1\t2\taf\0\t3": "a cell holds a NUL byte",
    b"1\t2\t\xff\xfe\t3": "`C1` is not hexadecimal",
    b"1\t2\t" + b"a" * 100 + b"\t3": "a cell is longer than 64 bytes",
}


@pytest.mark.parametrize(("line", "reason"), MALFORMED.items())
def test_a_malformed_row_is_refused_with_its_place(config, write_lines, line, reason):
    path = write_lines([GOOD, GOOD, line, GOOD])
    with pytest.raises(MalformedRowsError, match=re.escape(f"{path}:3: {reason}")):
        read(path, config)


def test_malformed_rows_up_to_a_share_are_counted_and_left_out(config, write_lines):
    lines = [GOOD, *MALFORMED, *[GOOD] * 20]
    path = write_lines(lines)
    malformed = MalformedRows()
    raw = read(path, config, malformed=malformed, max_malformed_share=0.5, block_bytes=40)
    assert len(raw) == 21
    assert malformed.num_rows == len(lines)
    assert malformed.count == len(MALFORMED)
    assert malformed.count_by_reason["not 4 columns"] == 3
    expected = [f"{path}:{2 + index}: {reason}" for index, reason in enumerate(MALFORMED.values())]
    assert malformed.examples == expected[:10]
    assert "12 of 33 rows" in malformed.describe()


def test_the_share_is_judged_at_the_end_of_the_file(config, write_lines):
    path = write_lines([b"x", *[GOOD] * 9])
    assert len(read(path, config, max_malformed_share=0.1, block_bytes=4)) == 9
    with pytest.raises(MalformedRowsError, match=r"1 of 10 rows read \(10.00%\): 1 x not 4 columns"):
        read(path, config, max_malformed_share=0.09)


def test_a_header_is_checked_and_counts_as_a_line(config, write_lines):
    config = dataclasses.replace(config, format=FileFormat(",", ("label", "I1", "C1", "C2"), has_header=True))
    header = b"label,I1,C1,C2"
    assert len(read(write_lines([b"\xef\xbb\xbf" + header + b"\r", b"1,2,af,3"]), config)) == 1
    path = write_lines([header, b"1,2,af,3", b"1,2"])
    with pytest.raises(MalformedRowsError, match=re.escape(f"{path}:3:")):
        read(path, config)
    path = write_lines([b"label,I1,C2,C1", b"1,2,3,4"])
    with pytest.raises(DataError, match=r":1: the header must be .*Received: 'label,I1,C2,C1'"):
        read(path, config)
    with pytest.raises(DataError, match="no rows"):
        read(write_lines([header]), config)


def test_truncated_and_damaged_gzip_are_one_clear_error(config, tmp_path):
    packed = gzip.compress(b"".join(b"1\t%d\t%x\t3\n" % (i, i) for i in range(5000)))
    path = tmp_path / "a.tsv.gz"
    for content in (packed[:-300], packed[:1000] + b"\0" * 50 + packed[1050:], packed + b"garbage"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=re.escape(f"{path}: is truncated or damaged gzip")):
            read(path, config)


def test_files_that_are_no_click_logs(config, tmp_path):
    empty = tmp_path / "empty.tsv"
    empty.touch()
    with pytest.raises(DataError, match="no rows"):
        read(empty, config)
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "absent.tsv", config)
    long = tmp_path / "long.tsv"
    long.write_bytes(b"a" * 3_000_000)
    with pytest.raises(DataError, match="a line is longer"):
        read(long, config, block_bytes=1 << 16)


def test_the_malformed_share_is_a_share(config, write_lines):
    with pytest.raises(DataError, match="from 0 to 1. Received: 5"):
        read(write_lines([GOOD]), config, max_malformed_share=5)
