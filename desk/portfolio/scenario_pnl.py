"""Trailing history carried onto today's contracts: each past day's factor moves, repriced at the day's own levels.

The book's covariance and the VaR's scenarios are both read off these, so they cannot disagree about a sign.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desk.arrays import FloatArray, RowIndex
from desk.calendars import Days
from desk.portfolio.contract_terms import Terms, by_next_payment, remaining_payments
from desk.portfolio.market_levels import USDBRL, Levels, Market, factor_moves
from desk.portfolio.pricing import contract_value
from desk.portfolio.pricing_formulas import inception_terms

CHUNK_ROWS = 48  # keeps a chunk's scenarios within a processor's cache rather than the machine's memory


def scenario_pnl(terms: Terms, levels: Levels, moves: Levels, valuation: Days, maturity: Days) -> FloatArray:
    """P&L in BRL of one long contract if the levels moved at once: (R, S, N) for rows R and moves (R or 1, S, ...)."""
    rows = by_next_payment(terms, valuation)
    if len(rows) == 1:
        return _repriced(terms, levels, moves, valuation, maturity)
    own = moves.spots.shape[0] > 1
    parts = [_repriced(terms, levels[at], moves[at] if own else moves, valuation[at], maturity[at]) for at in rows]
    return np.concatenate(parts)


def _repriced(terms: Terms, levels: Levels, moves: Levels, valuation: Days, maturity: Days) -> FloatArray:
    remaining = remaining_payments(terms, valuation, maturity)
    inception = inception_terms(terms, levels, remaining)
    base = contract_value(terms, levels, remaining, inception)
    shocked = levels.shocked(moves)
    gain = contract_value(terms, shocked, remaining, inception) - base[:, None, :]
    for column in np.flatnonzero(terms.in_dollars):
        gain[..., column] *= shocked.spots[..., USDBRL]
    return gain


def trailing_pnl(
    terms: Terms, market: Market, rows: RowIndex, maturity: Days, window: int
) -> Iterator[tuple[slice, FloatArray]]:
    """P&L per long contract, BRL, under the moves of the `window` rows up to and with each row, oldest first.

    `rows` (R,) index the market, `maturity` (R, N) names their contracts. Yields (slice of R, (rows, window, N)); moves
    before the market's first row are NaN, and so is a day on which a factor of the contract is unknown.
    """
    moves = _padded(factor_moves(market.levels), window)
    for start in range(0, len(rows), CHUNK_ROWS):
        part = slice(start, min(start + CHUNK_ROWS, len(rows)))
        at = rows[part]
        window_rows = at[:, None] + 1 + np.arange(window)  # row r of the market is row r + window of the padded moves
        yield (
            part,
            scenario_pnl(terms, market.levels[at], moves[window_rows], market.valuation[at], maturity[part]),
        )


def _padded(moves: Levels, window: int) -> Levels:
    def pad(array: FloatArray) -> FloatArray:
        return np.concatenate([np.full((window, *array.shape[1:]), np.nan), array])

    return Levels(pad(moves.curves), pad(moves.spots), pad(moves.usd_short))
