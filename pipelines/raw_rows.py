"""Raw rows on disk, where ExampleGen reads them: untransformed tf.Example in packed TFRecord files."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf import text_format
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

import nasrec_tf as nr
from nasrec_tf.atomic_file import replace_folder
from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf
from pipelines.raw_schema import raw_dense_names, raw_schema

# A changed way of writing rows needs a new version, so that no old files are taken for new ones.
_VERSION = 1
_ROWS_PER_FILE = 100_000
_DIGEST_FILE = "digest.json"


@dataclass(frozen=True)
class RowFolder:
    """Files `train-*.gz`, `valid-*.gz` and `test-*.gz`, and the schema they are to be validated against.

    Attributes:
        schema_file: its name holds a digest of its content: TFX's cache goes by name.
    """

    folder: Path
    schema_file: Path


def write_rows(raw: nr.RawDataset, folder: str | Path) -> RowFolder:
    """Writes every split of `raw` in one step; a folder that holds the same rows is left as it is.

    Untouched files are what makes a second pipeline run find its results in the cache: ExampleGen goes by their times.
    """
    folder = Path(folder)
    described = text_format.MessageToString(raw_schema(raw.schema))
    schema_name = f"schema-{hashlib.sha256(described.encode()).hexdigest()[:12]}.pbtxt"
    digests: dict[str, Any] = {
        "version": _VERSION,
        "schema": schema_name,
        **{split: _digest(rows) for split, rows in raw.splits.items()},
    }
    if _read_digests(folder) != digests:
        with replace_folder(folder) as temporary:
            for split, rows in raw.splits.items():
                _write_split(rows, raw.schema, temporary, split)
            (temporary / schema_name).write_text(described, encoding="utf-8")
            (temporary / _DIGEST_FILE).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    return RowFolder(folder, folder / schema_name)


def to_examples(rows: nr.RawClicks, schema: nr.FeatureSchema) -> list[bytes]:
    """Serializes raw rows: a number as a float, a category as bytes, a missing one as a feature without
    value, the label as 0 or 1.

    Raises:
        DataError: if a cell of a dense column is no number; the readers let none pass.
    """
    columns = {
        name: _list_column(_to_float(rows, name), rows.columns[name] == b"", pa.float32())
        for name in raw_dense_names(schema)
    }
    for name in schema.sparse_names:
        columns[name] = _list_column(rows.columns[name].astype(object), rows.columns[name] == b"", pa.binary())
    columns[schema.label] = _list_column(rows.label.astype(np.int64), np.zeros(len(rows), np.bool_), pa.int64())
    encoded = RecordBatchToExamplesEncoder().encode(pa.RecordBatch.from_pydict(columns))
    return [bytes(example) for example in encoded]


def _to_float(rows: nr.RawClicks, name: str) -> Any:
    cells = rows.columns[name]
    try:
        return np.where(cells == b"", b"0", cells).astype(np.float64).astype(np.float32)
    except ValueError as error:
        raise DataError(
            f"column {name!r} must hold numbers. Received: {error}. Read it by `load_raw_splits`."
        ) from error


def _list_column(values: Any, is_missing: Any, kind: Any) -> Any:
    """Returns an Arrow column of one-element lists; null where missing."""
    starts = np.concatenate([[0], np.cumsum(~is_missing)]).astype(np.int32)
    nullable = pa.array(starts, mask=np.append(is_missing, np.False_))
    return pa.ListArray.from_arrays(nullable, pa.array(values[~is_missing], kind))


def _digest(rows: nr.RawClicks) -> str:
    digest = hashlib.sha256(rows.label.tobytes())
    for name, cells in rows.columns.items():
        digest.update(f"{name} {cells.dtype}".encode())
        digest.update(np.ascontiguousarray(cells).tobytes())
    return digest.hexdigest()


def _read_digests(folder: Path) -> Any:
    try:
        return json.loads((folder / _DIGEST_FILE).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None


def _write_split(rows: nr.RawClicks, schema: nr.FeatureSchema, folder: Path, split: str) -> None:
    starts = range(0, len(rows), _ROWS_PER_FILE)
    for number, start in enumerate(starts):
        part = rows.take(np.arange(start, min(start + _ROWS_PER_FILE, len(rows))))
        path = folder / f"{split}-{number:05d}-of-{len(starts):05d}.gz"
        with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
            for example in to_examples(part, schema):
                writer.write(example)
