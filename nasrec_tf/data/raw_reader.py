"""`read_raw`: a raw log file, packed or not, as `RawClicks` in chunks of bounded size.

The cells of these logs are never quoted, so that the places of delimiters and line ends are all there is to parse; this
keeps line numbers exact and sees every row with too few cells, which general CSV readers fill up in silence.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nasrec_tf.data.cell import Cells, Valid, parse_number
from nasrec_tf.data.click_log import PARSE_CATEGORY
from nasrec_tf.data.dataset_config import DatasetConfig
from nasrec_tf.data.malformed_rows import MalformedRows
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.errors import DataError

BLOCK_BYTES = 4 << 20
MAX_LINE_BYTES = 1 << 20
MAX_CELL_BYTES = 64

_GZIP_MAGIC = b"\x1f\x8b"
_LINE_END = ord("\n")
_CARRIAGE_RETURN = ord("\r")


def read_raw(
    path: str | Path,
    config: DatasetConfig,
    *,
    malformed: MalformedRows | None = None,
    max_malformed_share: float = 0.0,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[RawClicks]:
    """Yields the rows of one file in order, some tens of thousands at a time, without the malformed ones.

    Args:
        malformed: where malformed rows are counted; give one to read the counts afterwards.
        max_malformed_share: how much of the file may be malformed. At 0 reading stops at the first block with a
            malformed row; above, the share is judged at the end of the file.

    Raises:
        MalformedRowsError: if more than `max_malformed_share` of the rows are malformed.
        DataError: if the file cannot be read, is truncated, has another header than `config` says, or holds no rows.
    """
    path = Path(path)
    if not 0.0 <= max_malformed_share <= 1.0:
        raise DataError(f"`max_malformed_share` must be a share from 0 to 1. Received: {max_malformed_share}.")
    found = MalformedRows()
    line = 1
    for block in _line_blocks(path, block_bytes):
        start = 0
        if line == 1 and config.format.has_header:
            start = _check_header(path, block, config)
            line += 1
        raw, num_lines = _parse_block(block[start:], line, path, config, found)
        line += num_lines
        if max_malformed_share == 0.0:
            found.check(max_malformed_share)
        if len(raw):
            yield raw
    if not found.num_rows:
        raise DataError(f"{path} holds no rows. Expected {config.title}.")
    found.check(max_malformed_share)
    if malformed is not None:
        malformed.merge(found)


def _line_blocks(path: Path, block_bytes: int) -> Iterator[bytes]:
    """Yields the file's content in blocks that end with a line end."""
    rest = b""
    try:
        with path.open("rb") as probe:
            is_packed = probe.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rb") if is_packed else path.open("rb") as stream:
            while chunk := stream.read(block_bytes):
                cut = chunk.rfind(b"\n") + 1
                if cut:
                    yield rest + chunk[:cut]
                    rest = chunk[cut:]
                else:
                    rest += chunk
                if len(rest) > MAX_LINE_BYTES:
                    raise DataError(f"{path}: a line is longer than {MAX_LINE_BYTES} bytes; this is no click log.")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: is truncated or damaged gzip ({error}). Fetch the file again.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    if rest:
        yield rest + b"\n"


def _check_header(path: Path, block: bytes, config: DatasetConfig) -> int:
    """Returns where the first row starts, behind the header."""
    end = block.index(b"\n") + 1
    header = block[:end].decode("utf-8-sig", errors="replace").rstrip("\r\n")
    expected = config.format.delimiter.join(config.format.columns)
    if header != expected:
        raise DataError(f"{path}:1: the header must be {expected!r}. Received: {header[:500]!r}.")
    return end


def _parse_block(
    block: bytes, first_line: int, path: Path, config: DatasetConfig, malformed: MalformedRows
) -> tuple[RawClicks, int]:
    """Returns the well-formed rows of one block and the number of its lines."""
    names = config.format.columns
    buffer = np.frombuffer(block + bytes(MAX_CELL_BYTES), np.uint8)  # the padding lets any cell be read at full width
    starts, ends, has_all_cells = _find_cells(buffer[: len(block)], ord(config.format.delimiter), len(names))
    lines = first_line + np.flatnonzero(has_all_cells)
    problems = {first_line + int(line): f"not {len(names)} columns" for line in np.flatnonzero(~has_all_cells)}

    kept = np.ones(len(starts), np.bool_)

    def reject(bad: Valid, reason: str) -> None:
        problems.update((int(line), reason) for line in lines[kept & bad])
        kept[bad] = False

    reject(((ends - starts) > MAX_CELL_BYTES).any(axis=1), f"a cell is longer than {MAX_CELL_BYTES} bytes")
    ends = np.minimum(ends, starts + MAX_CELL_BYTES)
    # NumPy drops zeros from the end of a cell, so that one there would go unseen.
    zeros = np.flatnonzero(buffer[: len(block)] == 0)
    reject(np.searchsorted(zeros, starts[:, 0]) < np.searchsorted(zeros, ends[:, -1]), "a cell holds a NUL byte")
    column = {name: index for index, name in enumerate(names)}

    def cells_of(name: str) -> Cells:
        return _cut_cells(buffer, starts[:, column[name]], ends[:, column[name]])

    schema = config.features
    label = cells_of(schema.label)
    reject((label != b"0") & (label != b"1"), f"`{schema.label}` is neither 0 nor 1")
    columns = {name: cells_of(name) for name in config.column_features}
    for number in schema.dense:
        if number.name in columns:
            reject(~parse_number(columns[number.name])[1], f"`{number.name}` is no number")
    for category in schema.sparse:
        valid = PARSE_CATEGORY[category.encoding](columns[category.name])[1]
        reject(~valid, f"`{category.name}` is not {category.encoding.replace('_', ' ')}")

    malformed.num_rows += len(has_all_cells)
    for line in sorted(problems):
        malformed.add(path, line, problems[line])
    raw = RawClicks(columns, (label == b"1").astype(np.float32))
    return raw if kept.all() else raw.take(kept), len(has_all_cells)


def _find_cells(
    buffer: npt.NDArray[np.uint8], delimiter: int, num_columns: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Valid]:
    """Finds where cells start and end in a buffer of whole lines.

    Shapes:
        returns: starts and ends `[n, num_columns]` of the `n` lines that have all cells, and which lines these are,
            `[num_lines]`.
    """
    separators = np.flatnonzero((buffer == delimiter) | (buffer == _LINE_END))
    last_of_line = np.flatnonzero(buffer[separators] == _LINE_END)
    has_all_cells = np.diff(last_of_line, prepend=-1) == num_columns
    offsets = np.arange(1 - num_columns, 1)
    ends = separators[last_of_line[has_all_cells, None] + offsets]
    line_starts = np.concatenate([[0], separators[last_of_line[:-1]] + 1])[: len(last_of_line)]
    starts = np.empty_like(ends)
    starts[:, 0] = line_starts[has_all_cells]
    starts[:, 1:] = ends[:, :-1] + 1
    ends[:, -1] -= (buffer[ends[:, -1] - 1] == _CARRIAGE_RETURN) & (ends[:, -1] > starts[:, -1])
    return starts, ends, has_all_cells


def _cut_cells(buffer: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Cells:
    """Copies one column out of the buffer, padded with zeros to its longest cell."""
    lengths = ends - starts
    width = max(int(lengths.max(initial=1)), 1)
    # Every place of the buffer seen as a cell of this width, so that picking cells copies whole cells.
    windows: Cells = np.ndarray((len(buffer) - width + 1,), f"S{width}", buffer, strides=(1,))
    cells = windows[starts]
    if lengths.min(initial=width) < width:
        characters = cells.view(np.uint8).reshape(len(cells), width)
        characters *= np.arange(width) < lengths[:, None]
    return cells
