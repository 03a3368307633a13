"""P&L of the book in a market episode: of the positions it held, from one close to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk import calendars
from desk.gold import PNL_ATTRIBUTION, PNL_BY_STRATEGY, PORTFOLIO_STATE
from desk.model import decision_time


@dataclass(frozen=True)
class Episode:
    """From the close of `before` to that of `last`, the book marking and trading on as always; fractions of the NAV at
    the first close. `by_class` adds up to `total`, cash and costs included; `by_strategy` leaves those two out.
    `worst_day` is the lowest return from one close to the next."""

    before: dt.date
    last: dt.date
    nav_brl: float
    total: float
    worst_day: float
    by_class: Mapping[str, float]
    by_strategy: Mapping[str, float]


def episode(book: Mapping[str, pl.DataFrame], before: dt.date, last: dt.date) -> Episode | None:
    """None where the book was not open at the first close or ends before the last one."""
    b3 = calendars.b3()
    first, end = (decision_time(b3.offset(b3.on_or_before(close), 1)) for close in (before, last))
    state = book[PORTFOLIO_STATE.name].sort("as_of")
    own = state.filter(pl.col("as_of").is_between(first, end))
    if own.is_empty() or own["as_of"][0] != first or own["as_of"][-1] != end:
        return None
    nav = own["nav_brl"].to_numpy()
    return Episode(
        before=before,
        last=last,
        nav_brl=float(nav[0]),
        total=float(nav[-1] / nav[0] - 1.0),
        worst_day=float((nav[1:] / nav[:-1] - 1.0).min()),
        by_class=_sums(book[PNL_ATTRIBUTION.name], "asset_class", first, end, nav[0]),
        by_strategy={
            name: share
            for name, share in _sums(book[PNL_BY_STRATEGY.name], "strategy_id", first, end, nav[0]).items()
            if name not in ("CASH", "COST")
        },
    )


def _sums(pnl: pl.DataFrame, key: str, first: dt.datetime, end: dt.datetime, nav: float) -> dict[str, float]:
    inside = pnl.filter(pl.col("as_of") > first, pl.col("as_of") <= end)
    sums = inside.group_by(key).agg(pl.col("pnl_brl").sum()).sort("pnl_brl")
    return {name: total / nav for name, total in sums.iter_rows() if round(total, 2) != 0.0}
