"""DV01 ladder: what the book gains when one vertex of one curve falls by a basis point, by repricing; and its deltas.

Deltas stand in the same table as rows of their own, with tenor 0: FX and EQUITY, what the book gains when USD/BRL or
the Ibovespa *rises* by a basis point of itself (0.01%: the exposure in BRL over 10,000), and SPREAD, what sovereign
spread positions gain when the spread falls by one, which the CUPOM and UST vertices hold too.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.portfolio.contract_terms import Terms
from desk.portfolio.market_levels import CURVE_COLUMNS, CURVE_KEYS, IBOVESPA, USDBRL, Market, curve_at, no_moves
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.positions import Positions, book_pnl
from desk.units import BASIS_POINT

DELTAS = ("FX", "EQUITY", "SPREAD")
SPREAD_TENOR = 1260


def dv01_ladder(terms: Terms, market: Market, positions: Positions) -> FloatArray:
    """BRL per bp (R, K) in the order of CURVE_KEYS; + gains when the vertex falls. NaN where unknown.

    Half the difference of a bump down and a bump up, so that the vertices add up to the parallel DV01 (what is left is
    of third order). Futures on FX and equity are in it too, through the PRE rate of their forward.
    """
    return 0.5 * bump_pnl(terms, market, positions, np.eye(len(CURVE_COLUMNS)))


def bump_pnl(terms: Terms, market: Market, positions: Positions, shapes: FloatArray) -> FloatArray:
    """P&L of a bump down less that of a bump up, BRL (R, B), for bump shapes (B, K) in basis points."""
    count = len(shapes)
    moves = no_moves(2 * count)
    moves.curves[0, :count] = -shapes * BASIS_POINT
    moves.curves[0, count:] = shapes * BASIS_POINT
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    pnl = book_pnl(scenario_pnl(terms, levels, moves, valuation, positions.maturity), positions.contracts)
    return np.asarray(pnl[:, :count] - pnl[:, count:])


def deltas(terms: Terms, market: Market, positions: Positions) -> FloatArray:
    """BRL per bp (R, 3) in the order of DELTAS, by central bumps."""
    moves = no_moves(6)
    for place, spot in enumerate((USDBRL, IBOVESPA)):
        moves.spots[0, 2 * place, spot] = 1.0 + BASIS_POINT
        moves.spots[0, 2 * place + 1, spot] = 1.0 - BASIS_POINT
    spread = curve_at("cupom", SPREAD_TENOR)
    moves.curves[0, 4, spread], moves.curves[0, 5, spread] = -BASIS_POINT, BASIS_POINT
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    unit = scenario_pnl(terms, levels, moves, valuation, positions.maturity)
    whole = book_pnl(unit[:, :4], positions.contracts)
    sovereign = np.where(terms.kind_mask("spread"), positions.contracts, 0.0)
    of_spread = book_pnl(unit[:, 4:], sovereign)
    both = np.concatenate([whole, of_spread], axis=1)
    return np.asarray(0.5 * (both[:, 0::2] - both[:, 1::2]))


def ladder_index() -> tuple[list[str], list[int]]:
    """Curve and tenor of each row of the table: the vertices, then the deltas."""
    curves, tenors = [curve.upper() for curve, _ in CURVE_KEYS], [bd for _, bd in CURVE_KEYS]
    return [*curves, *DELTAS], [*tenors, *([0] * len(DELTAS))]
