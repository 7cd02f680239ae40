import dataclasses

import pytest

from nasrec_tf.data.dataset_config import DatasetConfig, Download, FileFormat, FoldCounts, Layout, Member
from nasrec_tf.errors import ConfigError, InvalidSpecError
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature


@pytest.mark.parametrize(
    ("name", "dense", "sparse", "table_rows"),
    [("criteo", 13, 26, 33_762_601), ("avazu", 1, 23, 9_459_467), ("frappe", 1, 10, 5_382 + 10)],
)
def test_presets_have_the_tables_of_the_literature(name, dense, sparse, table_rows):
    config = DatasetConfig.from_yaml(name)
    assert config.name == name
    assert (config.features.num_dense, config.features.num_sparse) == (dense, sparse)
    assert sum(config.features.vocabulary_sizes) == table_rows


def test_the_synthetic_log_has_the_shape_of_criteo():
    synthetic, criteo = DatasetConfig.from_yaml("synthetic"), DatasetConfig.from_yaml("criteo")
    assert synthetic.format == criteo.format
    assert synthetic.features.dense == criteo.features.dense
    assert synthetic.features.sparse_names == criteo.features.sparse_names


def test_avazu_reads_the_id_first_and_the_schema_of_the_file_alone_is_the_same():
    config = DatasetConfig.from_yaml("avazu")
    assert config.column_features[:2] == ("id", "hour")
    assert "none" not in config.column_features


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ConfigError, match="avazu, criteo, frappe, synthetic"):
        DatasetConfig.from_yaml("criteoo")


def test_features_must_be_columns(config):
    features = FeatureSchema([DenseFeature("I9")], [SparseFeature("C1", 5)])
    with pytest.raises(InvalidSpecError, match=r"Not among `columns`: \['I9'\]"):
        dataclasses.replace(config, features=features)


@pytest.mark.parametrize(
    "build",
    [
        lambda: FileFormat("\t\t", ("a", "b"), has_header=False),
        lambda: FileFormat("\n", ("a", "b"), has_header=False),
        lambda: FileFormat(",", ("a", "a"), has_header=False),
        lambda: FoldCounts(0, 1, 1),
        lambda: Layout(()),
        lambda: Layout(("a",)),
        lambda: Layout(("a",), valid=("b",), test=("c",), folds=FoldCounts(8, 1)),
        lambda: Download(("ftp://x/y",), "zip", (Member("a", "0"),), needs_acceptance=False, verified=""),
        lambda: Download(("https://x/y",), "zip", (Member("../a", "0"),), needs_acceptance=False, verified=""),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(build):
    with pytest.raises(InvalidSpecError, match="Received"):
        build()


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_a_name_must_be_a_folder_name(config, name):
    with pytest.raises(InvalidSpecError, match="folder name"):
        dataclasses.replace(config, name=name)
