from collections.abc import Callable
from pathlib import Path

import pytest

from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature

GOLDEN = Path(__file__).parent.parent / "golden"
NUM_FEATURES = {"criteo": (13, 26), "avazu": (1, 23), "kdd": (3, 10)}


def build_schema(num_dense: int, num_sparse: int) -> FeatureSchema:
    return FeatureSchema(
        [DenseFeature(f"dense_{index}") for index in range(num_dense)],
        [SparseFeature(f"sparse_{index}", vocabulary_size=10) for index in range(num_sparse)],
    )


@pytest.fixture(scope="session")
def released() -> Callable[[str], tuple[Architecture, FeatureSchema]]:
    """The NASRec-Small architecture released for a dataset, and a schema of that dataset's size."""

    def load(dataset: str) -> tuple[Architecture, FeatureSchema]:
        return Architecture.load(GOLDEN / f"{dataset}_small_architecture.json"), build_schema(*NUM_FEATURES[dataset])

    return load


@pytest.fixture(scope="session")
def isaac() -> HardwareDesign:
    return HardwareDesign.from_yaml("isaac")
