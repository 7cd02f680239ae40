"""Architecture + hardware design -> `CostReport`, in milliseconds."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nasrec_tf.cost.crossbar_mapping import CrossbarMapping, map_multiply
from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.cost.operation import DigitalOperation, EmbeddingGather, MatrixVectorMultiply, Operation
from nasrec_tf.cost.report import CostItem, CostReport
from nasrec_tf.cost.workload import count_embedding_parameters, count_parameters, list_operations
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.feature_schema import FeatureSchema


class _Charge(NamedTuple):
    """What a component contributes to one operation; the latencies of an operation's charges follow one another."""

    energy_j: float = 0.0
    latency_s: float = 0.0
    area_m2: float = 0.0


_Charges = dict[str, _Charge]


def profile_cost(
    architecture: Architecture, hardware: HardwareDesign, schema: FeatureSchema, *, use_layernorm: bool = False
) -> CostReport:
    """Computes what one example costs.

    Every matrix has crossbars of its own and every pairwise product or factorisation machine a digital unit of its
    own, so that operations which do not read each other run at the same time. Latency is the longest chain of
    operations that do; an operation starts when all it reads is complete.

    Units:
        returns: J, s and m2 per example.
    Raises:
        InvalidSpecError: if the weights do not fit the chip.
    Source:
        NASRec's co-design (TORS 2025, section 3): linear layers on crossbars, products and factorisation machines on
        a digital unit. It gives no equations; these are ISAAC's components at the work they do.
    """
    operations = list_operations(architecture, schema, use_layernorm=use_layernorm)
    mappings = {
        operation.name: map_multiply(operation, hardware)
        for operation in operations
        if isinstance(operation, MatrixVectorMultiply)
    }
    _check_fit(mappings.values(), hardware)
    charges = {operation.name: _charge(operation, mappings.get(operation.name), hardware) for operation in operations}
    adc = hardware.ima.adc
    conversions = sum(mapping.adc_conversions for mapping in mappings.values())
    return CostReport(
        hardware=hardware.name,
        parameters=count_parameters(architecture, schema, use_layernorm),
        embedding_parameters=count_embedding_parameters(schema),
        adc_energy_j=(conversions * adc.lowest_energy_j, conversions * adc.highest_energy_j),
        items=_itemize(operations, charges),
    )


def _itemize(operations: Sequence[Operation], charges: dict[str, _Charges]) -> tuple[CostItem, ...]:
    """Adds up the charges of each block, operator and component; latency counts on the critical path only."""
    critical = _critical_path(operations, charges)
    sums: dict[tuple[str, str, str], tuple[int, float, float, float]] = {}
    for operation in operations:
        is_critical = operation.name in critical
        computing = "crossbar" if isinstance(operation, MatrixVectorMultiply) else "digital_unit"
        for component, charge in charges[operation.name].items():
            place = (operation.block, operation.operator, component)
            macs, energy_j, latency_s, area_m2 = sums.get(place, (0, 0.0, 0.0, 0.0))
            sums[place] = (
                macs + (operation.macs if component == computing else 0),
                energy_j + charge.energy_j,
                latency_s + (charge.latency_s if is_critical else 0.0),
                area_m2 + charge.area_m2,
            )
    return tuple(
        CostItem(*place, macs, energy_j, latency_s, area_m2)
        for place, (macs, energy_j, latency_s, area_m2) in sums.items()
    )


def _check_fit(mappings: Iterable[CrossbarMapping], hardware: HardwareDesign) -> None:
    needed = sum(mapping.crossbars for mapping in mappings)
    if needed > hardware.num_crossbars:
        raise InvalidSpecError(
            f"the weights must fit the chip: they need {needed} crossbars, and `chip.tiles` = {hardware.chip.tiles} of "
            f"{hardware.name!r} hold {hardware.num_crossbars}. Raise `chip.tiles`, lower `crossbar.replication` or "
            f"`matched.weight_bits`, or choose narrower blocks."
        )


def _charge(operation: Operation, mapping: CrossbarMapping | None, hardware: HardwareDesign) -> _Charges:
    if isinstance(operation, MatrixVectorMultiply) and mapping is not None:
        return _charge_multiply(operation, mapping, hardware)
    if isinstance(operation, DigitalOperation):
        return _charge_digital(operation, hardware)
    if isinstance(operation, EmbeddingGather):
        return _charge_gather(operation, hardware)
    raise InvalidSpecError(f"`operation` must be of a kind with a cost here. Received: {type(operation).__name__}.")


def _charge_multiply(multiply: MatrixVectorMultiply, mapping: CrossbarMapping, hardware: HardwareDesign) -> _Charges:
    """Charges the parts of ISAAC's pipeline: buffer, registers, conversion, read, conversion, shift-and-add, buffer."""
    ima, tile, cycle_s = hardware.ima, hardware.tile, hardware.read_cycle_s
    values = multiply.times * hardware.bytes_per_activation
    partial_sums = multiply.times * multiply.columns * (mapping.row_tiles - 1)
    register_in_j = values * multiply.rows * mapping.column_tiles * hardware.energy_j_per_byte(ima.input_register)
    register_out_j = values * multiply.columns * mapping.row_tiles * hardware.energy_j_per_byte(ima.output_register)
    conversions = mapping.adc_conversions
    charges: _Charges = {
        **_charge_transfer(values * multiply.rows, values * multiply.columns, hardware),
        "input_register": _Charge(register_in_j),
        "dac": _Charge(mapping.dac_conversions * hardware.dac_energy_j),
        "crossbar": _Charge(mapping.cell_reads * hardware.cell_energy_j, mapping.passes * mapping.cycles * cycle_s),
        "sample_hold": _Charge(conversions * hardware.sample_hold_energy_j),
        # Converting and adding go on beside the next read; only those of the last read are waited for.
        "adc": _Charge(conversions * ima.adc.energy_j, cycle_s),
        "shift_add": _Charge(conversions * hardware.shift_add_energy_j, cycle_s),
        "tile_shift_add": _Charge(
            partial_sums * hardware.tile_shift_add_energy_j,
            math.ceil(math.log2(mapping.row_tiles)) / hardware.matched.clock_hz,
        ),
        "output_register": _Charge(register_out_j),
        "tile_output_register": _Charge(values * multiply.columns * hardware.energy_j_per_byte(tile.output_register)),
    }
    for component, area_m2 in hardware.area_m2_per_crossbar.items():
        charge = charges.get(component, _Charge())
        charges[component] = charge._replace(area_m2=area_m2 * mapping.crossbars)
    return charges


def _charge_digital(operation: DigitalOperation, hardware: HardwareDesign) -> _Charges:
    if operation.steps == 0:
        return {}
    unit = hardware.digital_unit
    size = hardware.bytes_per_activation
    return {
        **_charge_transfer(operation.input_values * size, operation.output_values * size, hardware),
        "digital_unit": _Charge(
            operation.steps * unit.energy_j_per_step,
            math.ceil(operation.steps / unit.lanes) / hardware.matched.clock_hz,
            unit.area_m2,
        ),
    }


def _charge_gather(gather: EmbeddingGather, hardware: HardwareDesign) -> _Charges:
    """Charges whole bursts, whatever part of them an embedding fills; no cache."""
    memory = hardware.embedding_memory
    row_bytes = gather.length * hardware.bytes_per_activation
    read_bytes = gather.rows * math.ceil(row_bytes / memory.burst_bytes) * memory.burst_bytes
    rounds = math.ceil(gather.rows / memory.banks)
    return {
        "embedding_memory": _Charge(
            read_bytes * memory.energy_j_per_byte, rounds * memory.access_s + read_bytes / memory.bytes_per_s
        ),
        **_charge_transfer(0.0, gather.rows * row_bytes, hardware),
    }


def _charge_transfer(bytes_in: float, bytes_out: float, hardware: HardwareDesign) -> _Charges:
    """Charges reading inputs from a tile's buffer over its bus, and writing results to the next tile's."""
    tile = hardware.tile
    moved = bytes_in + bytes_out
    slower = min(hardware.bytes_per_s(tile.edram), hardware.bytes_per_s(tile.bus))
    return {
        "edram": _Charge(moved * hardware.energy_j_per_byte(tile.edram), moved / slower),
        "bus": _Charge(moved * hardware.energy_j_per_byte(tile.bus)),
        "router": _Charge(
            bytes_out * hardware.energy_j_per_byte(tile.router), bytes_out / hardware.bytes_per_s(tile.router)
        ),
    }


def _critical_path(operations: Sequence[Operation], charges: dict[str, _Charges]) -> frozenset[str]:
    """Finds the chain of operations, each reading the one before, that takes longest."""
    end_s: dict[str, float] = {}
    previous: dict[str, str | None] = {}
    for operation in operations:
        latest = max(operation.after, key=end_s.__getitem__, default=None)
        start_s = 0.0 if latest is None else end_s[latest]
        end_s[operation.name] = start_s + sum(charge.latency_s for charge in charges[operation.name].values())
        previous[operation.name] = latest
    step: str | None = operations[-1].name  # the head, which everything live leads to
    path = set()
    while step is not None:
        path.add(step)
        step = previous[step]
    return frozenset(path)
