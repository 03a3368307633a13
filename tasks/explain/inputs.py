"""From panel columns to the receipts behind them."""

from __future__ import annotations

from collections.abc import Iterable

from desk.catalog.desk_parameters import Instrument
from desk.portfolio.market_levels import CURVE_COLUMNS
from reports.elements.receipts import Receipts
from tasks.explain.facts import Facts, Row
from tasks.explain.figure import Input

PRICED_FROM: dict[str, tuple[str, ...]] = {
    "pre_pu": ("pre", "cdi"),
    "real_pu": ("real", "ipca_index_pro_rata", "cdi"),
    "ipca_bond": ("real", "ipca_index_pro_rata", "cdi"),
    "fx_forward": ("usdbrl", "pre", "usd_short_rate"),
    "equity_forward": ("ibovespa", "pre"),
    "cupom_pu": ("cupom", "usdbrl", "usd_short_rate"),
    "par_bond": ("ust", "usdbrl", "usd_short_rate"),
    "spread": ("cupom", "ust", "usdbrl"),
}
"""Kind of instrument -> curves and columns that price it. A curve's name means all of its vertices."""


def price_columns(instruments: Iterable[Instrument]) -> tuple[str, ...]:
    """The panel columns that price these instruments."""
    names = dict.fromkeys(name for item in instruments for name in PRICED_FROM[item.kind])
    found = {column: None for name in names for column in _expanded(name)}
    return tuple(found)


def _expanded(name: str) -> list[str]:
    vertices = [column for column in CURVE_COLUMNS if column.rsplit("_", 1)[0] == name]
    return vertices or [name]


async def trace(facts: Facts, columns: Iterable[str]) -> tuple[Input, ...]:
    """The inputs of `columns`, one for each receipt in order of first use, each with the levels that derive from it."""
    receipts, levels = Receipts(await facts.receipts()), await facts.levels()
    rows: dict[str, Row | None] = {}
    read: dict[str, dict[str, float | None]] = {}
    for column in columns:
        for leaf in facts.leaves(column):
            found: list[Row | None] = [*receipts.behind(leaf)]
            for row in found or [None]:
                name = row["input_id"] if row is not None else leaf
                rows.setdefault(name, row)
                if leaf != name:
                    read.setdefault(name, {})[leaf] = levels.get(leaf)
    return tuple(_input(name, row, read.get(name, {}), levels.get(name)) for name, row in rows.items())


def _input(name: str, row: Row | None, levels: dict[str, float | None], level: float | None) -> Input:
    if row is None:
        state = "made by the desk" if level is not None else "no receipt"
        return Input(name, None, None, level, None, None, None, None, None, None, state, levels)
    return Input(
        name,
        row["source"],
        row["dataset"],
        row["value"],
        row["unit"],
        row["obs_date"],
        row["knowledge_time"],
        row["stamp"],
        row["sha256"],
        row["age_bd"],
        row["state"],
        levels,
    )
