"""When the book does not believe a price, and when its orders are not issued: typed records of defence.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.catalog import number, read_toml, section, tables, typed_record
from desk.errors import BadCatalog

PRICE_GROUPS = (
    "pre",
    "real",
    "real_long",
    "cupom",
    "ust",
    "usdbrl",
    "ibovespa",
    "ipca_index_pro_rata",
    "usd_short_rate",
)
"""What prices are read off: each a curve or a spot with one source and one session a day."""
GATE_CHECKS = (
    "nav_chain",
    "numbers",
    "pnl",
    "line_pnl",
    "cash",
    "unit_risk",
    "turnover",
    "position",
    "limits",
    "open_interest",
    "volume",
    "closed",
    "released",
)
"""The checks of desk.risk.gate."""
MOST_DAYS, MOST_TIMES = 250, 100.0
"""An age or a threshold beyond it stops nothing, as one with a slipped decimal point."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """One check of the gate: the most that its value may be, and its English name and unit."""

    threshold: float
    name: str
    unit: str


@dataclass(frozen=True)
class Defence:
    """`price_age`: group of PRICE_GROUPS -> business days; `gate`: check -> its rule. Meanings: defence.toml."""

    price_age: Mapping[str, int]
    gate: Mapping[str, GateRules]


def load_defence() -> Defence:
    """The typed defence.toml. Raises BadCatalog for a missing, unknown or impossible entry."""
    raw = read_toml("defence")
    given = section("defence", raw, "price_age")
    ages = {name: number("defence.toml: price_age", given, name) for name in given}
    gate: dict[str, GateRules] = {
        name: typed_record(GateRules, f"defence.toml: gate {name}", entry)
        for name, entry in tables("defence", raw, "gate").items()
    }
    if set(ages) != set(PRICE_GROUPS):
        raise BadCatalog(f"defence.toml: price_age needs exactly {', '.join(PRICE_GROUPS)}")
    for name, age in ages.items():
        if not 0 <= age <= MOST_DAYS or age != int(age):
            raise BadCatalog(f"defence.toml: price_age: {name} = {age:g} is no number of days from 0 to {MOST_DAYS}")
    if set(gate) != set(GATE_CHECKS):
        raise BadCatalog(f"defence.toml: gate needs exactly {', '.join(GATE_CHECKS)}")
    for name, rule in gate.items():
        most = 1.0 if rule.unit == "share" else MOST_TIMES
        if not 0 <= rule.threshold <= most:
            raise BadCatalog(f"defence.toml: gate {name}: threshold = {rule.threshold:g} is not in 0 to {most:g}")
    return Defence({name: int(age) for name, age in ages.items()}, gate)
