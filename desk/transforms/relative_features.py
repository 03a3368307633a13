"""Features of one market against another: DI against Treasuries, cupom and sovereign spreads, Brazil against peers.

The response to another market is a trailing least-squares slope of overlapping five-day moves. Daily moves would not
cover the same hours: PTAX is fixed around noon, DI settles at 16:00, New York closes at 18:00 or later. The slope is
estimated before the move that it is applied to, so that a jump does not explain itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from desk.transforms import rolling
from desk.transforms.features import (
    LOG,
    QUARTER,
    SD,
    TWO_YEARS,
    YEARLY,
    Columns,
    Feature,
    change_of,
    mean_of_known_columns,
    ratio,
    return_of,
    spread_of,
    z_of,
)
from desk.units import DAYS_PER_YEAR

WEEK = 5
PEERS = ("usdmxn", "usdclp", "usdcop", "usdzar")
"""Floating currencies of commodity exporters with inflation targets, like the BRL. The Turkish lira is not one."""
EQUITY_PEERS = ("eww", "ech", "eza")
"""Equity funds of Mexico, Chile and South Africa, quoted in USD like EWZ."""
EMB_TREASURY_SHARE = 0.4
"""Units of TLT sold short per unit of EMB to remove its rate risk: durations of about 7 and 17 years (fund pages)."""
FIVE_YEARS = 5 * DAYS_PER_YEAR


def residual_of(name: str, y: str, x: str, days: int, unit: str) -> Feature:
    """Column `name`: the move of `y` over `days` days less its usual response to the move of `x`, y - slope * x.

    `y` and `x` are prefixes of columns that end in a number of days. The slope is of WEEK-day moves over a year that
    ends before the move begins. Positive: `y` rose by more than `x` explains.
    """
    short_y, short_x, long_y, long_x = f"{y}_{WEEK}", f"{x}_{WEEK}", f"{y}_{days}", f"{x}_{days}"
    return Feature(
        name,
        tuple(dict.fromkeys((short_y, short_x, long_y, long_x))),
        f"{long_y} - b * {long_x}, b: slope of {short_y} on {short_x} over {DAYS_PER_YEAR} days, {days} days before",
        unit,
        lambda c: c[long_y] - rolling.lagged(rolling.slope(c[short_y], c[short_x], DAYS_PER_YEAR), days) * c[long_x],
    )


def _mean_return(name: str, columns: tuple[str, ...], days: int, min_count: int) -> Feature:
    def compute(c: Columns) -> FloatArray:
        moves = {column: rolling.log_return(c[column], days) for column in columns}
        return mean_of_known_columns(columns, min_count)(moves)

    formula = f"mean of the known {days}-day log returns of {', '.join(columns)}, at least {min_count}"
    return Feature(f"{name}_ret_{days}", columns, formula, LOG, compute)


def _credit_return(days: int) -> Feature:
    return Feature(
        f"emb_credit_ret_{days}",
        ("emb", "tlt"),
        f"{days}-day log return of emb less {EMB_TREASURY_SHARE} times that of tlt",
        LOG,
        lambda c: rolling.log_return(c["emb"], days) - EMB_TREASURY_SHARE * rolling.log_return(c["tlt"], days),
    )


def _overreaction() -> Feature:
    """The week's DI residual in standard deviations, weighted by the week's Treasury move (at most 1 sd)."""
    residual, move = "di_ust_residual_5", f"ust_{FIVE_YEARS}_change_{WEEK}"
    return Feature(
        "di_ust_overreaction",
        (residual, move),
        f"{residual} / sd({residual}, {DAYS_PER_YEAR} days) * min(1, |{move}| / sd({move}, {DAYS_PER_YEAR} days))",
        SD,
        _weighted(residual, move),
    )


def _weighted(residual: str, move: str) -> Callable[[Columns], FloatArray]:
    def compute(c: Columns) -> FloatArray:
        size = np.abs(ratio(c[move], rolling.deviation(c[move], DAYS_PER_YEAR)))
        return ratio(c[residual], rolling.deviation(c[residual], DAYS_PER_YEAR)) * np.minimum(size, 1.0)

    return compute


RELATIVE: tuple[Feature, ...] = (
    # DI against Treasuries
    change_of(f"pre_{FIVE_YEARS}", WEEK),
    change_of(f"ust_{FIVE_YEARS}", WEEK),
    residual_of("di_ust_residual_5", f"pre_{FIVE_YEARS}_change", f"ust_{FIVE_YEARS}_change", WEEK, YEARLY),
    _overreaction(),
    # cupom and the sovereign spread
    spread_of("cupom_slope_1y3y", "cupom_756", "cupom_252"),
    z_of("cupom_slope_1y3y", DAYS_PER_YEAR),
    spread_of("sov_spread_5y", f"cupom_{FIVE_YEARS}", f"ust_{FIVE_YEARS}"),  # as SOV_BR_5Y is quoted
    z_of("sov_spread_5y", TWO_YEARS),
    # Brazil against its peers: the part of USD/BRL, of EWZ and of the sovereign spread that peers do not explain
    return_of("usdbrl", WEEK),
    _mean_return("em_fx", PEERS, WEEK, 2),
    _mean_return("em_fx", PEERS, QUARTER, 2),
    residual_of("brl_peer_residual_63", "usdbrl_ret", "em_fx_ret", QUARTER, LOG),
    z_of("brl_peer_residual_63", TWO_YEARS),
    return_of("ewz", WEEK),
    return_of("ewz", QUARTER),
    _mean_return("em_equity", EQUITY_PEERS, WEEK, 2),
    _mean_return("em_equity", EQUITY_PEERS, QUARTER, 2),
    residual_of("ewz_peer_residual_63", "ewz_ret", "em_equity_ret", QUARTER, LOG),
    z_of("ewz_peer_residual_63", TWO_YEARS),
    change_of("sov_spread_5y", WEEK),
    change_of("sov_spread_5y", QUARTER),
    _credit_return(WEEK),
    _credit_return(QUARTER),
    residual_of("sov_peer_residual_63", "sov_spread_5y_change", "emb_credit_ret", QUARTER, YEARLY),
    z_of("sov_peer_residual_63", TWO_YEARS),
)
