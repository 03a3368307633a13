"""SOV_RATING_PRESSURE: rating pressure: a logistic function of debt, growth, current account and volatility."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS

DEBT, CURRENT_ACCOUNT, GROWTH = 0.054, -0.156, -0.142
"""Log odds of entering a debt crisis within a year, per percent of GDP and per percent of growth: the reduced logit of
Manasse, Roubini and Schimmelpfennig, "Predicting Sovereign Debt Crises", IMF WP/03/221 (2003), table 3."""
VOLATILITY = 0.5
"""Log odds per standard deviation of USD/BRL volatility: the desk's choice, equal to 3.5 points of growth above. The
paper's own term, the volatility of inflation in years of hyperinflation, does not apply."""
PERCENT = 100.0


class SovRatingPressure(Strategy):
    """Sell protection when rating pressure is low, buy it when high.

    Sign: + sell protection. score = 1 - 2 p, with p the logistic of the weighted departures of the
    four variables from their three-year means. Only departures count, so the paper's constant, its other variables and
    the level of Brazil's debt (public here, external there) have no effect. All four must be known. Source: Manasse,
    Roubini and Schimmelpfennig, IMF WP/03/221 (2003), table 3.
    """

    id = "SOV_RATING_PRESSURE"
    asset_class = "Sovereign"
    idea = "logistic of debt, growth, external balance and volatility (+ sell protection when low)"
    inputs = ("gross_debt_gdp", "activity_yoy", "current_account_12m_gdp", "usdbrl_vol_63_z")
    legs = (Leg("DDI_5Y", 1.0), Leg("UST_5Y", -1.0))
    neutrality = "dv01"
    min_history = 378
    stale_after_bd = 90  # debt: dated the first of its month, out at the end of the next

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`rating_pressure`: 1 - 2 logistic(log odds), -1 to 1."""
        odds = (
            DEBT * PERCENT * _departure(values["gross_debt_gdp"])
            + GROWTH * PERCENT * _departure(values["activity_yoy"])
            + CURRENT_ACCOUNT * PERCENT * _departure(values["current_account_12m_gdp"])
            + VOLATILITY * values["usdbrl_vol_63_z"]
        )
        return {"rating_pressure": 1.0 - 2.0 * _logistic(odds)}


def _departure(values: FloatArray) -> FloatArray:
    return values - rolling.mean(values, THREE_YEARS)


def _logistic(odds: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1.0 + np.tanh(odds / 2.0)))
