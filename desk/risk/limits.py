"""Limits: what the book uses of each, and its colour. One set (limits.toml) for the optimiser, this pass and the
alerts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import Limit, Limits
from desk.portfolio.package_limits import class_index, class_totals
from desk.risk.positions import Positions
from desk.units import DAYS_PER_YEAR


def limit_values(
    positions: Positions,
    headline: Mapping[str, FloatArray],
    component: FloatArray,
    placed: Mapping[str, FloatArray],
    parameters: DeskParameters,
) -> dict[str, FloatArray]:
    """What each limit is held against, (R,) each; NaN where it is unknown.

    `headline` has var_95, var_99, es_975 as fractions of NAV; `component` (R, N) is each line's part of the book's
    daily standard deviation as a fraction of NAV; `placed` the values of desk.risk.liquidity.
    """
    _, classes = class_index(parameters)
    budget = parameters.portfolio.target_volatility / np.sqrt(DAYS_PER_YEAR)
    shares = component / budget
    by_class = class_totals(shares, classes)
    return {
        **headline,
        "drawdown": positions.drawdown,
        **placed,
        "instrument_risk_share": np.abs(shares).max(axis=1),
        "class_risk_share": np.abs(by_class).max(axis=1),
        "daily_loss": np.maximum(-positions.returns, 0.0),
        "five_day_loss": positions.five_day_loss,
        "strategy_daily_loss": positions.strategy_loss,
    }


def limit_status(value: float | None, limit: Limit, limits: Limits) -> tuple[float | None, str]:
    """Utilisation and colour: green below amber (and below the limit's own warning), breach from 1; absent when the
    value is unknown."""
    if value is None or not np.isfinite(value):
        return None, "absent"
    utilisation = value / limit.threshold
    if utilisation >= 1.0:
        return utilisation, "breach"
    if utilisation > limits.red:
        return utilisation, "red"
    warned = utilisation >= limits.amber or (limit.warn is not None and value >= limit.warn)
    return utilisation, "amber" if warned else "green"
