"""One matrix of weights on crossbars: how many, and what they do for one example."""

import math
from dataclasses import dataclass

from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.cost.operation import MatrixVectorMultiply


@dataclass(frozen=True)
class CrossbarMapping:
    """Counts for one matrix.

    Attributes:
        row_tiles, column_tiles: crossbars along the rows and the bit-sliced columns of one copy of the matrix.
        copies: of the matrix, working on different vectors at the same time.
        cycles: reads per vector, one for each group of input bits.
        passes: vectors one copy works on, one after the other.
        dac_conversions, adc_conversions, cell_reads: of all copies and vectors.
    """

    row_tiles: int
    column_tiles: int
    copies: int
    cycles: int
    passes: int
    dac_conversions: int
    adc_conversions: int
    cell_reads: int

    @property
    def crossbars(self) -> int:
        return self.row_tiles * self.column_tiles * self.copies


def map_multiply(multiply: MatrixVectorMultiply, design: HardwareDesign) -> CrossbarMapping:
    """Lays a matrix onto crossbars.

    A weight is cut into slices of `cell_bits` that lie in neighbouring columns of one crossbar; an input is fed
    `dac_bits` at a time. Rows and columns a matrix does not fill are neither driven nor converted, but take area.

    Source:
        ISAAC sections 3 to 5: bias-encoded weights, hence one array per sign-less matrix.
    """
    slices = math.ceil(design.matched.weight_bits / design.crossbar.cell_bits)
    row_tiles = math.ceil(multiply.rows / design.crossbar.rows)
    column_tiles = math.ceil(multiply.columns * slices / design.crossbar.columns)
    cycles = math.ceil(design.matched.activation_bits / design.crossbar.dac_bits)
    copies = min(design.crossbar.replication, multiply.times)
    reads = cycles * multiply.times
    return CrossbarMapping(
        row_tiles=row_tiles,
        column_tiles=column_tiles,
        copies=copies,
        cycles=cycles,
        passes=math.ceil(multiply.times / copies),
        dac_conversions=reads * multiply.rows * column_tiles,
        adc_conversions=reads * multiply.columns * slices * row_tiles,
        cell_reads=reads * multiply.rows * multiply.columns * slices,
    )
