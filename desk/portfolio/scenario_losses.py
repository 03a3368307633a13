"""What each contract loses in each scenario, for sizes that a bad day does not carry past the limits.

A dated episode is taken by its moves measured once, whatever closes of then are stored: a day's sizes do not depend on
how much history is loaded. What the replay of stored closes finds beyond it lies within the headroom of the limits.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms
from desk.portfolio.market_levels import Levels
from desk.portfolio.scenario_moves import measured_moves, parametric_moves
from desk.portfolio.scenario_pnl import scenario_pnl


def scenario_ids(parameters: DeskParameters) -> tuple[str, ...]:
    """The scenarios (K) of `unit_losses`: every parametric one, and the dated ones with measured moves."""
    dated = (item.id for item in parameters.dated if item.moves is not None)
    return (*(item.id for item in parameters.parametric), *dated)


def unit_losses(
    terms: Terms, levels: Levels, valuation: Days, maturity: Days, parameters: DeskParameters
) -> FloatArray:
    """BRL lost by one long contract (R, K, N) in each scenario, negative for a gain.

    Zero where it is unknown, and before the end of an episode: a decision does not know what is still to come.
    """
    moves = [parametric_moves(item, levels) for item in parameters.parametric]
    known = [np.ones(len(valuation), dtype=bool)] * len(moves)
    for item in parameters.dated:
        if item.moves is not None:
            moves.append(measured_moves(item.moves, levels)[0])
            known.append(valuation >= np.datetime64(item.end))
    if not moves:
        return np.zeros((len(valuation), 0, maturity.shape[1]))
    gain = scenario_pnl(terms, levels, _side_by_side(moves, len(valuation)), valuation, maturity)
    return np.where(np.isfinite(gain) & np.stack(known, axis=1)[:, :, None], -gain, 0.0)


def _side_by_side(moves: list[Levels], rows: int) -> Levels:
    """Moves (R or 1, 1, ...) of K scenarios as one (R, K, ...)."""

    def wide(name: str) -> FloatArray:
        arrays = [getattr(one, name) for one in moves]
        return np.concatenate([np.broadcast_to(array, (rows, *array.shape[1:])) for array in arrays], axis=1)

    return Levels(wide("curves"), wide("spots"), wide("usd_short"))
