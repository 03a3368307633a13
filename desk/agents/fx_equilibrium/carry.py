"""Carry to risk, dollar flows, and the covered-parity basis: the onshore dollar rate less the offshore rate.

The offshore rate is SOFR at three months, where overnight and term rates are close, and the Treasury yield at one year
in the cupom's convention, because no free source gives term SOFR. Positive: the dollar rate is higher onshore.
"""

from __future__ import annotations

import numpy as np

from desk.agents.models import Model, ModelData
from desk.agents.vintages import mean_of_known
from desk.arrays import FloatArray
from desk.transforms import rolling
from desk.transforms.agent_measures import Measure
from desk.transforms.features import TWO_YEARS


def _compute(data: ModelData) -> dict[str, FloatArray]:
    treasury = ((1.0 + data["ust_252"] / 2.0) ** 2 - 1.0) * 360.0 / 365.0
    basis = data["cupom_252"] - treasury
    flows = [
        np.clip(data[name], -3.0, 3.0) for name in ("fx_flow_total_21_z", "fx_flow_financial_21_z", "cot_brl_net_z")
    ]
    return {
        "fx_carry_to_risk": data["carry_to_risk"],
        "fx_cupom_basis_1y": np.asarray(basis),
        "fx_cupom_basis_3m": data["cupom_63"] - data["sofr"],
        "fx_cupom_basis_1y_z": rolling.zscore(np.asarray(basis), TWO_YEARS),
        "fx_flow_pressure": mean_of_known(flows, 2),
    }


CARRY = Model(
    (
        Measure(
            "fx_carry_to_risk", ("carry_to_risk",), "brl_carry / usdbrl_vol_63", "annual carry per unit of annual risk"
        ),
        Measure(
            "fx_cupom_basis_1y",
            ("cupom_252", "ust_252"),
            "cupom_252 - ((1 + ust_252 / 2)^2 - 1) * 360 / 365",
            "fraction per year, linear ACT/360",
        ),
        Measure("fx_cupom_basis_3m", ("cupom_63", "sofr"), "cupom_63 - SOFR", "fraction per year, linear ACT/360"),
        Measure(
            "fx_cupom_basis_1y_z",
            ("fx_cupom_basis_1y",),
            f"(basis - mean) / sd over {TWO_YEARS} days",
            "standard deviations",
        ),
        Measure(
            "fx_flow_pressure",
            ("fx_flow_total_21_z", "fx_flow_financial_21_z", "cot_brl_net_z"),
            "mean of the known of contracted flow, its financial part and speculators' net, at least 2 of 3",
            "standard deviations",
        ),
    ),
    _compute,
)
