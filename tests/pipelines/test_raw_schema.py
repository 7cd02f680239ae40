import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_transform.tf_metadata import schema_utils

from pipelines.raw_schema import raw_feature_spec, raw_schema


@pytest.fixture
def frame(clicks):
    numbers = {name: [float(cell) if cell else np.nan for cell in clicks.columns[name]] for name in ("I1", "price")}
    strings = {
        name: [cell.decode() or None for cell in clicks.columns[name].tolist()] for name in ("site", "C1", "item", "C2")
    }
    return pd.DataFrame({**numbers, **strings, "click": clicks.label.astype(int)})


def find_anomalies(frame, schema):
    statistics = tfdv.generate_statistics_from_dataframe(frame, n_jobs=1)
    return set(tfdv.validate_statistics(statistics, raw_schema(schema)).anomaly_info)


def test_transform_and_serving_parse_rows_alike(raw_features):
    spec = schema_utils.schema_as_feature_spec(raw_schema(raw_features)).feature_spec
    label = spec.pop("click")
    assert (label.shape, label.dtype.name) == ([], "int64")
    assert set(spec) == {"I1", "price", "site", "C1", "item", "C2"}  # "none" stands in no row
    for name, feature in raw_feature_spec(raw_features).items():
        assert (spec[name].shape, spec[name].dtype) == (feature.shape, feature.dtype)
        default = spec[name].default_value
        assert (default.decode() if isinstance(default, bytes) else default) == feature.default_value


def test_good_rows_have_no_anomalies(frame, raw_features):
    assert find_anomalies(frame, raw_features) == set()


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # statistics of infinity
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("click", [0, 1, 2, 0]),
        ("click", [0, 1, None, 0]),
        ("I1", ["many", "few", "few", "few"]),
        ("C1", [1.5, 2.5, 3.5, 4.5]),
        ("C2", [None] * 4),
        ("price", [1.0, np.inf, 2.0, 3.0]),
    ],
)
def test_a_poisoned_column_is_named(frame, raw_features, column, values):
    frame[column] = values
    assert find_anomalies(frame, raw_features) == {column}


def test_a_missing_and_an_unknown_column_are_named(frame, raw_features):
    assert find_anomalies(frame.rename(columns={"C1": "C9"}), raw_features) == {"C1", "C9"}
