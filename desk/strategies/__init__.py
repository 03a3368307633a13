"""The strategies that run: one file each, listed once here."""

from __future__ import annotations

import polars as pl

from desk.strategies.base import Leg, Strategy
from desk.strategies.cross_risk_appetite import CrossRiskAppetite
from desk.strategies.fx_carry_momentum import FxCarryMomentum
from desk.strategies.fx_positioning import FxPositioning
from desk.strategies.fx_terms_of_trade import FxTermsOfTrade
from desk.strategies.fx_vol_regime import FxVolRegime
from desk.strategies.inf_breakeven_meanrev import InfBreakevenMeanrev
from desk.strategies.rates_carry_roll import RatesCarryRoll
from desk.strategies.rates_slope_meanrev import RatesSlopeMeanrev
from desk.strategies.rates_us_spillover import RatesUsSpillover
from desk.strategies.signals import input_ages, score_strategies
from desk.transforms.panel import Panel

STRATEGIES: tuple[Strategy, ...] = (
    RatesCarryRoll(),
    RatesSlopeMeanrev(),
    RatesUsSpillover(),
    InfBreakevenMeanrev(),
    FxCarryMomentum(),
    FxPositioning(),
    FxVolRegime(),
    FxTermsOfTrade(),
    CrossRiskAppetite(),
)


def score_all(panel: Panel) -> pl.DataFrame:
    """STRATEGY_SIGNALS rows of every listed strategy on every day of the panel."""
    return score_strategies(panel, STRATEGIES)


__all__ = ["STRATEGIES", "Leg", "Strategy", "input_ages", "score_all"]
