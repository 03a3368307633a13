"""The table of features of FX, rates, inflation and risk appetite that strategies and agents read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.fallbacks import VERTICES
from desk.transforms import rolling
from desk.transforms.carry import CARRY_HORIZON_BD
from desk.transforms.curves import breakeven, flat_forward
from desk.transforms.features import (
    LOG,
    MONTH,
    QUARTER,
    SD,
    THREE_YEARS,
    TWO_YEARS,
    YEARLY,
    Columns,
    Feature,
    change_of,
    mean_of_known_columns,
    momentum_of,
    ratio,
    return_of,
    spread_of,
    volatility_of,
    z_of,
)
from desk.transforms.monthly import CORES
from desk.transforms.relative_features import RELATIVE
from desk.units import DAYS_PER_YEAR

BREAKEVEN_VERTICES = (252, 504, 756, 1260, 2520)
CARRY_VERTICES = (252, 504, 756, 1008, 1260)
_PRE = tuple(f"pre_{bd}" for bd in VERTICES)


def breakeven_at(bd: int) -> Feature:
    """Column `breakeven_<bd>`: inflation implied by the nominal and real rates at `bd` business days."""
    pre, real = f"pre_{bd}", f"real_{bd}"
    return Feature(
        f"breakeven_{bd}",
        (pre, real),
        f"(1 + {pre}) / (1 + {real}) - 1",
        YEARLY,
        lambda c: np.asarray(breakeven(c[pre], c[real])),
    )


def carry_roll_at(bd: int) -> Feature:
    """Column `di_carry_roll_<bd>`: a receiver's return over CDI in 21 days on an unchanged curve, per unit of risk.

    Both annual. Positive: receiving the rate earns more than CDI.
    """
    return Feature(
        f"di_carry_roll_{bd}",
        (*_PRE, "cdi"),
        f"(forward {bd - CARRY_HORIZON_BD}..{bd} less CDI) / (63-day annual sd of pre_{bd} * modified duration)",
        "annual excess return per unit of annual risk",
        _carry_roll(bd),
    )


def _carry_roll(bd: int) -> Callable[[Columns], FloatArray]:
    def compute(c: Columns) -> FloatArray:
        curve = np.column_stack([c[name] for name in _PRE])
        ends = flat_forward(VERTICES, curve, [bd - CARRY_HORIZON_BD, bd])
        growth = np.log1p(ends) * np.array([bd - CARRY_HORIZON_BD, bd]) / DAYS_PER_YEAR
        excess = (growth[:, 1] - growth[:, 0]) * DAYS_PER_YEAR / CARRY_HORIZON_BD - np.log1p(c["cdi"])
        rate_risk = rolling.volatility(rolling.change(c[f"pre_{bd}"]), QUARTER)
        years = (bd - CARRY_HORIZON_BD) / DAYS_PER_YEAR
        return ratio(excess, rate_risk * years / (1.0 + c[f"pre_{bd}"]))

    return compute


def _core(suffix: str, unit: str) -> Feature:
    parts = tuple(name.replace("_mom", suffix) for name in CORES)
    return Feature(
        f"core{suffix}", parts, "mean of the known cores, at least 3 of 5", unit, mean_of_known_columns(parts, 3)
    )


def _net_share(name: str, long: str, short: str, interest: str) -> Feature:
    return Feature(
        name,
        (long, short, interest),
        f"({long} - {short}) / {interest}",
        "fraction of open interest",
        lambda c: ratio(c[long] - c[short], c[interest]),
    )


def _gap_of(name: str, inflation: str) -> Feature:
    return Feature(
        name,
        (inflation, "inflation_target", "inflation_tolerance"),
        f"({inflation} - inflation_target) / inflation_tolerance",
        "tolerance bands",
        lambda c: ratio(c[inflation] - c["inflation_target"], c["inflation_tolerance"]),
    )


QUARTER_OF_A_YEAR = 365.0 / 4.0
"""Calendar days: the dollar rate is linear ACT/360, the real's effective a year; both over a quarter, compounded."""
_EXPORTS = ("soybean", "iron_ore", "brent", "sugar", "coffee", "corn")

FEATURES: tuple[Feature, ...] = (
    # FX
    return_of("usdbrl", 1),
    return_of("usdbrl", QUARTER),
    volatility_of("usdbrl", QUARTER),
    momentum_of("usdbrl", sign=-1.0),
    Feature(
        "brl_carry",
        ("pre_63", "usd_short_rate"),
        "pre_63 - ((1 + usd_short_rate x 91.25 / 360)^4 - 1)",
        YEARLY,
        lambda c: c["pre_63"] - (1.0 + c["usd_short_rate"] * QUARTER_OF_A_YEAR / 360.0) ** 4 + 1.0,
    ),
    Feature(
        "carry_to_risk",
        ("brl_carry", "usdbrl_vol_63"),
        "brl_carry / usdbrl_vol_63",
        "annual carry per unit of annual risk",
        lambda c: ratio(c["brl_carry"], c["usdbrl_vol_63"]),
    ),
    z_of("carry_to_risk", TWO_YEARS),
    z_of("usdbrl_momentum", TWO_YEARS),
    z_of("usdbrl_vol_63", TWO_YEARS),
    volatility_of("usdbrl", MONTH),
    z_of("usdbrl_vol_21", TWO_YEARS),
    z_of("usdbrl", THREE_YEARS),
    z_of("usdbrl_ret_63", TWO_YEARS),
    z_of("fx_flow_total_21", TWO_YEARS),
    z_of("fx_flow_financial_21", TWO_YEARS),
    _net_share("cot_brl_net", "cot_brl_lev_long", "cot_brl_lev_short", "cot_brl_oi"),
    z_of("cot_brl_net", THREE_YEARS),
    *(return_of(name, QUARTER) for name in _EXPORTS),
    Feature(
        "export_basket_ret_63",
        tuple(f"{name}_ret_63" for name in _EXPORTS),
        "mean of the known 63-day returns of soybean, iron ore, Brent, sugar, coffee and corn, at least 3 of 6",
        LOG,
        mean_of_known_columns(tuple(f"{name}_ret_63" for name in _EXPORTS), 3),
    ),
    z_of("export_basket_ret_63", TWO_YEARS),
    # rates
    spread_of("slope_2s5s", "pre_1260", "pre_504"),
    z_of("slope_2s5s", DAYS_PER_YEAR),
    spread_of("slope_2s10s", "pre_2520", "pre_504"),
    spread_of("slope_cdi_1y", "pre_252", "cdi"),
    z_of("slope_cdi_1y", THREE_YEARS),
    *(carry_roll_at(bd) for bd in CARRY_VERTICES),
    Feature(
        "ex_ante_real_rate",
        ("pre_252", "focus_ipca_12m"),
        "(1 + pre_252) / (1 + focus_ipca_12m) - 1",
        YEARLY,
        lambda c: np.asarray(breakeven(c["pre_252"], c["focus_ipca_12m"])),
    ),
    z_of("ex_ante_real_rate", THREE_YEARS),
    change_of("pre_504", 1),
    Feature(
        "us_rate_change_63",
        ("usd_short_rate",),
        "usd_short_rate - usd_short_rate[-63]",
        YEARLY,
        lambda c: rolling.change(c["usd_short_rate"], QUARTER),
    ),
    z_of("us_rate_change_63", THREE_YEARS),
    spread_of("slope_cdi_5y", "pre_1260", "cdi"),
    z_of("slope_cdi_5y", THREE_YEARS),
    z_of("real_1260", THREE_YEARS),
    # inflation
    *(breakeven_at(bd) for bd in BREAKEVEN_VERTICES),
    z_of("breakeven_504", TWO_YEARS),
    _gap_of("breakeven_gap_504", "breakeven_504"),
    Feature(
        "focus_ipca_2y",
        ("focus_ipca_12m", "focus_ipca_y1", "focus_ipca_y2"),
        "((1 + focus_ipca_12m) * (1 + (focus_ipca_y1 + focus_ipca_y2) / 2)) ^ 0.5 - 1",
        YEARLY,
        # months 13 to 24 lie in the next calendar year and the one after, over a year half in each
        lambda c: np.sqrt((1.0 + c["focus_ipca_12m"]) * (1.0 + (c["focus_ipca_y1"] + c["focus_ipca_y2"]) / 2.0)) - 1.0,
    ),
    spread_of("focus_less_breakeven_504", "focus_ipca_2y", "breakeven_504"),
    z_of("focus_less_breakeven_504", TWO_YEARS),
    _gap_of("ipca_gap", "ipca_12m"),
    _gap_of("focus_gap", "focus_ipca_12m"),
    _core("_3m", YEARLY),
    _core("_12m", YEARLY),
    _core("_3m_z", SD),
    z_of("ipca_diffusion", THREE_YEARS),
    return_of("brent", 1),
    z_of("brent_ret_63", TWO_YEARS),
    # risk appetite
    return_of("ibovespa", 1),
    return_of("ibovespa", QUARTER),
    volatility_of("ibovespa", QUARTER),
    momentum_of("ibovespa"),
    return_of("spx", 1),
    return_of("spx", QUARTER),
    volatility_of("spx", QUARTER),
    momentum_of("spx"),
    z_of("vix", DAYS_PER_YEAR),
    z_of("us_hy_spread", DAYS_PER_YEAR),
    z_of("us_ig_spread", DAYS_PER_YEAR),
    z_of("ibovespa_momentum", TWO_YEARS),
    z_of("spx_momentum", TWO_YEARS),
    Feature(
        "equity_rate_correlation",
        ("ibovespa_ret_1", "pre_504_change_1"),
        "correlation of Ibovespa returns with daily changes of pre_504 over 63 days",
        "correlation",
        lambda c: rolling.correlation(c["ibovespa_ret_1"], c["pre_504_change_1"], QUARTER),
    ),
    z_of("equity_rate_correlation", TWO_YEARS),
    *RELATIVE,
)
