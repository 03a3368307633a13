"""P&L explained three ways, each adding up to the day's P&L to the cent: by instrument (book_frames), by strategy, by
factor.

By strategy: a line's P&L of price and carry is shared by the strategies' signed parts of the conviction that it was
decided on. A strategy against the position takes the other side of it, so shares add up to one. A line whose conviction
is too small for shares, or that the book held against it (an order not worth its cost, a price that was gone), is
UNATTRIBUTED; CASH and COST are lines of their own, and so is SOURCE_CHANGE, which no strategy earned. Cents go to the
largest remainders.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.gold import PNL_BY_FACTOR, PNL_BY_STRATEGY
from desk.portfolio.book_frames import as_of_times, caught_up, gold_frame, valuation_dates
from desk.portfolio.book_history import BookHistory
from desk.portfolio.pnl_explain import PRICE_FACTORS
from desk.portfolio.size import Contributions, SizingPlan

CASH, COST, UNATTRIBUTED = "CASH", "COST", "UNATTRIBUTED"
SOURCE_CHANGE, CATCH_UP = "SOURCE_CHANGE", "CATCH_UP"
DECISION_LAG_ROWS = 2
"""Rows from the decision of a position to the row that marks its first move."""
Cents = IntArray


def to_cents(money: FloatArray) -> Cents:
    """Whole cents of BRL; unknown money is none."""
    return np.asarray(np.round(np.nan_to_num(money) * 100.0), dtype=np.int64)


def allocate_cents(cents: Cents, shares: FloatArray) -> Cents:
    """`cents` (L,) split by `shares` (L, S), which add up to one a line: whole cents that add up, the odd ones going to
    the largest remainders, the first of equals."""
    exact = cents[:, None] * shares
    whole = np.floor(exact)
    over = cents - whole.sum(axis=1).astype(np.int64)
    rank = np.argsort(np.argsort(-(exact - whole), axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(whole.astype(np.int64) + (rank < over[:, None]), dtype=np.int64)


def pnl_by_strategy(
    plan: SizingPlan, history: BookHistory, contributions: Contributions, parameters: DeskParameters
) -> pl.DataFrame:
    """PNL_BY_STRATEGY: the strategies behind a held line, CASH and COST every day, UNATTRIBUTED if any."""
    ids = parameters.instrument_ids
    lines = to_cents(history.lines.price) + to_cents(history.lines.carry)
    rows: list[tuple[int, str, int]] = []
    for row in range(len(plan)):
        found: dict[str, int] = {}
        for column in np.flatnonzero(history.lines.contracts[row]).tolist():
            parts = contributions.get((row - DECISION_LAG_ROWS, ids[column]), {})
            for name, cents in _line_shares(
                int(lines[row, column]),
                int(history.lines.contracts[row, column]),
                parts,
                parameters.portfolio.dead_band,
            ):
                found[name] = found.get(name, 0) + cents
        found |= {
            CASH: int(to_cents(history.cash[row : row + 1])[0]),
            COST: -int(to_cents(history.lines.cost[row]).sum()),
        }
        changed = int(to_cents(history.lines.source[row]).sum())
        found |= {SOURCE_CHANGE: changed} if changed else {}
        rows += [(row, name, cents) for name, cents in sorted(found.items())]
    at = np.array([row for row, _, _ in rows], dtype=np.int64)
    columns = {"strategy_id": [name for _, name, _ in rows], "pnl_brl": np.array([c for _, _, c in rows]) / 100.0}
    days = {"as_of": as_of_times(plan).gather(at), "valuation_date": valuation_dates(plan).gather(at)}
    return gold_frame(PNL_BY_STRATEGY, days | columns)


def _line_shares(cents: int, held: int, parts: Mapping[str, float], dead_band: float) -> list[tuple[str, int]]:
    total = sum(parts.values())
    if abs(total) < dead_band or total * held <= 0:
        return [(UNATTRIBUTED, cents)]
    shares = np.array([[part / total for part in parts.values()]])
    shares[0, -1] = 1.0 - shares[0, :-1].sum()
    split = allocate_cents(np.array([cents], dtype=np.int64), shares)[0]
    return list(zip(parts, split.tolist(), strict=True))


def pnl_by_factor(plan: SizingPlan, history: BookHistory) -> pl.DataFrame:
    """PNL_BY_FACTOR: every factor every day. RESIDUAL is what one factor at a time does not explain. CATCH_UP is all of
    the lines that are marked over several days, SOURCE_CHANGE what other sources made: only on days that have some."""
    late = caught_up(plan, history)
    factors = np.where(late[:, :, None], 0.0, history.lines.factors)
    parts = {name: to_cents(factors[:, :, place]).sum(axis=1) for place, name in enumerate(PRICE_FACTORS)}
    inflation, carry, price = (
        to_cents(np.where(late, 0.0, part))
        for part in (history.lines.inflation, history.lines.carry, history.lines.price)
    )
    parts["INFLATION"] = inflation.sum(axis=1)
    parts["CARRY"] = (carry - inflation).sum(axis=1)
    parts["RESIDUAL"] = price.sum(axis=1) - sum(parts[name] for name in PRICE_FACTORS)
    parts |= {CASH: to_cents(history.cash), COST: -to_cents(history.lines.cost).sum(axis=1)}
    booked = to_cents(history.lines.price) + to_cents(history.lines.carry)
    parts[CATCH_UP] = np.where(late, booked, 0).sum(axis=1)
    parts[SOURCE_CHANGE] = to_cents(history.lines.source).sum(axis=1)
    count = len(plan)
    whole = gold_frame(
        PNL_BY_FACTOR,
        {
            "as_of": as_of_times(plan).gather(np.repeat(np.arange(count), len(parts))),
            "valuation_date": valuation_dates(plan).gather(np.repeat(np.arange(count), len(parts))),
            "factor": np.tile(list(parts), count),
            "pnl_brl": np.column_stack(list(parts.values())).ravel() / 100.0,
        },
    )
    return whole.filter(~pl.col("factor").is_in([CATCH_UP, SOURCE_CHANGE]) | (pl.col("pnl_brl") != 0.0))
