"""The parts of a hardware design as a YAML file gives them: in the unit each key names, with a source.

Conversion to SI happens here, in properties, and nowhere else.
"""

import dataclasses
import math
from dataclasses import dataclass

from nasrec_tf.config import STRICT
from nasrec_tf.errors import InvalidSpecError

_MILLI, _NANO, _PICO, _GIGA = 1e-3, 1e-9, 1e-12, 1e9
_M2_PER_MM2, _M2_PER_UM2 = 1e-6, 1e-12


@dataclass(frozen=True)
class Section:
    """A part of a design.

    Raises:
        InvalidSpecError: if a count is below 1, a number negative or not finite, a rate or duration 0, or a name or
            source empty.
    """

    __pydantic_config__ = STRICT

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type is str and not value.strip():
                raise InvalidSpecError(f"`{field.name}` must not be empty. Name the design, or a number's source.")
            if field.type is int and value < 1:
                rule = "a whole number from 1"
            elif field.type is float and not (math.isfinite(value) and value >= 0):
                rule = "a finite number, 0 or above"
            elif field.type is float and value == 0 and field.name.endswith(("_ghz", "_ns")):
                rule = "above 0"
            else:
                continue
            raise InvalidSpecError(
                f"`{field.name}` must be {rule}. Received: {value}. Correct it, in the unit its name ends with."
            )


@dataclass(frozen=True)
class Circuit(Section):
    """`count` equal circuits; power and area are those of all of them together, as published tables give them."""

    count: int
    power_mw: float
    area_mm2: float
    source: str

    @property
    def power_w(self) -> float:
        """Power of one circuit while it works."""
        return self.power_mw * _MILLI / self.count

    @property
    def area_m2(self) -> float:
        return self.area_mm2 * _M2_PER_MM2


@dataclass(frozen=True)
class Adc(Circuit):
    """The converters of one IMA, and the range of conversion energies that references give for such a converter."""

    bits: int
    sample_rate_ghz: float
    lowest_energy_pj: float
    highest_energy_pj: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lowest_energy_j <= self.energy_j <= self.highest_energy_j:
            raise InvalidSpecError(
                f"`lowest_energy_pj` and `highest_energy_pj` must enclose the energy of one conversion, which is "
                f"`power_mw` / `count` / `sample_rate_ghz` = {self.energy_j / _PICO:.4g} pJ. "
                f"Received: {self.lowest_energy_pj}, {self.highest_energy_pj}. Widen the range or correct the power."
            )

    @property
    def energy_j(self) -> float:
        return self.power_w / self.sample_rate_hz

    @property
    def sample_rate_hz(self) -> float:
        return self.sample_rate_ghz * _GIGA

    @property
    def lowest_energy_j(self) -> float:
        return self.lowest_energy_pj * _PICO

    @property
    def highest_energy_j(self) -> float:
        return self.highest_energy_pj * _PICO


@dataclass(frozen=True)
class Channel(Section):
    """A buffer or link, by the bytes it moves in one read cycle of the crossbars when it is fully used."""

    bytes_per_read_cycle: int
    power_mw: float
    area_mm2: float
    source: str

    @property
    def power_w(self) -> float:
        return self.power_mw * _MILLI

    @property
    def area_m2(self) -> float:
        return self.area_mm2 * _M2_PER_MM2


@dataclass(frozen=True)
class Matched(Section):
    """What is held equal between designs that are compared."""

    weight_bits: int
    activation_bits: int
    technology_nm: int
    clock_ghz: float
    source: str

    @property
    def clock_hz(self) -> float:
        return self.clock_ghz * _GIGA


@dataclass(frozen=True)
class Crossbar(Section):
    """One array of memristor cells and the coding of what it holds."""

    rows: int
    columns: int
    cell_bits: int
    dac_bits: int
    read_cycle_ns: float
    has_flipped_weights: bool
    replication: int
    source: str

    @property
    def read_cycle_s(self) -> float:
        """Duration of one read of the array itself."""
        return self.read_cycle_ns * _NANO

    @property
    def adc_bits_needed(self) -> int:
        """Bits that hold every sum a column can produce.

        Source:
            ISAAC section 5: one bit less where inputs or cells are binary, and one less with flipped weights.
        """
        bits = math.ceil(math.log2(self.rows)) + self.dac_bits + self.cell_bits
        is_binary = self.dac_bits == 1 or self.cell_bits == 1
        return bits - is_binary - self.has_flipped_weights


@dataclass(frozen=True)
class Ima(Section):
    """An in-situ multiply-accumulate unit: crossbars with their converters and registers."""

    crossbars: int
    adc: Adc
    dac: Circuit
    sample_hold: Circuit
    memristor: Circuit
    shift_add: Circuit
    input_register: Channel
    output_register: Channel

    @property
    def parts(self) -> dict[str, Circuit | Channel]:
        """The IMA's parts by the component of a report they belong to."""
        return {
            "adc": self.adc,
            "dac": self.dac,
            "sample_hold": self.sample_hold,
            "crossbar": self.memristor,
            "shift_add": self.shift_add,
            "input_register": self.input_register,
            "output_register": self.output_register,
        }


@dataclass(frozen=True)
class Tile(Section):
    """IMAs around a shared buffer."""

    imas: int
    edram: Channel
    bus: Channel
    router: Channel
    tiles_per_router: int
    sigmoid: Circuit
    shift_add: Circuit
    max_pool: Circuit
    output_register: Channel

    @property
    def parts(self) -> dict[str, tuple[Circuit | Channel, int]]:
        """The tile's own parts by component, each with the number of tiles that share it."""
        return {
            "edram": (self.edram, 1),
            "bus": (self.bus, 1),
            "router": (self.router, self.tiles_per_router),
            "sigmoid": (self.sigmoid, 1),
            "tile_shift_add": (self.shift_add, 1),
            "max_pool": (self.max_pool, 1),
            "tile_output_register": (self.output_register, 1),
        }


@dataclass(frozen=True)
class Chip(Section):
    """Tiles and the link that leaves the chip."""

    tiles: int
    link: Circuit


@dataclass(frozen=True)
class DigitalUnit(Section):
    """Multiply-accumulate lanes for products of two activations; one unit per operator that needs it."""

    lanes: int
    energy_pj_per_step: float
    area_um2_per_lane: float
    source: str

    @property
    def energy_j_per_step(self) -> float:
        return self.energy_pj_per_step * _PICO

    @property
    def area_m2(self) -> float:
        return self.lanes * self.area_um2_per_lane * _M2_PER_UM2


@dataclass(frozen=True)
class EmbeddingMemory(Section):
    """The memory, off the chip, that holds the embedding tables."""

    energy_pj_per_byte: float
    burst_bytes: int
    access_ns: float
    bytes_per_ns: float
    banks: int
    source: str

    @property
    def energy_j_per_byte(self) -> float:
        return self.energy_pj_per_byte * _PICO

    @property
    def access_s(self) -> float:
        return self.access_ns * _NANO

    @property
    def bytes_per_s(self) -> float:
        return self.bytes_per_ns / _NANO
