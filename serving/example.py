"""Raw named values as serialized tf.Example, and files of them."""

import json
import numbers
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO, TypeAlias

from nasrec_tf.errors import DataError
from serving.protocol import tf

Value: TypeAlias = float | int | str | bytes | None
Row: TypeAlias = Mapping[str, Value]

_TYPES = {"float": float, "str": str}


def serialize_example(row: Row) -> bytes:
    """Turns a row into a serialized tf.Example: numbers as floats, strings as bytes, None as no feature at all.

    Whole numbers are floats too, as in the rows that models were trained on: `{"I1": 3}` is `{"I1": 3.0}`.

    Raises:
        DataError: if a value is of another type.
    """
    example = tf.train.Example()
    features = example.features.feature
    for name, value in row.items():
        if value is None:
            continue
        if isinstance(value, str | bytes):
            features[name].bytes_list.value.append(value.encode() if isinstance(value, str) else value)
        elif isinstance(value, numbers.Real):
            features[name].float_list.value.append(float(value))
        else:
            raise DataError(
                f"`{name}` must be an int, a float, a string or None. Received: {value!r}. Send one value per name."
            )
    return bytes(example.SerializeToString())


def read_rows(path: str) -> Iterator[Row]:
    """Reads rows one by one: JSON lines, or tab-separated values if the name ends in `.tsv`; `-` is standard input.

    A `.tsv` starts with a line of names, each with its type where that is not a string (`I1:float`); an
    empty cell is a missing value.

    Raises:
        DataError: naming the file and the line.
    """
    if path == "-":
        yield from _parse(sys.stdin, path)
        return
    try:
        with Path(path).open(encoding="utf-8", newline="\n") as file:
            yield from _parse(file, path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Give a UTF-8 file of rows.") from error


def _parse(lines: TextIO, path: str) -> Iterator[Row]:
    columns: list[tuple[str, str]] | None = None
    for number, line in enumerate(lines, start=1):
        try:
            if not path.endswith(".tsv"):
                yield _parse_json(line)
            elif columns is None:
                columns = _parse_header(line)
            else:
                yield _parse_cells(line, columns)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}") from error


def _parse_json(line: str) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"must be an object of named values. Received: {type(row).__name__}.")
    return row


def _parse_header(line: str) -> list[tuple[str, str]]:
    columns: list[tuple[str, str]] = []
    for cell in line.rstrip("\r\n").split("\t"):
        name, _, kind = cell.partition(":")
        if not name or (kind or "str") not in _TYPES or name in {earlier for earlier, _ in columns}:
            raise ValueError(
                f"must name every column once, as `name` or `name:float` or `name:str`. Received: {cell!r}."
            )
        columns.append((name, kind or "str"))
    return columns


def _parse_cells(line: str, columns: list[tuple[str, str]]) -> Row:
    cells = line.rstrip("\r\n").split("\t")
    if len(cells) != len(columns):
        raise ValueError(f"must hold {len(columns)} cells, as the first line does. Received: {len(cells)}.")
    return {name: _TYPES[kind](cell) if cell else None for cell, (name, kind) in zip(cells, columns, strict=True)}
