"""What tests of several rooms share: a space and a schema small enough to be exhaustive with."""

import os

import numpy as np
import pytest

import nasrec_tf as nr

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


@pytest.fixture(scope="session")
def schema():
    return nr.FeatureSchema(
        dense=[nr.DenseFeature(f"d{index}") for index in range(3)],
        sparse=[nr.SparseFeature(f"s{index}", vocabulary_size=5 + index) for index in range(4)],
        embedding_dim=4,
    )


@pytest.fixture(scope="session")
def space():
    return nr.SearchSpace(
        name="tiny",
        num_blocks=3,
        dense_operators=("fully_connected", "dot_product"),
        sparse_operators=("elastic_fully_connected",),
        dense_widths=(4, 8, 32),
        sparse_widths=(2, 3, 6),
        max_inputs=2,
    )


@pytest.fixture
def features(schema):
    return draw_features(schema, rows=6, seed=1)


def draw_features(schema, *, rows, seed):
    generator = np.random.default_rng(seed)
    return {
        "dense": generator.standard_normal((rows, schema.num_dense)).astype(np.float32),
        "sparse": np.stack([generator.integers(0, size, rows) for size in schema.vocabulary_sizes], axis=1),
    }
