"""Raw rows of a tiny schema that has every transform and every encoding."""

import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.data.malformed_rows import MalformedRows


@pytest.fixture(scope="session")
def raw_features():
    return nr.FeatureSchema(
        dense=[nr.DenseFeature("I1"), nr.DenseFeature("price", "identity"), nr.DenseFeature("none", "zero")],
        sparse=[
            nr.SparseFeature("site", 90, "decimal_or_hexadecimal"),
            nr.SparseFeature("C1", 7),
            nr.SparseFeature("item", 20, "integer", first_id=5),
            nr.SparseFeature("C2", 100_000),
        ],
        label="click",
        embedding_dim=4,
    )


def make_clicks(columns, label):
    return nr.RawClicks(
        {name: np.array(cells, "S") for name, cells in columns.items()}, np.array(label, dtype=np.float32)
    )


def make_dataset(schema, **splits):
    return nr.RawDataset(schema, splits, "hand-made", MalformedRows())


@pytest.fixture
def clicks():
    return make_clicks(
        {
            "I1": [b"3", b"", b"-2", b"16777217"],
            "price": [b"0.25", b"-1e3", b"", b"7"],
            "site": [b"1fbe01fe", b"10", b"", b"-7"],
            "C1": [b"68fd1e64", b"", b"FFFFFFFF", b"0"],
            "item": [b"5", b"23", b"24", b""],
            "C2": [b"", b"80e26c9b", b"1", b"ffffffff"],
        },
        [1, 0, 0, 1],
    )
