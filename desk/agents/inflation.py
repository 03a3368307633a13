"""The inflation agent: + is inflationary pressure, - disinflation."""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level

INFLATION = Agent(
    id="inflation",
    question="Inflation",
    plus="rising pressure",
    minus="easing pressure",
    drivers=(
        Driver("ipca_gap", 1.0, "IPCA against target"),
        Driver("focus_gap", 1.0, "expectations against target"),
        Driver("core_3m_z", 1.0, "core momentum"),
        Driver("services_3m_z", 1.0, "services momentum"),
        Driver("ipca_diffusion_z", 1.0, "diffusion"),
        Driver("breakeven_504_z", 1.0, "two-year breakeven"),
        Driver("usdbrl_ret_63_z", 1.0, "USD/BRL over a quarter"),
        Driver("brent_ret_63_z", 1.0, "oil over a quarter"),
        Driver("us_core_pce_3m_z", 1.0, "US core momentum"),
    ),
    levels=(
        Level("ipca_12m", "IPCA twelve months"),
        Level("inflation_target", "target"),
        Level("focus_ipca_12m", "Focus ahead"),
    ),
)
