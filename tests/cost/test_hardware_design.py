import dataclasses
import math

import pytest
import yaml

from nasrec_tf.config import find_config
from nasrec_tf.cost.hardware_design import HardwareDesign
from nasrec_tf.errors import ConfigError, InvalidSpecError

PICO, FEMTO, MM2 = 1e-12, 1e-15, 1e-6


@pytest.fixture
def content():
    return yaml.safe_load(find_config("hardware", "isaac").read_text())


def load(content, folder):
    path = folder / "design.yaml"
    path.write_text(yaml.safe_dump(content))
    return HardwareDesign.from_yaml(path)


def test_isaac_power_identities(isaac):
    ima_mw = sum(part.power_mw for part in isaac.ima.parts.values())
    tile_mw = sum(part.power_mw / shared for part, shared in isaac.tile.parts.values())
    assert ima_mw == pytest.approx(24.08)
    assert isaac.tile.imas * ima_mw == pytest.approx(288.96)
    assert tile_mw == pytest.approx(40.85)
    assert 12 * ima_mw + tile_mw == pytest.approx(330, rel=0.001)
    assert 12 * isaac.ima.adc.power_mw / (12 * ima_mw + tile_mw) == pytest.approx(0.582, abs=0.0005)
    chip_w = 168 * (12 * ima_mw + tile_mw) / 1e3
    assert chip_w == pytest.approx(55.4, rel=0.001)
    assert chip_w + isaac.chip.link.power_mw / 1e3 == pytest.approx(65.8, rel=0.001)


def test_isaac_area_identities(isaac):
    tile_m2 = 12 * isaac.ima.crossbars * sum(isaac.area_m2_per_crossbar.values())
    assert tile_m2 == pytest.approx(0.372 * MM2, rel=0.001)
    assert 168 * tile_m2 + isaac.chip.link.area_m2 == pytest.approx(85.4 * MM2, rel=0.001)
    assert 12 * isaac.ima.adc.area_m2 / tile_m2 == pytest.approx(0.310, abs=0.001)
    assert isaac.num_crossbars == 16_128


def test_isaac_energies_per_action(isaac):
    assert isaac.read_cycle_s == pytest.approx(100e-9)
    assert isaac.ima.adc.energy_j == pytest.approx(1.5625 * PICO)
    assert isaac.dac_energy_j == pytest.approx(0.390625 * PICO)
    assert isaac.cell_energy_j == pytest.approx(1.831 * FEMTO, rel=0.001)
    assert isaac.cell_energy_j * 16 * 8 == pytest.approx(0.2344 * PICO, rel=0.001)  # 16-bit weights and inputs
    assert isaac.shift_add_energy_j == pytest.approx(0.0195 * PICO, rel=0.005)
    assert isaac.energy_j_per_byte(isaac.tile.edram) == pytest.approx(2.02 * PICO, rel=0.001)
    assert isaac.energy_j_per_byte(isaac.tile.bus) == pytest.approx(0.684 * PICO, rel=0.001)


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"has_flipped_weights": False}, 9),
        ({}, 8),
        ({"dac_bits": 2, "cell_bits": 1, "has_flipped_weights": False}, 9),
        ({"dac_bits": 2, "has_flipped_weights": False}, 11),
        ({"rows": 100, "cell_bits": 1}, 7),
    ],
)
def test_adc_bits_needed(isaac, changes, needed):
    assert dataclasses.replace(isaac.crossbar, **changes).adc_bits_needed == needed


def test_slow_converters_lengthen_the_read_cycle(isaac):
    few = dataclasses.replace(isaac.ima.adc, count=2, power_mw=4.0)
    design = dataclasses.replace(isaac, ima=dataclasses.replace(isaac.ima, adc=few))
    assert design.read_cycle_s == pytest.approx(400e-9)
    assert design.ima.adc.energy_j == pytest.approx(isaac.ima.adc.energy_j)


def test_an_adc_too_narrow_for_the_crossbar_is_refused(isaac):
    narrow = dataclasses.replace(isaac.ima.adc, bits=7)
    with pytest.raises(InvalidSpecError, match=r"`ima\.adc\.bits` must be at least 8 .* Received: 7\. Widen"):
        dataclasses.replace(isaac, ima=dataclasses.replace(isaac.ima, adc=narrow))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("matched.clock_ghz", None, r"key `matched\.clock_ghz` is missing"),
        ("matched.clock_ghz", -1.2, r"`clock_ghz` must be a finite number, 0 or above. Received: -1\.2"),
        ("matched.clock_ghz", 0, r"`clock_ghz` must be above 0"),
        ("matched.clock_ghz", math.nan, r"clock_ghz"),
        ("matched.clock_ghz", math.inf, r"clock_ghz"),
        ("matched.clock_ghz", "1.2 GHz", r"key `matched\.clock_ghz` must be a valid number"),
        ("matched.clock_mhz", 1200, r"key `matched\.clock_mhz` is unknown"),
        ("matched.weight_bits", 0, r"`weight_bits` must be a whole number from 1. Received: 0"),
        ("matched.weight_bits", 7.5, r"key `matched\.weight_bits` must be a valid integer"),
        ("matched.source", " ", r"`source` must not be empty"),
        ("crossbar.rows", 256, r"`ima\.adc\.bits` must be at least 9"),
        ("embedding_memory.bytes_per_ns", 0, r"`bytes_per_ns` must be above 0"),
    ],
)
def test_a_wrong_design_is_one_error_naming_the_key(content, tmp_path, place, value, message):
    section, key = place.split(".")
    content[section][key] = value
    if value is None:
        del content[section][key]
    with pytest.raises(ConfigError, match=message) as caught:
        load(content, tmp_path)
    assert "design.yaml" in str(caught.value)


def test_a_converter_outside_its_own_range_is_refused(content, tmp_path):
    content["ima"]["adc"]["power_mw"] = 1.6
    with pytest.raises(ConfigError, match=r"= 0\.1563 pJ\. Received: 0\.7, 15\.6\. Widen"):
        load(content, tmp_path)


def test_every_shipped_design_loads():
    for path in find_config("hardware", "isaac").parent.glob("*.yaml"):
        assert HardwareDesign.from_yaml(path).name == path.stem


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ConfigError, match="isaac"):
        HardwareDesign.from_yaml("isac")
