"""`CostReport`: what one example costs on one hardware design, and how sure that is."""

import dataclasses
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from nasrec_tf.config import STRICT, parse_config
from nasrec_tf.errors import ConfigError, InvalidSpecError

SCHEMA_VERSION = 1

# CiMLoop (ISPASS 2024): energy error of models with fixed energies against NeuroSim's circuit simulation.
AVERAGE_ENERGY_ERROR = 0.28
WORST_ENERGY_ERROR = 0.70

LEFT_OUT = (
    "leakage and idle circuits; writing the weights; biases, ReLU, sums and concatenations; the links between chips; "
    "area of the embedding memory"
)

Grouping = Literal["component", "operator", "block"]

# Steps of the grids on which costs lie. Sums of such numbers are exact, in any order, up to 2**53 steps: 0.49 mJ,
# 0.12 s, 78 cm2. Far beyond what one example costs, and the steps are far below what a cost is known to.
_ENERGY_STEP_J, _LATENCY_STEP_S, _AREA_STEP_M2 = 2.0**-64, 2.0**-56, 2.0**-60


@dataclass(frozen=True)
class CostItem:
    """What one component contributes to one operator of one block.

    Units:
        energy_j: J per example. latency_s: s on the critical path, 0 off it. area_m2: m2. macs: per example.
    """

    __pydantic_config__ = STRICT

    block: str
    operator: str
    component: str
    macs: int
    energy_j: float
    latency_s: float
    area_m2: float

    def __post_init__(self) -> None:
        for field, step in (("energy_j", _ENERGY_STEP_J), ("latency_s", _LATENCY_STEP_S), ("area_m2", _AREA_STEP_M2)):
            value = getattr(self, field)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidSpecError(f"`{field}` must be finite and 0 or above. Received: {value}. Check the design.")
            object.__setattr__(self, field, round(value / step) * step)


@dataclass(frozen=True)
class Cost:
    """Totals of some items; units as in `CostItem`."""

    macs: int
    energy_j: float
    latency_s: float
    area_m2: float


@dataclass(frozen=True)
class CostReport:
    """The cost of one example; `+` is the cost of one network after the other on the same design.

    Attributes:
        hardware: name of the design. parameters: outside embedding tables, dead blocks included.
        adc_energy_j: of all conversions together at the lowest and the highest energy that references give.
        items: one for each block, operator and component; every breakdown adds up to the totals exactly.
    Units:
        energy J, latency s, area m2.
    """

    __pydantic_config__ = STRICT

    hardware: str
    parameters: int
    embedding_parameters: int
    adc_energy_j: tuple[float, float]
    items: tuple[CostItem, ...]

    def __post_init__(self) -> None:
        low, high = self.adc_energy_j
        if not 0 <= low <= high < math.inf:
            raise InvalidSpecError(f"`adc_energy_j` must be a finite range from 0. Received: {low}, {high}. Order it.")
        object.__setattr__(self, "items", _merge(self.items))

    @property
    def macs(self) -> int:
        return _total(self.items).macs

    @property
    def energy_j(self) -> float:
        return _total(self.items).energy_j

    @property
    def latency_s(self) -> float:
        return _total(self.items).latency_s

    @property
    def area_m2(self) -> float:
        return _total(self.items).area_m2

    @property
    def energy_band_j(self) -> tuple[float, float]:
        """Total energy with the converters at the lowest and at the highest energy that references give."""
        rest = sum(item.energy_j for item in self.items if item.component != "adc")
        return rest + self.adc_energy_j[0], rest + self.adc_energy_j[1]

    def by(self, grouping: Grouping) -> dict[str, Cost]:
        """Returns the totals of each component, operator or block, in the order in which they first run."""
        groups: dict[str, list[CostItem]] = {}
        for item in self.items:
            groups.setdefault(getattr(item, grouping), []).append(item)
        return {name: _total(items) for name, items in groups.items()}

    def __add__(self, other: "CostReport") -> "CostReport":
        if self.hardware != other.hardware:
            raise InvalidSpecError(
                f"reports to add must be of one `hardware`. Received: {self.hardware!r} and {other.hardware!r}. "
                f"Profile both on the same design."
            )
        return CostReport(
            hardware=self.hardware,
            parameters=self.parameters + other.parameters,
            embedding_parameters=self.embedding_parameters + other.embedding_parameters,
            adc_energy_j=(self.adc_energy_j[0] + other.adc_energy_j[0], self.adc_energy_j[1] + other.adc_energy_j[1]),
            items=(*self.items, *other.items),
        )

    def totals(self) -> dict[str, Any]:
        """Returns the totals, the band and the error bars, as `to_dict` holds them."""
        return {
            "macs": self.macs,
            "parameters": self.parameters,
            "embedding_parameters": self.embedding_parameters,
            "energy_j": self.energy_j,
            "energy_lowest_adc_j": self.energy_band_j[0],
            "energy_highest_adc_j": self.energy_band_j[1],
            "latency_s": self.latency_s,
            "area_m2": self.area_m2,
            "average_energy_error": AVERAGE_ENERGY_ERROR,
            "worst_energy_error": WORST_ENERGY_ERROR,
        }

    def to_dict(self) -> dict[str, Any]:
        groupings: tuple[Grouping, ...] = ("component", "operator", "block")
        return {
            "schema_version": SCHEMA_VERSION,
            "totals": self.totals(),
            "left_out": LEFT_OUT,
            **{
                f"by_{grouping}": {name: dataclasses.asdict(cost) for name, cost in self.by(grouping).items()}
                for grouping in groupings
            },
            "report": json.loads(json.dumps(dataclasses.asdict(self))),
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def from_json(cls, text: str, *, where: str = "cost report") -> "CostReport":
        """Reads what `to_json` wrote.

        Raises:
            ConfigError: naming `where` and the key, if the text is not JSON, is of another schema version, has a key
                unknown, missing or wrong, or has totals its items do not add up to.
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{where}: is not valid JSON: {error}. Write it anew with `to_json`.") from error
        if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
            found = content.get("schema_version") if isinstance(content, dict) else type(content).__name__
            raise ConfigError(f"{where}: `schema_version` must be {SCHEMA_VERSION}. Received: {found!r}. Profile anew.")
        report = parse_config(content.get("report"), cls, where=f"{where}: report")
        expected = report.to_dict()
        differing = sorted(key for key in {*content, *expected} if content.get(key) != expected.get(key))
        if differing:
            raise ConfigError(f"{where}: must agree with its own `report`. Differing: {differing}. Profile anew.")
        return report

    def table(self) -> str:
        """Returns the totals, the error bars and the breakdowns as text to read."""
        from tabulate import tabulate

        low, high = self.energy_band_j
        lines = [
            f"Cost of one example on {self.hardware}",
            f"  multiply-accumulates  {self.macs:,}",
            f"  parameters            {self.parameters:,} and {self.embedding_parameters:,} in embedding tables",
            f"  energy                {self.energy_j * 1e9:,.2f} nJ "
            f"({low * 1e9:,.2f} to {high * 1e9:,.2f} nJ over published energies of the converter)",
            f"  latency               {self.latency_s * 1e6:,.2f} us on the critical path",
            f"  area                  {self.area_m2 * 1e6:,.3f} mm2",
            f"  energy error of such models against circuit simulation: {AVERAGE_ENERGY_ERROR:.0%} on average, "
            f"{WORST_ENERGY_ERROR:.0%} at worst",
            f"  left out: {LEFT_OUT}",
        ]
        groupings: tuple[Grouping, ...] = ("component", "operator", "block")
        for grouping in groupings:
            rows = [
                (name, cost.macs, cost.energy_j * 1e9, cost.latency_s * 1e6, cost.area_m2 * 1e6)
                for name, cost in self.by(grouping).items()
            ]
            headers = (grouping, "MACs", "energy nJ", "latency us", "area mm2")
            lines += ["", tabulate(rows, headers=headers, floatfmt=("", ",", ",.3f", ",.3f", ",.4f"), intfmt=",")]
        return "\n".join(lines)


def _total(items: Iterable[CostItem]) -> Cost:
    items = tuple(items)
    return Cost(
        macs=sum(item.macs for item in items),
        energy_j=sum(item.energy_j for item in items),
        latency_s=sum(item.latency_s for item in items),
        area_m2=sum(item.area_m2 for item in items),
    )


def _merge(items: Iterable[CostItem]) -> tuple[CostItem, ...]:
    """Adds up the items of the same block, operator and component."""
    groups: dict[tuple[str, str, str], list[CostItem]] = {}
    for item in items:
        groups.setdefault((item.block, item.operator, item.component), []).append(item)
    return tuple(
        same[0] if len(same) == 1 else CostItem(*place, **dataclasses.asdict(_total(same)))
        for place, same in groups.items()
    )
