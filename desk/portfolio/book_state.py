"""The book at the end of a decision day, as it is stored with the decision: all that the next day follows from.

The next day marks what was held against the levels of the last marks, which are part of the state: when a source later
corrects the levels of a past day, the correction is in the P&L of the next mark, and no stored day changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from desk.arrays import FloatArray, RowIndex
from desk.calendars import Days
from desk.errors import BadInput
from desk.portfolio.book import GuardedDay
from desk.portfolio.book_history import BookDay, Holdings, no_holdings, no_pnl
from desk.portfolio.breaker import BreakerState
from desk.portfolio.market_levels import Levels, Market
from desk.portfolio.own_prices import CURVE, MARK_SOURCES

LevelRows = Mapping[dt.date, Mapping[str, Any]]
"""Decision day -> the levels that it knew: `curves` (K,), `spots` (4,), `usd_short`, `cdi`, `usd_overnight`; None for
unknown. And `sources` and `sessions` (G,) of desk.portfolio.price_inputs, and `marks`: [root, maturity, source, price]
of every contract that the book was marked at on the day (desk.portfolio.own_prices; price None at the curve)."""


@dataclass(frozen=True)
class HeldDay:
    """A `BookDay` without its P&L, which the next day does not need.

    `packages` (S, N) are the strategies' legs after the decision, in the order of the strategies. `last_mark` (N,) is
    in decision days: the day itself for a line that holds nothing.
    """

    before: Holdings
    target: Holdings
    packages: FloatArray
    nav: float
    benchmark: float
    risk_multiplier: float
    last_mark: Days


@dataclass(frozen=True)
class BookState:
    """The book after the decision of `day`, arrays (N,) in the order of the catalogue's instruments.

    `shadow` is None while the book is its own shadow. `recent_excess` is the book's NAV over its benchmark on the days
    that the aged peak is read off, oldest first, this day's last. `packages_before` (S, N) are the guarded book's of
    the day before, which the P&L of the next mark belongs to. `levels` holds the day's, and those of every day on which
    a held line was last marked.
    """

    day: dt.date
    guarded: HeldDay
    shadow: HeldDay | None
    breaker: BreakerState
    recent_excess: tuple[float, ...]
    packages_before: FloatArray
    levels: LevelRows

    @property
    def first_day(self) -> dt.date:
        """The earliest day whose levels the next mark reads."""
        return min(self.levels)


def state_of(
    day: GuardedDay,
    row: int,
    market: Market,
    recent_excess: tuple[float, ...],
    packages_before: FloatArray,
    roots: tuple[str, ...],
) -> BookState:
    """The state at `row` of `market`, whose days the last marks are on; `roots` (N,) of the instruments."""
    books = [day.guarded] if day.guarded is day.shadow else [day.guarded, day.shadow]
    marks = {row, *(int(mark) for book in books for mark in book.last_mark[book.before.contracts != 0])}
    held = [_held_day(book, row, market) for book in books]
    return BookState(
        day=market.days[row].item(),
        guarded=held[0],
        shadow=held[1] if len(held) > 1 else None,
        breaker=day.breaker,
        recent_excess=recent_excess,
        packages_before=packages_before,
        levels={
            market.days[mark].item(): _level_row(market, mark)
            | {"marks": _marks(books, mark, market, roots, is_last=mark == row)}
            for mark in sorted(marks)
        },
    )


def resume(state: BookState, market: Market) -> GuardedDay:
    """The stored day on the rows of `market`, which begins on or before `state.first_day`."""
    guarded = _book_day(state.guarded, market)
    return GuardedDay(guarded, guarded if state.shadow is None else _book_day(state.shadow, market), state.breaker)


def with_stored_levels(market: Market, state: BookState) -> Market:
    """`market` with the levels that the state's marks were made at."""
    curves, spots = market.levels.curves.copy(), market.levels.spots.copy()
    short, cdi, overnight = market.levels.usd_short.copy(), market.cdi.copy(), market.usd_overnight.copy()
    sources, sessions, own = market.inputs.sources.copy(), market.inputs.sessions.copy(), market.inputs.own
    for day, levels in state.levels.items():
        row = row_of(market, day)
        curves[row], spots[row] = _numbers(levels["curves"]), _numbers(levels["spots"])
        short[row], cdi[row] = _numbers([levels["usd_short"], levels["cdi"]])
        if "usd_overnight" in levels:  # as below
            overnight[row] = _numbers([levels["usd_overnight"]])[0]
        if "sources" in levels:  # a state of an earlier release does not say
            sources[row], sessions[row] = levels["sources"], np.array(levels["sessions"], dtype="datetime64[D]")
        own = own.keeping(row, _kept(levels["marks"]) if "marks" in levels else None)
    inputs = replace(market.inputs, sources=sources, sessions=sessions, own=own)
    return replace(market, levels=Levels(curves, spots, short), cdi=cdi, usd_overnight=overnight, inputs=inputs)


def row_of(market: Market, day: dt.date) -> int:
    """The row of a decision day. Raises BadInput when the market has no such day."""
    row = int(np.searchsorted(market.days, np.datetime64(day)))
    if row == len(market) or market.days[row] != np.datetime64(day):
        raise BadInput(f"the panel has no {day}, from which the stored book goes on")
    return row


def with_stored_rows(
    state: BookState, targets: pl.DataFrame, portfolio: pl.DataFrame, instrument_ids: Sequence[str]
) -> BookState:
    """A state that was computed anew, with the NAV, holdings and targets that are stored for its day (one day's rows of
    TARGET_POSITION and PORTFOLIO_STATE). The stored book is a record; what is computed may have changed since."""
    rows = {row["instrument_id"]: row for row in targets.iter_rows(named=True)}
    stored = portfolio.row(0, named=True)
    before, target = no_holdings(len(instrument_ids)), no_holdings(len(instrument_ids))
    for column, name in enumerate(instrument_ids):
        if name not in rows:
            continue
        row, computed = rows[name], state.guarded.before
        target.contracts[column], target.contract_id[column] = row["contracts"], row["contract_id"] or ""
        target.maturity[column] = np.datetime64(row["maturity"], "D")
        before.contracts[column] = row["contracts_before"]
        source = computed if computed.contracts[column] != 0 else target
        before.maturity[column], before.contract_id[column] = source.maturity[column], source.contract_id[column]
    levels = state.levels
    if targets["marked_at"].null_count() == len(targets):  # of a release that marked at the curve alone
        levels = {day: {name: value for name, value in row.items() if name != "marks"} for day, row in levels.items()}
    # A release before the breaker stored neither multiplier nor shadow book: they are as computed.
    multiplier = stored["risk_multiplier"] if stored["risk_multiplier"] is not None else state.breaker.multiplier
    guarded = replace(state.guarded, before=before, target=target, nav=stored["nav_brl"], risk_multiplier=multiplier)
    shadow, shadow_nav = state.shadow, stored["shadow_nav_brl"]
    is_own_shadow = shadow is None and multiplier == 1.0 and shadow_nav == stored["nav_brl"]
    if shadow_nav is not None and not is_own_shadow:
        shadow = replace(shadow or state.guarded, nav=shadow_nav)
    return replace(
        state,
        guarded=guarded,
        shadow=shadow,
        breaker=replace(state.breaker, multiplier=multiplier),
        recent_excess=(*state.recent_excess[:-1], guarded.nav / guarded.benchmark),
        levels=levels,
    )


def _marks(
    books: Sequence[BookDay], row: int, market: Market, roots: tuple[str, ...], *, is_last: bool
) -> list[tuple[str, str, str, float | None]]:
    """What the books' contracts were marked at on a row: those last marked there, and on the state's own day all."""
    found = {}
    for book in books:
        ends = book.before.maturity
        price, source = market.inputs.own.best(np.array([row]), roots, ends[None, :])
        there = ~np.isnat(ends) & (is_last | (book.last_mark == row))
        for column in np.flatnonzero(there).tolist():
            own = None if source[0, column] == CURVE else float(price[0, column])
            found[roots[column], str(ends[column])] = MARK_SOURCES[source[0, column]], own
    return [(*contract, *mark) for contract, mark in sorted(found.items())]


def _kept(marks: Sequence[Sequence[Any]]) -> dict[tuple[str, np.datetime64], tuple[int, float]]:
    """`_marks` as desk.portfolio.own_prices keeps them."""
    return {
        (root, np.datetime64(end, "D")): (MARK_SOURCES.index(source), np.nan if price is None else price)
        for root, end, source, price in marks
    }


def _held_day(book: BookDay, row: int, market: Market) -> HeldDay:
    last_mark = market.days[np.where(book.before.contracts != 0, book.last_mark, row)]
    return HeldDay(book.before, book.target, book.packages, book.nav, book.benchmark, book.risk_multiplier, last_mark)


def _level_row(market: Market, row: int) -> dict[str, Any]:
    levels = market.levels
    return {
        "curves": _nulls(levels.curves[row]),
        "spots": _nulls(levels.spots[row]),
        "usd_short": _nulls(levels.usd_short[row : row + 1])[0],
        "cdi": _nulls(market.cdi[row : row + 1])[0],
        "usd_overnight": _nulls(market.usd_overnight[row : row + 1])[0],
        "sources": market.inputs.sources[row].tolist(),
        "sessions": [str(session) for session in market.inputs.sessions[row]],
    }


def _nulls(values: FloatArray) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _book_day(held: HeldDay, market: Market) -> BookDay:
    rows: RowIndex = np.searchsorted(market.days, held.last_mark).astype(np.intp)
    lines = no_pnl(len(held.last_mark))
    return BookDay(
        held.before, held.target, held.packages, lines, 0.0, 0.0, held.nav, held.benchmark, held.risk_multiplier, rows
    )
