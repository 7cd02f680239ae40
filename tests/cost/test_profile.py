import dataclasses
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.cost.profile import profile_cost
from nasrec_tf.cost.workload import count_macs
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.architecture import Architecture, Block
from nasrec_tf.space.feature_schema import DenseFeature, FeatureSchema, SparseFeature

ISAAC = HardwareDesign.from_yaml("isaac")
SCHEMA = FeatureSchema([DenseFeature("d0"), DenseFeature("d1")], [SparseFeature(f"s{i}", 10) for i in range(5)])
DENSE_WIDTHS = (16, 32, 64, 128, 256, 512, 768, 1024)
SPARSE_WIDTHS = (16, 32, 48, 64)


@st.composite
def architectures(draw, max_blocks=4):
    blocks = []
    for number in range(1, draw(st.integers(1, max_blocks)) + 1):
        inputs = st.sets(st.integers(0, number - 1), min_size=1).map(tuple)
        operators = st.sets(st.sampled_from(("fully_connected", "dot_product")), min_size=1).map(tuple)
        blocks.append(
            Block(
                dense_operators=draw(operators),
                sparse_operators=("elastic_fully_connected",),
                dense_width=draw(st.sampled_from(DENSE_WIDTHS)),
                sparse_width=draw(st.sampled_from(SPARSE_WIDTHS)),
                dense_inputs=draw(inputs),
                sparse_inputs=draw(inputs),
                dense_to_sparse=draw(st.booleans()),
                sparse_to_dense=draw(st.booleans()),
            )
        )
    return Architecture(tuple(blocks))


def change_block(architecture, index, **changes):
    blocks = list(architecture.blocks)
    blocks[index] = dataclasses.replace(blocks[index], **changes)
    return Architecture(tuple(blocks))


def totals(report):
    return report.macs, report.energy_j, report.latency_s, report.area_m2


@settings(max_examples=60, deadline=None)
@given(architectures(), st.booleans())
def test_every_breakdown_adds_up_exactly(architecture, use_layernorm):
    report = profile_cost(architecture, ISAAC, SCHEMA, use_layernorm=use_layernorm)
    assert report.macs == count_macs(architecture, SCHEMA, use_layernorm=use_layernorm)
    for grouping in ("component", "operator", "block"):
        costs = report.by(grouping).values()
        for field in ("macs", "energy_j", "latency_s", "area_m2"):
            assert sum(getattr(cost, field) for cost in costs) == getattr(report, field)
    low, high = report.energy_band_j
    assert 0 < low < report.energy_j < high


@settings(max_examples=60, deadline=None)
@given(architectures(), st.data())
def test_wider_blocks_cost_no_less(architecture, data):
    # A width at which a projection falls away may cost less: linear operators without mergers have no such width.
    for index in range(len(architecture.blocks)):
        architecture = change_block(
            architecture, index, dense_operators=("fully_connected",), dense_to_sparse=False, sparse_to_dense=False
        )
    index = data.draw(st.integers(0, len(architecture.blocks) - 1))
    block = architecture.blocks[index]
    wider = change_block(
        architecture,
        index,
        dense_width=data.draw(st.sampled_from([width for width in DENSE_WIDTHS if width >= block.dense_width])),
        sparse_width=data.draw(st.sampled_from([width for width in SPARSE_WIDTHS if width >= block.sparse_width])),
    )
    narrow_report, wide_report = (profile_cost(each, ISAAC, SCHEMA) for each in (architecture, wider))
    for narrow, wide in zip(totals(narrow_report), totals(wide_report), strict=True):
        assert wide >= narrow


@settings(max_examples=60, deadline=None)
@given(architectures(max_blocks=3), architectures(max_blocks=1))
def test_dead_blocks_cost_nothing(architecture, extra):
    last = len(architecture.blocks) + 1
    dead = extra.blocks[0]  # reads the raw features; nothing reads it
    reader = dataclasses.replace(architecture.blocks[-1], dense_inputs=(0,), sparse_inputs=(0,))
    without = Architecture((*architecture.blocks, reader))
    with_dead = Architecture((*architecture.blocks, dead, reader))
    cheap, same = (profile_cost(each, ISAAC, SCHEMA) for each in (without, with_dead))
    assert totals(same) == totals(cheap)
    assert same.adc_energy_j == cheap.adc_energy_j
    assert same.parameters > cheap.parameters
    assert f"block_{last}" not in same.by("block")


def test_latency_follows_the_longest_chain_not_the_sum(released, isaac):
    block = Block(("fully_connected",), ("elastic_fully_connected",), 32, 16, (0,), (0,), False, False)
    one = profile_cost(Architecture((block,)), isaac, SCHEMA)
    beside = change_block(Architecture((block, block)), 1, dense_inputs=(0,), sparse_inputs=(0,))
    chained = change_block(Architecture((block, block)), 1, dense_inputs=(1,), sparse_inputs=(1,))
    assert profile_cost(beside, isaac, SCHEMA).latency_s == one.latency_s
    assert profile_cost(chained, isaac, SCHEMA).latency_s > 1.5 * one.latency_s
    # 16 coordinates, 8 input bits each, 100 ns a read: the sparse branch, then one multiplication of the head.
    assert one.by("component")["crossbar"].latency_s == pytest.approx((16 * 8 + 8) * 100e-9)
    assert one.by("operator")["fully_connected"].latency_s == 0


def test_one_matrix_by_hand(isaac):
    block = Block(("fully_connected",), ("elastic_fully_connected",), 32, 16, (0,), (0,), False, False)
    report = profile_cost(Architecture((block,)), isaac, SCHEMA)
    items = {item.component: item for item in report.items if item.operator == "fully_connected"}
    assert items["adc"].energy_j == pytest.approx(8 * 32 * 4 * 1.5625e-12)
    assert items["dac"].energy_j == pytest.approx(8 * 2 * 0.390625e-12)
    assert items["crossbar"].energy_j == pytest.approx(8 * 2 * 32 * 4 * 1.831e-15, rel=0.001)
    assert items["edram"].energy_j == pytest.approx((2 + 32) * 2.0215e-12, rel=0.001)
    assert sum(item.area_m2 for item in items.values()) == pytest.approx(0.3723e-6 / 96, rel=0.001)
    gather = report.by("component")["embedding_memory"]
    assert gather.energy_j == pytest.approx(5 * 64 * 162.5e-12)
    assert gather.latency_s == pytest.approx(42.5e-9 + 5 * 64 / 19.2e9)


def test_the_band_replaces_only_the_converters(released, isaac):
    report = profile_cost(*released("criteo")[:1], isaac, released("criteo")[1])
    adc_j = report.by("component")["adc"].energy_j
    low, high = report.energy_band_j
    assert low == pytest.approx(report.energy_j + adc_j * (0.70 / 1.5625 - 1))
    assert high == pytest.approx(report.energy_j + adc_j * (15.6 / 1.5625 - 1))


def test_products_run_on_the_digital_unit_and_linear_layers_on_crossbars(released, isaac):
    architecture, schema = released("kdd")
    report = profile_cost(architecture, isaac, schema)
    by_component = report.by("component")
    assert by_component["crossbar"].macs + by_component["digital_unit"].macs == report.macs
    for item in report.items:
        if item.component == "digital_unit":
            assert item.operator in {"dot_product", "sparse_to_dense"}


def test_replication_buys_speed_with_area(released):
    architecture, schema = released("criteo")
    fast = dataclasses.replace(ISAAC, crossbar=dataclasses.replace(ISAAC.crossbar, replication=4))
    slow_report, fast_report = (profile_cost(architecture, design, schema) for design in (ISAAC, fast))
    assert fast_report.latency_s < slow_report.latency_s
    assert fast_report.area_m2 > slow_report.area_m2
    assert fast_report.energy_j == slow_report.energy_j


def test_weights_that_do_not_fit_the_chip_are_refused(released):
    architecture, schema = released("kdd")
    small = dataclasses.replace(ISAAC, chip=dataclasses.replace(ISAAC.chip, tiles=1))
    with pytest.raises(InvalidSpecError, match=r"need \d+ crossbars, and `chip\.tiles` = 1 .* hold 96\. Raise"):
        profile_cost(architecture, small, schema)


def test_profiling_takes_milliseconds(released, isaac):
    architecture, schema = released("criteo")
    start = time.perf_counter()
    for _ in range(20):
        profile_cost(architecture, isaac, schema)
    sys.stdout.write(f"{(time.perf_counter() - start) / 20 * 1e3:.2f} ms per architecture\n")


def test_profiling_loads_no_tensorflow():
    code = "import sys, nasrec_tf.cost.profile; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
