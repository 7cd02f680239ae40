import pytest

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError, InvalidSpecError

DENSE = [nr.DenseFeature("d")]
SPARSE = [nr.SparseFeature("s", vocabulary_size=9)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dense": [], "sparse": SPARSE}, "must each hold at least one feature"),
        ({"dense": DENSE, "sparse": []}, "must each hold at least one feature"),
        ({"dense": DENSE * 2, "sparse": SPARSE}, r"Repeated: \['d'\]"),
        ({"dense": DENSE, "sparse": SPARSE, "label": "s"}, r"Repeated: \['s'\]"),
        ({"dense": DENSE, "sparse": SPARSE, "embedding_dim": 0}, "`embedding_dim`"),
    ],
)
def test_broken_schemas_are_named(arguments, message):
    with pytest.raises(InvalidSpecError, match=message):
        nr.FeatureSchema(**arguments)


def test_a_table_needs_a_row_beside_the_missing_one():
    with pytest.raises(InvalidSpecError, match="`vocabulary_size` of sparse feature 's'"):
        nr.SparseFeature("s", vocabulary_size=1)


def test_the_cap_spares_positional_ids():
    schema = nr.FeatureSchema(DENSE, [*SPARSE, nr.SparseFeature("i", vocabulary_size=50, encoding="integer")])
    assert schema.capped(5).vocabulary_sizes == (5, 50)


def test_criteo_has_the_references_tables():
    from nasrec_tf.config import find_config

    schema = nr.FeatureSchema.from_yaml(find_config("dataset", "criteo"))
    assert (schema.num_dense, schema.num_sparse) == (13, 26)
    assert sum(schema.vocabulary_sizes) == 33_762_601


def test_a_file_without_features_is_named(tmp_path):
    file = tmp_path / "set.yaml"
    file.write_text("name: x\n")
    with pytest.raises(ConfigError, match=r"set.yaml: key `features` is missing"):
        nr.FeatureSchema.from_yaml(file)
