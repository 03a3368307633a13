"""The FX agent: + is a BRL that is cheap or supported (room to gain), - dear or exposed."""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level

FX_EQUILIBRIUM = Agent(
    id="fx_equilibrium",
    question="BRL",
    plus="cheap or supported",
    minus="dear or exposed",
    drivers=(
        Driver("usdbrl_z", 1.0, "the level of USD/BRL"),
        Driver("carry_to_risk_z", 1.0, "carry to risk"),
        Driver("export_basket_ret_63_z", 1.0, "export prices"),
        Driver("fx_flow_total_21_z", 1.0, "contracted flow"),
        Driver("cot_brl_net_z", 1.0, "speculative positions"),
        Driver("current_account_12m_z", 1.0, "the current account"),
    ),
    levels=(
        Level("usdbrl", "USD/BRL", percent=False),
        Level("brl_carry", "carry"),
        Level("usdbrl_vol_63", "volatility"),
    ),
)
