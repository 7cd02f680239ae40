import gzip
import os
from pathlib import Path

import pytest

from nasrec_tf.data.dataset_config import DatasetConfig, FileFormat, FoldCounts, Layout
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature

REAL_DATA = os.environ.get("NASREC_DATA")


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """No test reads a folder of this machine or writes into its user's cache."""
    monkeypatch.delenv("NASREC_DATA", raising=False)
    monkeypatch.setenv("NASREC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def real_data():
    if not REAL_DATA:
        pytest.skip("NASREC_DATA is not set: no real click logs here")
    return Path(REAL_DATA)


@pytest.fixture
def config():
    """A log of one number and two categories, shared out 8:1:1."""
    return DatasetConfig(
        name="tiny",
        title="Tiny log",
        licence="free",
        citation="none",
        how_to_get="Write one.",
        format=FileFormat("\t", ("label", "I1", "C1", "C2"), has_header=False),
        layouts=(Layout(("all.tsv",), folds=FoldCounts(8, 1, 1)),),
        features=FeatureSchema(
            [DenseFeature("I1")], [SparseFeature("C1", 11), SparseFeature("C2", 7, "integer", first_id=3)]
        ),
    )


@pytest.fixture
def write_lines(tmp_path):
    def write(lines, name="all.tsv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = b"".join(line + b"\n" for line in lines)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write
