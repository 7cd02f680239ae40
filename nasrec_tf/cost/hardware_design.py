"""`HardwareDesign`: one ReRAM accelerator as data, with the energies that follow from it."""

import functools
from dataclasses import dataclass
from pathlib import Path

from nasrec_tf.config import find_config, load_config
from nasrec_tf.cost.hardware_part import (
    Channel,
    Chip,
    Circuit,
    Crossbar,
    DigitalUnit,
    EmbeddingMemory,
    Ima,
    Matched,
    Section,
    Tile,
)
from nasrec_tf.errors import InvalidSpecError


@dataclass(frozen=True)
class HardwareDesign(Section):
    """One accelerator.

    Energies per action are published powers over the rate of the action. They belong to the circuits as published: a
    design with another crossbar size needs the power and area of its own memristors, DACs and ADCs, too.

    Units:
        energies J, durations s, areas m2; of one circuit or one byte as the name says.
    Raises:
        InvalidSpecError: if the converters cannot hold the sums of a column; ConfigError, naming the key, from
            `from_yaml`.
    """

    name: str
    matched: Matched
    crossbar: Crossbar
    ima: Ima
    tile: Tile
    chip: Chip
    digital_unit: DigitalUnit
    embedding_memory: EmbeddingMemory

    def __post_init__(self) -> None:
        super().__post_init__()
        needed = self.crossbar.adc_bits_needed
        if self.ima.adc.bits < needed:
            raise InvalidSpecError(
                f"`ima.adc.bits` must be at least {needed} for {self.crossbar.rows} rows, {self.crossbar.dac_bits}-bit "
                f"inputs and {self.crossbar.cell_bits}-bit cells. Received: {self.ima.adc.bits}. Widen the converter, "
                f"or make `crossbar.rows`, `crossbar.dac_bits` or `crossbar.cell_bits` smaller."
            )

    @classmethod
    def from_yaml(cls, path_or_preset: str | Path) -> "HardwareDesign":
        """Reads a preset ("isaac") or a YAML file of your own."""
        return load_config(find_config("hardware", path_or_preset), cls)

    @functools.cached_property
    def read_cycle_s(self) -> float:
        """Duration of one read: the array's own, or that of converting its columns if this is longer."""
        columns_per_adc = self.crossbar.columns * self.ima.crossbars / self.ima.adc.count
        converting_s = columns_per_adc / self.ima.adc.sample_rate_hz
        return max(self.crossbar.read_cycle_s, converting_s)

    @functools.cached_property
    def dac_energy_j(self) -> float:
        return self._energy_j_per_cycle(self.ima.dac)

    @functools.cached_property
    def sample_hold_energy_j(self) -> float:
        return self._energy_j_per_cycle(self.ima.sample_hold)

    @functools.cached_property
    def cell_energy_j(self) -> float:
        """Energy of one cell in one read."""
        return self._energy_j_per_cycle(self.ima.memristor) / (self.crossbar.rows * self.crossbar.columns)

    @functools.cached_property
    def shift_add_energy_j(self) -> float:
        """Energy of taking in one conversion, with all converters of an IMA busy."""
        shift_add, adc = self.ima.shift_add, self.ima.adc
        conversions_per_s = adc.count * adc.sample_rate_hz
        return shift_add.power_w * shift_add.count / conversions_per_s

    @functools.cached_property
    def tile_shift_add_energy_j(self) -> float:
        """Energy of adding one partial sum of another crossbar, one per clock."""
        return self.tile.shift_add.power_w / self.matched.clock_hz

    @property
    def bytes_per_activation(self) -> float:
        return self.matched.activation_bits / 8

    def energy_j_per_byte(self, channel: Channel) -> float:
        return channel.power_w / self.bytes_per_s(channel)

    def bytes_per_s(self, channel: Channel) -> float:
        return channel.bytes_per_read_cycle / self.crossbar.read_cycle_s

    @functools.cached_property
    def area_m2_per_crossbar(self) -> dict[str, float]:
        """Area of one crossbar and of its share in IMA and tile, by component."""
        crossbars = self.num_crossbars // self.chip.tiles
        of_ima = {name: part.area_m2 / self.ima.crossbars for name, part in self.ima.parts.items()}
        of_tile = {name: part.area_m2 / shared / crossbars for name, (part, shared) in self.tile.parts.items()}
        return {**of_ima, **of_tile}

    @functools.cached_property
    def num_crossbars(self) -> int:
        """Crossbars of the whole chip."""
        return self.chip.tiles * self.tile.imas * self.ima.crossbars

    def _energy_j_per_cycle(self, circuit: Circuit) -> float:
        return circuit.power_w * self.crossbar.read_cycle_s
