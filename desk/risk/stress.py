"""Stress: the book's P&L if the levels moved at once, by repricing. Parametric shocks, dated moves, and the worst day.

Dated scenarios are replayed where the loaded history holds both closes; on a decision day before the later one they are
not known yet. A dated move of a factor that a held line needs and that was unknown then leaves the line's P&L unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import DatedScenario, ParametricScenario
from desk.portfolio.market import Levels, Market, no_moves
from desk.portfolio.pricing import BP, Terms, scenario_pnl
from desk.risk.positions import Positions
from desk.transforms.curves import VERTICES, FloatArray

MAX_GAP_DAYS = 7  # a close is that of the session on the date or, on a holiday, of the one before


@dataclass(frozen=True)
class Scenario:
    """`names` (R,) what it is called on each row; `pnl` (R, N) by line in BRL; `known_from` the first market row whose
    decision knows the scenario."""

    id: str
    names: Sequence[str]
    kind: str
    pnl: FloatArray
    known_from: int = 0


def run_stress(terms: Terms, market: Market, positions: Positions, parameters: DeskParameters) -> list[Scenario]:
    """Every scenario of the catalogue that can be run, over all rows of the book."""
    parts: list[tuple[str, str, str, Levels, int]] = [
        (item.id, item.name, "parametric", parametric_moves(item), 0) for item in parameters.parametric
    ]
    for item in parameters.dated:
        ends = _end_rows(market, item)
        if ends is not None:
            parts.append((item.id, item.name, "dated", _replayed(market, *ends), ends[1]))
    moves = _joined([part[3] for part in parts])
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    unit = scenario_pnl(terms, levels, moves, valuation, positions.maturity)
    held = (positions.contracts != 0)[:, None, :]
    pnl = np.where(held, unit * positions.contracts[:, None, :], 0.0)
    return [
        Scenario(key, [name] * len(positions), kind, pnl[:, column], known_from)
        for column, (key, name, kind, _, known_from) in enumerate(parts)
    ]


def parametric_moves(scenario: ParametricScenario) -> Levels:
    """The scenario as moves (1, 1, ...)."""
    moves = no_moves(1)
    moves.curves[0, 0] = np.concatenate([_curve_bp(scenario.pre_bp), _curve_bp(scenario.real_bp)]) * BP
    moves.spots[0, 0, 1] = 1.0 + scenario.usdbrl
    moves.spots[0, 0, 2] = 1.0 + scenario.ibovespa
    return moves


def _curve_bp(pairs: tuple[tuple[int, float], ...]) -> FloatArray:
    """Basis points at VERTICES: straight line between the pairs' tenors, flat outside."""
    if not pairs:
        return np.zeros(len(VERTICES))
    tenors, shifts = zip(*pairs, strict=True)
    return np.asarray(np.interp(VERTICES, tenors, shifts))


def _end_rows(market: Market, scenario: DatedScenario) -> tuple[int, int] | None:
    """Rows that know the closes of the scenario's two dates, or None when the history lacks one."""
    rows = []
    for date in (scenario.start, scenario.end):
        row = int(np.searchsorted(market.valuation, np.datetime64(date), side="right")) - 1
        if row < 0 or np.datetime64(date) - market.valuation[row] > np.timedelta64(MAX_GAP_DAYS, "D"):
            return None
        rows.append(row)
    return (rows[0], rows[1]) if rows[0] < rows[1] else None


def _replayed(market: Market, start: int, end: int) -> Levels:
    levels = market.levels
    ratios = (levels.spots[end] / levels.spots[start])[None, None, :].copy()
    ratios[..., 0] = ratios[..., 3] = 1.0
    return Levels(
        (levels.curves[end] - levels.curves[start])[None, None, :],
        ratios,
        np.array([[levels.usd_short[end] - levels.usd_short[start]]]),
    )


def _joined(moves: Sequence[Levels]) -> Levels:
    return Levels(
        np.concatenate([item.curves for item in moves], axis=1),
        np.concatenate([item.spots for item in moves], axis=1),
        np.concatenate([item.usd_short for item in moves], axis=1),
    )
