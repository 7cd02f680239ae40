import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasrec_tf.cost.profile import profile_cost
from nasrec_tf.cost.report import CostItem, CostReport
from nasrec_tf.errors import ConfigError, InvalidSpecError

PLACES = st.tuples(st.sampled_from("abc"), st.sampled_from("de"), st.sampled_from(("adc", "dac", "crossbar")))


def build_report(items, hardware="isaac"):
    return CostReport(hardware, parameters=3, embedding_parameters=4, adc_energy_j=(1e-9, 2e-9), items=tuple(items))


@st.composite
def reports(draw):
    sizes = st.floats(0, 1e-6)
    items = draw(
        st.lists(
            st.builds(
                lambda *parts: CostItem(*parts[0], *parts[1:]), PLACES, st.integers(0, 10**9), sizes, sizes, sizes
            )
        )
    )
    return build_report(items)


@pytest.fixture(scope="module")
def criteo(released, isaac):
    architecture, schema = released("criteo")
    return profile_cost(architecture, isaac, schema)


@settings(max_examples=50, deadline=None)
@given(reports(), reports())
def test_sums_are_exact_and_commute(left, right):
    both = left + right
    for field in ("macs", "energy_j", "latency_s", "area_m2"):
        assert getattr(both, field) == getattr(left, field) + getattr(right, field)
        assert getattr(both, field) == getattr(right + left, field)
        assert sum(getattr(cost, field) for cost in both.by("operator").values()) == getattr(both, field)
    assert (both.parameters, both.embedding_parameters, both.adc_energy_j) == (6, 8, (2e-9, 4e-9))


@settings(max_examples=50, deadline=None)
@given(reports())
def test_json_round_trip(report):
    assert CostReport.from_json(report.to_json()) == report


def test_json_holds_totals_breakdowns_and_error_bars(criteo):
    content = json.loads(criteo.to_json())
    assert content["schema_version"] == 1
    totals = content["totals"]
    assert totals["macs"] == 2_207_808
    assert totals["parameters"] == 1_779_720
    assert totals["energy_lowest_adc_j"] < totals["energy_j"] < totals["energy_highest_adc_j"]
    assert (totals["average_energy_error"], totals["worst_energy_error"]) == (0.28, 0.70)
    assert content["by_block"]["head"]["macs"] == 2048
    assert "leakage" in content["left_out"]
    assert CostReport.from_json(criteo.to_json()) == criteo


def change(criteo, path, value):
    content = json.loads(criteo.to_json())
    *parents, key = path
    place = content
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema_version",), 2, r"`schema_version` must be 1. Received: 2"),
        (("report", "hardware"), None, r"key `hardware` is missing"),
        (("report", "items", 0, "energy_j"), "much", r"key `items\.0\.energy_j` must be a valid number"),
        (("report", "items", 0, "energy_j"), -1.0, r"`energy_j` must be finite and 0 or above. Received: -1\.0"),
        (("report", "items", 0, "energy_pj"), 1.0, r"`items\.0\.energy_pj` is unknown"),
        (("report", "items", 0, "energy_j"), 1e-3, r"Differing: \['by_block', 'by_component', 'by_operator', 'totals'"),
        (("totals", "energy_j"), 1.0, r"must agree with its own `report`. Differing: \['totals'\]"),
        (("extra",), 1, r"Differing: \['extra'\]"),
        (("left_out",), None, r"Differing: \['left_out'\]"),
        (("report",), None, r"report"),
    ],
)
def test_a_wrong_file_is_one_error_naming_the_key(criteo, path, value, message):
    with pytest.raises(ConfigError, match=message) as caught:
        CostReport.from_json(change(criteo, path, value), where="cost.json")
    assert "cost.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3"])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(ConfigError, match="cost report"):
        CostReport.from_json(text)


def test_reports_of_different_hardware_do_not_add():
    with pytest.raises(InvalidSpecError, match=r"one `hardware`\. Received: 'isaac' and 'puma'"):
        build_report([]) + build_report([], "puma")


@pytest.mark.parametrize("energy_j", [-1e-12, math.nan, math.inf])
def test_impossible_costs_are_refused(energy_j):
    with pytest.raises(InvalidSpecError, match="energy_j"):
        CostItem("block_1", "fully_connected", "adc", 0, energy_j, 0.0, 0.0)
    with pytest.raises(InvalidSpecError, match="adc_energy_j"):
        CostReport("isaac", 0, 0, (energy_j, 1e-9), ())


def test_table_shows_every_component_and_the_error_bars(criteo):
    text = criteo.table()
    for name in (*criteo.by("component"), *criteo.by("block"), "28%", "70%", "2,207,808", "left out"):
        assert name in text


def test_reports_are_values(criteo):
    assert criteo == dataclasses.replace(criteo)
    assert hash(criteo) == hash(dataclasses.replace(criteo))
    with pytest.raises(dataclasses.FrozenInstanceError):
        criteo.hardware = "puma"
