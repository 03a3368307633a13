"""The moves of the stress scenarios of scenarios.toml: parametric shocks, and episodes by their moves measured once.

Pure functions of the catalogue and of a row's own levels: the book is sized against the same moves
(desk.portfolio.scenario_losses) that the risk pass reprices (desk.risk.stress).
"""

from __future__ import annotations

import numpy as np

from desk.catalog.risk_parameters import ParametricScenario
from desk.portfolio.market_levels import CURVE_KEYS, IBOVESPA, USDBRL, Levels, curve_at, no_moves
from desk.units import BASIS_POINT

SPREAD_TENOR = 1260


def parametric_moves(scenario: ParametricScenario, levels: Levels) -> Levels:
    """The scenario as moves (R, 1, ...) of the levels of R rows.

    The cupom curve moves with Treasuries and by the shock of the sovereign spread, which is a fraction of the row's own
    five-year spread where the scenario gives a fraction (unknown where the spread is not positive: a share of nothing).
    """
    rows = len(levels.usd_short)
    moves = no_moves(rows)
    curves = np.zeros((rows, len(CURVE_KEYS)))
    spread = levels.curves[:, curve_at("cupom", SPREAD_TENOR)] - levels.curves[:, curve_at("ust", SPREAD_TENOR)]
    widening = np.full(rows, scenario.sovereign_bp * BASIS_POINT)
    if scenario.sovereign:
        widening = widening + np.where(spread > 0, scenario.sovereign * spread, np.nan)
    for at, (curve, bd) in enumerate(CURVE_KEYS):
        curves[:, at] = curve_shift(scenario, curve, bd)
        if curve == "cupom" and "cupom" not in scenario.curves:
            curves[:, at] += curve_shift(scenario, "ust", bd) + widening
    spots = moves.spots[0][:, None, :].copy()
    spots[..., USDBRL] = 1.0 + scenario.usdbrl
    spots[..., IBOVESPA] = 1.0 + scenario.ibovespa
    return Levels(curves[:, None, :], spots, np.full((rows, 1), curve_shift(scenario, "ust", 0)))


def curve_shift(scenario: ParametricScenario, curve: str, bd: int) -> float:
    """Shock of one vertex, fraction per year: straight line between the pairs' tenors, flat outside."""
    pairs = scenario.curves.get(curve, ())
    if not pairs:
        return 0.0
    tenors, shifts = zip(*pairs, strict=True)
    return float(np.interp(bd, tenors, shifts)) * BASIS_POINT


def measured_moves(moves: ParametricScenario, levels: Levels) -> tuple[Levels, list[str]]:
    """An episode's measured moves on the rows of `levels`, and the names of what they lack: a curve or spot that is not
    named is unknown, NaN and not zero."""
    shifts = parametric_moves(moves, levels)
    curves, spots = shifts.curves.copy(), shifts.spots.copy()
    missing = [name for name in ("pre", "real", "ust") if name not in moves.curves]
    if "cupom" not in moves.curves and ("ust" in missing or "sovereign_bp" not in moves.shocks):
        missing.append("cupom")
    for at, (curve, _) in enumerate(CURVE_KEYS):
        if curve in missing:
            curves[..., at] = np.nan
    for name, place in (("usdbrl", USDBRL), ("ibovespa", IBOVESPA)):
        if name not in moves.shocks:
            missing.append(name)
            spots[..., place] = np.nan
    short = np.full_like(shifts.usd_short, np.nan) if "ust" in missing else shifts.usd_short
    return Levels(curves, spots, short), missing
