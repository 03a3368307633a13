"""The inflation agent. Positive score: rising inflationary pressure. Negative: disinflation.

Sources: Banco Central do Brasil, small-scale model (Phillips curve); Stock and Watson (1999, 2004) on forecasts.
"""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level
from desk.agents.inflation.composite import COMPOSITE
from desk.agents.inflation.groups import GROUPS
from desk.agents.inflation.phillips import PHILLIPS
from desk.agents.inflation.prints import MOMENTUM, SURPRISE

INFLATION_MODELS = (PHILLIPS, GROUPS, SURPRISE, MOMENTUM, COMPOSITE)
INFLATION = Agent(
    id="inflation",
    question="Inflation",
    plus="rising pressure",
    minus="easing pressure",
    drivers=(
        Driver("ipca_gap", 1.0, "IPCA against target"),
        Driver("focus_gap", 1.0, "expectations against target"),
        Driver("inf_phillips_gap", 1.0, "the Phillips curve against target"),
        Driver("inf_bottom_up_gap", 1.0, "the groups added up against target"),
        Driver("inf_surprise_3m_z", 1.0, "surprises over three months"),
        Driver("inf_persistence", 1.0, "persistence"),
        Driver("core_3m_z", 1.0, "core momentum"),
        Driver("ipca_diffusion_z", 1.0, "diffusion"),
        Driver("breakeven_504_z", 1.0, "two-year breakeven"),
        Driver("usdbrl_ret_63_z", 1.0, "USD/BRL over a quarter"),
        Driver("brent_ret_63_z", 1.0, "oil over a quarter"),
        Driver("us_core_pce_3m_z", 1.0, "US core momentum"),
    ),
    levels=(
        Level("ipca_12m", "IPCA twelve months", digits=2),
        Level("inflation_target", "target", digits=2),
        Level("inf_trend_12m", "models and Focus ahead", digits=2),
    ),
)
