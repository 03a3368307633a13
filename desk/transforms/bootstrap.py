"""Zero curves from Brazilian government bonds: LTN (zero), NTN-F (10% half-yearly), NTN-B (6% half-yearly, real).

Bonds are added from the shortest to the longest. A bond's yield gives its price. Its flows up to the last node are
discounted on the curve built so far; one flat forward rate from that node to its maturity is solved so that the flows
add up to the price. Coupons are (1 + c)^(1/2) - 1 of the face; days are BUS/252 with ANBIMA's calendar as known on the
settlement day. Source: Hull, "Options, Futures, and Other Derivatives", on bootstrapping zero rates.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.transforms.cashflows import business_days, cash_flows, present_values
from desk.transforms.curves import log_linear
from desk.units import DAYS_PER_YEAR

_NEWTON_STEPS = 30
_NEWTON_TOLERANCE = 1e-14


def bootstrap(settle: Days, maturity: Days, yields: FloatArray, coupon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tenors (bd) and zero rates at each bond's maturity, NaN where a bond is absent or no forward rate gives its
    price.

    settle (T,); maturity (T, K) ascending per row with NaT for none; yields (T, K) annual effective; coupon (T, K)
    annual fraction, 0 for a zero bond.
    """
    tenor = business_days(settle, maturity)
    tenor[~(np.isfinite(yields) & (tenor > 0))] = np.nan
    nodes = np.full_like(tenor, np.nan)
    for k in range(tenor.shape[1]):
        present = np.isfinite(tenor[:, k])
        if present.any():
            nodes[present, k] = _next_node(
                settle[present],
                maturity[present, k],
                yields[present, k],
                coupon[present, k],
                tenor[present, :k],
                nodes[present, :k],
            )
    with np.errstate(invalid="ignore"):
        zeros = np.expm1(nodes * DAYS_PER_YEAR / tenor)
    return np.where(np.isfinite(nodes), tenor, np.nan), np.asarray(zeros)


def _next_node(
    settle: Days, maturity: Days, yields: FloatArray, coupon: FloatArray, tenors: FloatArray, nodes: FloatArray
) -> FloatArray:
    """Minus the log discount factor at `maturity` (R,), given the earlier nodes: `tenors` and `nodes` (R, k)."""
    flows = cash_flows(settle, maturity, np.sqrt(1.0 + coupon) - 1.0, 1.0)
    flow_days, amounts = flows.days, flows.amounts
    price = present_values(flows, yields).sum(axis=1)
    known_nodes = np.where(np.isfinite(nodes), tenors, -1.0)
    if tenors.shape[1]:
        at = np.argmax(known_nodes, axis=1)[:, None]
        last_day = np.maximum(np.take_along_axis(known_nodes, at, axis=1)[:, 0], 0.0)
        last = np.where(last_day > 0, np.take_along_axis(nodes, at, axis=1)[:, 0], 0.0)
        inner = log_linear(tenors, nodes, flow_days, flat_below=True)
    else:
        last_day, last, inner = np.zeros(len(settle)), np.zeros(len(settle)), np.full_like(flow_days, np.nan)
    beyond = flow_days > last_day[:, None]
    remaining = price - np.nansum(np.where(beyond, 0.0, amounts * np.exp(-inner)), axis=1)
    ahead = np.where(beyond, flow_days - last_day[:, None], 0.0)
    weight = np.where(beyond, amounts, 0.0) * np.exp(-last)[:, None]
    forward = np.log1p(yields) / DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):  # a bond with no flow beyond the last node has no solution
        for _ in range(_NEWTON_STEPS):
            value = weight * np.exp(-forward[:, None] * ahead)
            step = (value.sum(axis=1) - remaining) / (value * ahead).sum(axis=1)
            forward = forward + step
            if np.nan_to_num(np.abs(step)).max(initial=0.0) < _NEWTON_TOLERANCE:
                break
    length = np.nanmax(np.where(np.isfinite(flow_days), flow_days, 0.0), axis=1) - last_day
    return np.where(length > 0, last + forward * length, np.nan)
