"""DV01 ladder: what the book gains when one vertex of one curve falls by a basis point, by repricing."""

from __future__ import annotations

import numpy as np

from desk.portfolio.market import CURVE_COLUMNS, Market, no_moves
from desk.portfolio.pricing import BP, Terms, scenario_pnl
from desk.risk.positions import Positions, book_pnl
from desk.transforms.curves import VERTICES, FloatArray

LADDER_CURVES = ("PRE", "REAL")


def dv01_ladder(terms: Terms, market: Market, positions: Positions) -> FloatArray:
    """BRL per bp (R, 2V), PRE at VERTICES and then the real curve; + gains when the vertex falls. NaN where unknown.

    Half the difference of a bump down and a bump up, so that the vertices add up to the parallel DV01 (what is left is
    of third order). Futures on FX and equity are in it too, through the PRE rate of their forward.
    """
    return 0.5 * bump_pnl(terms, market, positions, np.eye(len(CURVE_COLUMNS)))


def parallel_dv01(terms: Terms, market: Market, positions: Positions) -> FloatArray:
    """BRL per bp (R,) when both curves fall at every vertex."""
    return 0.5 * bump_pnl(terms, market, positions, np.ones((1, len(CURVE_COLUMNS))))[:, 0]


def bump_pnl(terms: Terms, market: Market, positions: Positions, shapes: FloatArray) -> FloatArray:
    """P&L of a bump down less that of a bump up, BRL (R, B), for bump shapes (B, 2V) in basis points."""
    count = len(shapes)
    moves = no_moves(2 * count)
    moves.curves[0, :count] = -shapes * BP
    moves.curves[0, count:] = shapes * BP
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    pnl = book_pnl(scenario_pnl(terms, levels, moves, valuation, positions.maturity), positions.contracts)
    return np.asarray(pnl[:, :count] - pnl[:, count:])


def ladder_index() -> tuple[list[str], list[int]]:
    """Curve and vertex of each column of the ladder."""
    return [curve for curve in LADDER_CURVES for _ in VERTICES], [*VERTICES, *VERTICES]
