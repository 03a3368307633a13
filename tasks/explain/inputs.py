"""From panel columns to the receipts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from desk.catalog.desk_parameters import Instrument
from desk.portfolio.market_levels import CURVE_COLUMNS
from desk.portfolio.price_inputs import NEEDS
from tasks.explain.decision_gold import Facts, Row
from tasks.explain.figure import Input

FINANCED_AT_CDI = frozenset({"pre_pu", "real_pu", "ipca_bond"})
"""Kinds whose P&L is in excess of CDI."""
PRICED_FROM: dict[str, tuple[str, ...]] = {
    kind: (*needs, "cdi") if kind in FINANCED_AT_CDI else needs for kind, needs in NEEDS.items()
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
    """One input per receipt, in order of first use, each with the levels that were read off it."""
    receipts, levels = await facts.receipts(), await facts.levels()
    origins, direct = await facts.origins(), facts.direct
    read: dict[str, dict[str, float | None]] = {}
    made: dict[str, None] = {}
    for column in columns:
        for level, inputs in _read_off(column, origins, direct, ()):
            if not inputs:
                made.setdefault(level)
            for name in inputs:
                own = read.setdefault(name, {})
                if name != level:
                    own[level] = levels.get(level)
    found = [_input(name, receipts.get(name), below, levels.get(name)) for name, below in read.items()]
    return (*found, *(_input(name, None, {}, levels.get(name)) for name in made))


def _read_off(
    column: str, origins: Mapping[str, tuple[str, ...]], direct: Mapping[str, tuple[str, ...]], path: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The levels nearest to the sources behind a column, each with the inputs that the panel read it off.

    A column chosen between several has all of them as direct inputs; its stored origin says which one it was.
    """
    own = origins.get(column, ())
    parents = direct.get(column, ())
    if len(own) == 1 or not parents or column in path:
        yield column, own
        return
    for parent in parents:
        for level, inputs in _read_off(parent, origins, direct, (*path, column)):
            used = tuple(name for name in inputs if not own or name in own)
            if used or not inputs:
                yield level, used


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
