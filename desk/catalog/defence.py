"""When the book does not believe a price, and when its orders are not issued: typed records of defence.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.catalog import read_toml
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
    try:
        ages = {name: int(days) for name, days in raw["price_age"].items()}
        gate = {name: GateRules(float(rule.pop("threshold")), **rule) for name, rule in raw["gate"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise BadCatalog(f"defence.toml: {error!r}") from error
    if set(ages) != set(PRICE_GROUPS):
        raise BadCatalog(f"defence.toml: price_age needs exactly {', '.join(PRICE_GROUPS)}")
    if min(ages.values()) < 0:
        raise BadCatalog("defence.toml: an age is negative")
    if set(gate) != set(GATE_CHECKS) or min(rule.threshold for rule in gate.values()) < 0:
        raise BadCatalog(
            f"defence.toml: gate needs exactly {', '.join(GATE_CHECKS)}, each with a threshold of 0 or more"
        )
    return Defence(ages, gate)
