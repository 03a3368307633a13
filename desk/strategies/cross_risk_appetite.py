"""CROSS_RISK_APPETITE: volatility, credit, FX volatility, equity-bond correlation and momentum, in one appetite."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class CrossRiskAppetite(Strategy):
    """Calm volatility and credit, rising equities, and equities that do not fall together with bonds: risk on."""

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
    fewest_components = 3
    fresh_bd = 5  # credit spreads come two business days late over a weekend

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "vix_z": conviction(-values["vix_z"]),
            "us_hy_spread_z": conviction(-values["us_hy_spread_z"]),
            "usdbrl_vol_63_z": conviction(-values["usdbrl_vol_63_z"]),
            # Ibovespa falls when DI rises under domestic stress: a more negative correlation is less appetite
            "equity_rate_correlation_z": conviction(values["equity_rate_correlation_z"]),
            "ibovespa_momentum_z": conviction(values["ibovespa_momentum_z"]),
            "spx_momentum_z": conviction(values["spx_momentum_z"]),
        }
