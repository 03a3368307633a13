"""Stress: the book's P&L if the levels moved at once, by repricing. Parametric shocks and dated moves.

A dated scenario is replayed where the loaded history, or the archive of its own two days, holds both closes; on a
decision day before the later one it is not known yet. Where the closes are not stored, its measured moves take their
place, and its name has that; without either it is absent, and its name has the reason. A move of a factor that a held
line needs and that is unknown leaves the line's P&L unknown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import DatedScenario, ParametricScenario
from desk.portfolio.contract_terms import Terms
from desk.portfolio.market_levels import IPCA_INDEX, Levels, Market, no_moves
from desk.portfolio.scenario_moves import measured_moves, parametric_moves
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.factors import factor_matrix, reported_moves, unknown_families
from desk.risk.positions import Positions

MAX_GAP_DAYS = 7  # a close is that of the session on the date or, on a holiday, of the one before
REPORTED_FACTORS = ("pre_252", "pre_1260", "real_1260", "cupom_252", "cupom_1260", "ust_1260", "usdbrl", "ibovespa")


@dataclass(frozen=True)
class Scenario:
    """`names` (R,) its name on each row; `pnl` (R, N) by line in BRL; `known_from` the first market row whose
    decision knows the scenario; `moves` (R,) JSON of what it moves."""

    id: str
    names: Sequence[str]
    kind: str
    pnl: FloatArray
    moves: Sequence[str | None]
    known_from: int = 0


@dataclass(frozen=True)
class _Shock:
    """One scenario's moves (R or 1, 1, ...) before repricing."""

    id: str
    name: str
    kind: str
    moves: Levels
    moves_json: str
    known_from: int = 0
    absent: bool = False


def run_stress(
    terms: Terms, market: Market, positions: Positions, parameters: DeskParameters, archive: Market | None = None
) -> list[Scenario]:
    """Every scenario of the catalogue, over all rows of the book. `archive`: days before the market's first."""
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    shocks = [_parametric(item, levels) for item in parameters.parametric]
    shocks += [_dated(item, market, archive) for item in parameters.dated]
    held = (positions.contracts != 0)[:, None, :]
    found = []
    for shock in shocks:
        unit = scenario_pnl(terms, levels, shock.moves, valuation, positions.maturity)
        pnl = np.where(held, unit * positions.contracts[:, None, :], 0.0)[:, 0]
        if shock.absent:
            pnl = np.full_like(pnl, np.nan)
        rows = len(positions)
        found.append(
            Scenario(shock.id, [shock.name] * rows, shock.kind, pnl, [shock.moves_json] * rows, shock.known_from)
        )
    return found


def _parametric(scenario: ParametricScenario, levels: Levels) -> _Shock:
    moves_json = json.dumps(dict(scenario.shocks))
    return _Shock(scenario.id, scenario.name, "parametric", parametric_moves(scenario, levels), moves_json)


def _dated(scenario: DatedScenario, market: Market, archive: Market | None) -> _Shock:
    known_from = int(np.searchsorted(market.valuation, np.datetime64(scenario.end), side="left"))
    for source in (market, archive):
        ends = None if source is None else end_rows(source.valuation, scenario)
        if source is None or ends is None:
            continue
        moves = _replayed(source.levels, *ends)
        row = factor_matrix(moves)[0, 0]
        shown = {name: size for name, size in reported_moves(row).items() if name in REPORTED_FACTORS}
        missing = unknown_families(row)
        name = f"{scenario.name}; without {', '.join(missing)}, not held of then" if missing else scenario.name
        return _Shock(scenario.id, name, "dated", moves, json.dumps(shown), known_from)
    if scenario.moves is not None:
        return _measured(scenario, scenario.moves, market.levels, known_from)
    name = f"{scenario.name}: absent, no closes of {scenario.start:%d %b %Y} and {scenario.end:%d %b %Y} are held"
    return _Shock(scenario.id, name, "dated", no_moves(1), json.dumps({}), known_from, absent=True)


def _measured(scenario: DatedScenario, moves: ParametricScenario, levels: Levels, known_from: int) -> _Shock:
    """The episode by its measured moves."""
    shifts, missing = measured_moves(moves, _one_row(levels))
    shown = json.dumps({name: size for name, size in moves.shocks.items() if name not in ("spx", "oil")})
    name = f"{scenario.name}; by the moves measured once, no closes of then are held"
    if missing:
        name += f", without {', '.join(missing)}"
    return _Shock(scenario.id, name, "dated", shifts, shown, known_from)


def _one_row(levels: Levels) -> Levels:
    return Levels(levels.curves[-1:], levels.spots[-1:], levels.usd_short[-1:])


def end_rows(valuation: Days, scenario: DatedScenario) -> tuple[int, int] | None:
    """Rows that know the closes of the scenario's two dates, or None where the history does not hold one."""
    rows = []
    for date in (scenario.start, scenario.end):
        row = int(np.searchsorted(valuation, np.datetime64(date), side="right")) - 1
        if row < 0 or np.datetime64(date) - valuation[row] > np.timedelta64(MAX_GAP_DAYS, "D"):
            return None
        rows.append(row)
    return (rows[0], rows[1]) if rows[0] < rows[1] else None


def _replayed(levels: Levels, start: int, end: int) -> Levels:
    ratios = (levels.spots[end] / levels.spots[start])[None, None, :].copy()
    ratios[..., 0] = ratios[..., IPCA_INDEX] = 1.0
    return Levels(
        (levels.curves[end] - levels.curves[start])[None, None, :],
        ratios,
        np.array([[levels.usd_short[end] - levels.usd_short[start]]]),
    )
