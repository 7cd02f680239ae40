import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasrec_tf.cost.crossbar_mapping import map_multiply
from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.cost.operation import MatrixVectorMultiply

ISAAC = HardwareDesign.from_yaml("isaac")
SIZES = st.integers(1, 700)


def multiply(rows, columns, times=1):
    return MatrixVectorMultiply("block_1", "fully_connected", "projection", (), rows, columns, times, has_bias=True)


def with_replication(replication):
    return dataclasses.replace(ISAAC, crossbar=dataclasses.replace(ISAAC.crossbar, replication=replication))


@pytest.mark.parametrize(
    ("rows", "columns", "row_tiles", "column_tiles"),
    [(1, 1, 1, 1), (128, 32, 1, 1), (129, 32, 2, 1), (128, 33, 1, 2), (1024, 1024, 8, 32)],
)
def test_tiling_of_8_bit_weights_in_2_bit_cells(rows, columns, row_tiles, column_tiles):
    mapping = map_multiply(multiply(rows, columns), ISAAC)
    assert (mapping.row_tiles, mapping.column_tiles) == (row_tiles, column_tiles)
    assert mapping.crossbars == row_tiles * column_tiles


def test_conversions_by_hand():
    mapping = map_multiply(multiply(200, 40, times=16), ISAAC)
    assert mapping.cycles == 8
    assert mapping.dac_conversions == 8 * 16 * 200 * 2  # two column tiles each take every input
    assert mapping.adc_conversions == 8 * 16 * 40 * 4 * 2  # four slices, two row tiles
    assert mapping.cell_reads == 8 * 16 * 200 * 40 * 4


def test_wider_dacs_read_less_often():
    design = dataclasses.replace(
        ISAAC,
        crossbar=dataclasses.replace(ISAAC.crossbar, dac_bits=2, cell_bits=1),
    )
    assert map_multiply(multiply(10, 10), design).cycles == 4


def test_replication_trades_crossbars_for_passes():
    one, four = (map_multiply(multiply(100, 20, times=16), with_replication(copies)) for copies in (1, 4))
    assert (one.crossbars, one.passes) == (1, 16)
    assert (four.crossbars, four.passes) == (4, 4)
    assert four.adc_conversions == one.adc_conversions
    assert map_multiply(multiply(100, 20), with_replication(4)).crossbars == 1


@settings(max_examples=50, deadline=None)
@given(SIZES, SIZES, st.integers(1, 16), st.integers(0, 300), st.integers(0, 300))
def test_counts_never_fall_with_size(rows, columns, times, more_rows, more_columns):
    small = map_multiply(multiply(rows, columns, times), ISAAC)
    large = map_multiply(multiply(rows + more_rows, columns + more_columns, times), ISAAC)
    for field in dataclasses.fields(small):
        assert getattr(large, field.name) >= getattr(small, field.name)


@settings(max_examples=50, deadline=None)
@given(SIZES, SIZES)
def test_crossbars_hold_every_weight(rows, columns):
    mapping = map_multiply(multiply(rows, columns), ISAAC)
    assert mapping.row_tiles * 128 >= rows > (mapping.row_tiles - 1) * 128
    assert mapping.column_tiles * 32 >= columns > (mapping.column_tiles - 1) * 32
