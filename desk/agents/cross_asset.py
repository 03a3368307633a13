"""The cross-asset agent: + is risk appetite, - risk aversion."""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level

CROSS_ASSET = Agent(
    id="cross_asset",
    question="Risk appetite",
    plus="risk on",
    minus="risk off",
    drivers=(
        Driver("vix_z", -1.0, "VIX"),
        Driver("us_hy_spread_z", -1.0, "US credit spreads"),
        Driver("usdbrl_vol_63_z", -1.0, "USD/BRL volatility"),
        Driver("equity_rate_correlation_z", 1.0, "equity-rate correlation"),
        Driver("ibovespa_momentum_z", 1.0, "Ibovespa momentum"),
        Driver("spx_momentum_z", 1.0, "S&P 500 momentum"),
    ),
    levels=(
        Level("vix", "VIX", percent=False),
        Level("us_hy_spread", "US high yield spread"),
        Level("usdbrl_vol_63", "USD/BRL volatility"),
    ),
)
