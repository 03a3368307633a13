"""The cross-asset agent. Positive score: risk appetite. Negative: risk aversion.

Sources: Hamilton (1989) for the regime model; the components are the usual ones of risk-appetite indices.
"""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level
from desk.agents.cross_asset.appetite import APPETITE, APPETITE_MODEL
from desk.agents.cross_asset.regimes import REGIME_MODEL

_LABELS = {
    "vix_z": "VIX",
    "us_hy_spread_z": "US credit spreads",
    "usdbrl_vol_63_z": "USD/BRL volatility",
    "equity_rate_correlation_z": "equity-rate correlation",
    "ibovespa_momentum_z": "Ibovespa momentum",
    "spx_momentum_z": "S&P 500 momentum",
}
CROSS_ASSET_MODELS = (REGIME_MODEL, APPETITE_MODEL)
CROSS_ASSET = Agent(
    id="cross_asset",
    question="Risk appetite",
    plus="risk on",
    minus="risk off",
    drivers=(
        *(Driver(name, sign, _LABELS[name]) for name, sign in APPETITE.items()),
        Driver("reg_balance", 1.0, "the regime"),
    ),
    levels=(
        Level("vix", "VIX", percent=False, digits=2),
        Level("us_hy_spread", "US high yield spread", digits=2),
        Level("usdbrl_vol_63", "USD/BRL volatility"),
        Level("reg_p_goldilocks", "Goldilocks"),
        Level("reg_p_stagflation", "Stagflation"),
    ),
)
