"""The list of strategies, and their computation over a panel. One file per strategy."""

from __future__ import annotations

import polars as pl

from desk.strategies.base import Leg, Strategy
from desk.strategies.cross_regime_map import CrossRegimeMap
from desk.strategies.cross_risk_appetite import CrossRiskAppetite
from desk.strategies.cupom_basis import CupomBasis
from desk.strategies.cupom_slope import CupomSlope
from desk.strategies.fx_carry_flow import FxCarryFlow
from desk.strategies.fx_carry_momentum import FxCarryMomentum
from desk.strategies.fx_positioning import FxPositioning
from desk.strategies.fx_terms_of_trade import FxTermsOfTrade
from desk.strategies.fx_vol_regime import FxVolRegime
from desk.strategies.inf_breakeven_focus import InfBreakevenFocus
from desk.strategies.inf_breakeven_meanrev import InfBreakevenMeanrev
from desk.strategies.inf_ipca_surprise import InfIpcaSurprise
from desk.strategies.rates_carry_roll import RatesCarryRoll
from desk.strategies.rates_copom_path import RatesCopomPath
from desk.strategies.rates_copom_window import RatesCopomWindow
from desk.strategies.rates_fomc_window import RatesFomcWindow
from desk.strategies.rates_slope_meanrev import RatesSlopeMeanrev
from desk.strategies.rates_taylor_gap import RatesTaylorGap
from desk.strategies.rates_term_premium import RatesTermPremium
from desk.strategies.rates_us_spillover import RatesUsSpillover
from desk.strategies.signals import input_age, score_strategies
from desk.strategies.sov_fiscal_risk import SovFiscalRisk
from desk.strategies.sov_rating_pressure import SovRatingPressure
from desk.strategies.sov_relative_value import SovRelativeValue
from desk.strategies.sov_spread_meanrev import SovSpreadMeanrev
from desk.transforms.panel import Panel

STRATEGIES: tuple[Strategy, ...] = (
    RatesCarryRoll(),
    RatesTaylorGap(),
    RatesSlopeMeanrev(),
    RatesUsSpillover(),
    RatesTermPremium(),
    RatesCopomPath(),
    RatesFomcWindow(),
    RatesCopomWindow(),
    InfBreakevenFocus(),
    InfIpcaSurprise(),
    InfBreakevenMeanrev(),
    FxCarryFlow(),
    FxCarryMomentum(),
    FxPositioning(),
    FxVolRegime(),
    FxTermsOfTrade(),
    CupomBasis(),
    CupomSlope(),
    SovFiscalRisk(),
    SovSpreadMeanrev(),
    SovRelativeValue(),
    SovRatingPressure(),
    CrossRegimeMap(),
    CrossRiskAppetite(),
)


def compute_signals(panel: Panel) -> pl.DataFrame:
    """STRATEGY_SIGNALS rows of every listed strategy on every day of a panel that holds the agents' measures.

    Raises MissingInput where it does not.
    """
    return score_strategies(panel, STRATEGIES)


__all__ = ["STRATEGIES", "Leg", "Strategy", "compute_signals", "input_age"]
