"""CROSS_RISK_APPETITE: risk appetite from volatility, credit, FX volatility, equity-rate correlation and momentum."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class CrossRiskAppetite(Strategy):
    """Long BRL, equities and DI when volatility and credit spreads are low and equities rise.

    Sign: + is risk on. Six z-scores over one or two years; full conviction at two standard deviations of their mean.
    Sources: Illing and Aaron, Bank of Canada FSR (2005); Kritzman and Li, Financial Analysts Journal 66 (2010).
    """

    id = "CROSS_RISK_APPETITE"
    asset_class = "Cross-Asset"
    idea = "VIX, credit, FX volatility, equity-bond correlation, momentum (+ risk on: long BRL, long IND, receive DI)"
    inputs = (
        "vix_z",
        "us_hy_spread_z",
        "usdbrl_vol_63_z",
        "equity_rate_correlation_z",
        "ibovespa_momentum_z",
        "spx_momentum_z",
    )
    legs = (Leg("DOL", -1.0), Leg("IND", 1.0), Leg("DI1_3Y", 1.0))
    neutrality = "outright"
    min_components = 3
    stale_after_bd = 5  # credit spreads come two business days late over a weekend

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Six signed z-scores: + is more appetite for risk."""
        return {
            "vix_z": conviction(-values["vix_z"]),
            "us_hy_spread_z": conviction(-values["us_hy_spread_z"]),
            "usdbrl_vol_63_z": conviction(-values["usdbrl_vol_63_z"]),
            # Ibovespa falls when DI rises under domestic stress: a more negative correlation is less appetite
            "equity_rate_correlation_z": conviction(values["equity_rate_correlation_z"]),
            "ibovespa_momentum_z": conviction(values["ibovespa_momentum_z"]),
            "spx_momentum_z": conviction(values["spx_momentum_z"]),
        }
