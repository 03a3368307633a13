"""Which strategies have data: when each had a score and a price, and which inputs are missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.model import desk_day
from desk.strategies import Strategy
from desk.transforms.panel import Panel


@dataclass(frozen=True)
class Coverage:
    """`scored` days with a score, `first` and `last` of them; `missing_inputs`: never known input -> the source
    columns behind it that are never known either (none where a model needs more history, or another survey, than
    there is); `unpriced`: legs that never have a price."""

    strategy_id: str
    scored: int
    first: dt.date | None
    last: dt.date | None
    missing_inputs: Mapping[str, tuple[str, ...]]
    unpriced: tuple[str, ...]


def coverage(
    panel: Panel,
    signals: pl.DataFrame,
    strategies: Sequence[Strategy],
    unit_pnl: FloatArray,
    instruments: Sequence[str],
) -> list[Coverage]:
    """Over the panel's days. `signals`: its STRATEGY_SIGNALS rows; `unit_pnl` (T, N): of one contract of each of
    `instruments`, NaN where unknown (desk.portfolio.strategy_performance.unit_returns)."""
    empty = {name for name in panel.values.columns if panel.values[name].null_count() == len(panel.values)}
    priced = {name: bool(np.isfinite(unit_pnl[:, column]).any()) for column, name in enumerate(instruments)}
    found = []
    for strategy in strategies:
        own = signals.filter(pl.col("strategy_id") == strategy.id).drop_nulls("score").sort("as_of")
        days = [desk_day(moment) for moment in (own["as_of"].head(1).to_list() + own["as_of"].tail(1).to_list())]
        missing_inputs = {}
        for name in strategy.inputs:
            if name in empty:
                missing_inputs[name] = tuple(_missing(name, panel.lineage.direct, empty, {}))
        unpriced = tuple(leg.instrument for leg in strategy.legs if not priced[leg.instrument])
        found.append(
            Coverage(
                strategy.id, len(own), days[0] if days else None, days[-1] if days else None, missing_inputs, unpriced
            )
        )
    return found


def _missing(
    name: str, direct: Mapping[str, Sequence[str]], empty: Set[str], seen: dict[str, None]
) -> Mapping[str, None]:
    """The never known source columns behind `name`, in order; a known input is not followed further.

    A column chosen between sources may name itself as one of them.
    """
    inputs = [one for one in direct.get(name, ()) if one in empty and one != name]
    if not direct.get(name) or name in direct[name]:
        seen[name] = None
    for one in inputs:
        if one not in seen:
            _missing(one, direct, empty, seen)
    return seen
