"""The FX agent. Positive score: the BRL is cheap or supported, so it can gain. Negative: it is expensive or exposed.

Sources: Clark and MacDonald (1998) for the equilibrium rate; covered interest parity for the onshore dollar basis.
"""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level
from desk.agents.fx_equilibrium.beer import BEER
from desk.agents.fx_equilibrium.carry import CARRY

FX_MODELS = (BEER, CARRY)
FX_EQUILIBRIUM = Agent(
    id="fx_equilibrium",
    question="BRL",
    plus="cheap or supported",
    minus="dear or exposed",
    drivers=(
        Driver("fx_beer_gap_z", 1.0, "USD/BRL against its fair value"),
        Driver("usdbrl_z", 1.0, "the level of USD/BRL"),
        Driver("carry_to_risk_z", 1.0, "carry to risk"),
        Driver("export_basket_ret_63_z", 1.0, "export prices"),
        Driver("fx_flow_total_21_z", 1.0, "contracted flow"),
        Driver("cot_brl_net_z", 1.0, "speculative positions"),
        Driver("current_account_12m_z", 1.0, "the current account"),
        # an onshore dollar rate far above the Treasury yield shows a shortage of dollars onshore
        Driver("fx_cupom_basis_1y_z", -1.0, "the price of dollars onshore"),
    ),
    levels=(
        Level("usdbrl", "USD/BRL", percent=False, digits=4),
        Level("fx_fair", "fair value", percent=False, digits=4),
        Level("brl_carry", "carry", digits=2),
        Level("usdbrl_vol_63", "volatility"),
        Level("fx_cupom_basis_1y", "covered-parity basis", digits=2),
    ),
)
