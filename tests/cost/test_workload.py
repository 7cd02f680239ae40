import dataclasses

import pytest

from nasrec_tf.cost.operation import LayerNorm, PairwiseProduct
from nasrec_tf.cost.workload import count_embedding_parameters, count_macs, count_parameters, list_operations
from nasrec_tf.space.architecture import Architecture, Block
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature

SCHEMA = FeatureSchema([DenseFeature("d0"), DenseFeature("d1")], [SparseFeature(f"s{i}", 10) for i in range(6)])


def single_block(**changes):
    block = Block(
        dense_operators=("dot_product",),
        sparse_operators=("elastic_fully_connected",),
        dense_width=32,
        sparse_width=16,
        dense_inputs=(0,),
        sparse_inputs=(0,),
        dense_to_sparse=True,
        sparse_to_dense=True,
    )
    return Architecture((dataclasses.replace(block, **changes),))


def macs_by_name(architecture, **options):
    return {operation.name: operation.macs for operation in list_operations(architecture, SCHEMA, **options)}


@pytest.mark.parametrize(
    ("dataset", "live", "all_blocks", "parameters"),
    [
        ("criteo", 2.2078, 2.4154, 1_779_720),
        ("avazu", 3.0856, 3.1839, 2_838_609),
        ("kdd", 3.4828, 3.6139, 2_606_511),
    ],
)
def test_released_architectures_have_the_published_counts(released, dataset, live, all_blocks, parameters):
    architecture, schema = released(dataset)
    assert round(count_macs(architecture, schema) / 1e6, 4) == live
    assert round(count_macs(architecture, schema, include_dead=True) / 1e6, 4) == all_blocks
    assert count_parameters(architecture, schema) == parameters


def test_layer_norm_replaces_biases_in_the_parameter_count(released):
    assert count_parameters(*released("criteo"), use_layernorm=True) == 1_784_165


def test_every_operation_of_one_block_by_hand():
    assert macs_by_name(single_block()) == {
        "embedding/embedding/gather": 0,
        "block_1/dot_product/dense_projection": 2 * 16,
        "block_1/dot_product/sparse_projection": 6 * 8 * 16,
        "block_1/dot_product/product": 9 * 9 * 16,
        "block_1/dot_product/pair_projection": 36 * 32,
        "block_1/elastic_fully_connected/projection": 6 * 16 * 16,
        "block_1/sparse_to_dense/interaction": 0,
        "block_1/sparse_to_dense/projection": 16 * 32,
        "block_1/dense_to_sparse/projection": 32 * 128,
        "head/head/projection": 32 + (16 + 8) * 16,
    }


def test_projections_to_the_size_already_there_do_not_exist():
    wide = macs_by_name(single_block(dense_width=128))
    assert "block_1/dense_to_sparse/projection" not in wide
    narrow = macs_by_name(single_block(dense_width=16))
    assert "block_1/sparse_to_dense/projection" not in narrow
    assert "block_1/dot_product/sparse_projection" not in narrow  # k = 6 = sparse features of the schema


def test_operators_of_one_branch_add_up():
    both = single_block(dense_operators=("dot_product", "fully_connected"))
    difference = count_macs(both, SCHEMA) - count_macs(single_block(), SCHEMA)
    assert difference == 2 * 32


def test_a_layer_norm_that_never_runs_has_parameters_only():
    architecture = single_block(dense_width=16)
    norms = {
        operation.name: operation
        for operation in list_operations(architecture, SCHEMA, use_layernorm=True)
        if isinstance(operation, LayerNorm)
    }
    idle = norms["block_1/sparse_to_dense/normalization"]
    assert (idle.macs, idle.parameters) == (0, 32)
    assert norms["block_1/elastic_fully_connected/projection_normalization"].macs == 5 * 16 * 16


def test_operations_stand_after_what_they_read(released):
    for dataset in ("criteo", "avazu", "kdd"):
        for include_dead in (False, True):
            seen = set()
            for operation in list_operations(*released(dataset), use_layernorm=True, include_dead=include_dead):
                assert set(operation.after) <= seen, operation
                assert operation.name not in seen
                seen.add(operation.name)


def test_dead_branches_are_left_out(released):
    live = {operation.name.rsplit("/", 1)[0] for operation in list_operations(*released("criteo"))}
    assert not any(name.startswith("block_6/") for name in live)
    # Block 3's sparse result is dead; its dense result is not.
    assert {name for name in live if name.startswith("block_3/")} == {"block_3/fully_connected"}


def test_a_product_costs_its_pairs_and_counts_as_its_square():
    product = PairwiseProduct("block_1", "dot_product", "product", (), rows=5, length=3)
    assert (product.macs, product.steps, product.output_values) == (75, 30, 10)


def test_embedding_parameters_are_all_rows_of_all_tables():
    assert count_embedding_parameters(SCHEMA) == 6 * 10 * 16
