"""Closed forms of one contract's value by kind.

Levels are (R, K) rows or (R, S, K) scenarios; values (..., C) for the C columns of the kind, in the currency that the
contract settles in. NaN where a level that prices it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.portfolio.contract_terms import NTNB_BASE_INDEX, Columns, RemainingPayments, Terms
from desk.portfolio.market_levels import CURVE_VERTICES, IPCA_INDEX, Levels, curve_at, curve_slice
from desk.units import DAYS_PER_YEAR

FORWARD_ABOVE = 1.06
SPREAD_YEARS = 4.5
"""DV01 of USD 450 per USD 1m: what a five-year spread position moves per unit of spread."""
FACE_NTNB = 1_000.0


@dataclass(frozen=True)
class InceptionTerms:
    """The inception of a constant-maturity contract: its yield then (R, N), and the calendar days `cd` (R, N) that it
    had to maturity."""

    rate: FloatArray
    cd: FloatArray


def over_scenarios(array: FloatArray, levels: Levels) -> FloatArray:
    """(R, C) as (R, 1, C) beside levels of scenarios."""
    return array[:, None] if levels.curves.ndim == 3 else array


def node_weights(bd: FloatArray, vertices: tuple[int, ...]) -> tuple[Columns, Columns, FloatArray, FloatArray]:
    """Indices of the two vertices that price `bd` (R, C) and their weights in years of ln(1 + rate).

    ln(value) moves by w_left ln(1 + r_left) + w_right ln(1 + r_right): flat-forward is linear in these.
    """
    nodes = np.array(vertices, dtype=np.float64)
    right = np.clip(np.searchsorted(nodes, bd, side="left"), 0, len(nodes) - 1)
    left = np.maximum(right - 1, 0)
    x0, x1 = nodes[left], nodes[right]
    below = right == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(below, 1.0, (bd - x0) / (x1 - x0))
    weight_left = np.where(below, 0.0, x0 / DAYS_PER_YEAR * (1.0 - share))
    weight_right = np.where(below, bd / DAYS_PER_YEAR, x1 / DAYS_PER_YEAR * share)
    weight_right = np.where(bd <= nodes[-1] * FORWARD_ABOVE, weight_right, np.nan)
    left = np.where(weight_left == 0.0, right, left)  # an unknown vertex without weight must not count
    return left, right, weight_left, weight_right


def zero_growth(curve: str, levels: Levels, bd: FloatArray) -> FloatArray:
    """Years x ln(1 + rate) to `bd` (R, C) on a BUS/252 curve."""
    left, right, weight_left, weight_right = node_weights(bd, CURVE_VERTICES[curve])
    logs = np.log1p(levels.curves[..., curve_slice(curve)])
    if logs.ndim == 3:
        left, right = left[:, None, :], right[:, None, :]
        weight_left, weight_right = weight_left[:, None, :], weight_right[:, None, :]
    near, far = np.take_along_axis(logs, left, axis=-1), np.take_along_axis(logs, right, axis=-1)
    return np.asarray(weight_left * near + weight_right * far)


def futures_value(
    terms: Terms, levels: Levels, remaining: RemainingPayments, columns: Columns, curve: str
) -> FloatArray:
    """DI1, DAP, DOL and IND, BRL: par x spot x exp(sign x growth); DOL over the short dollar rate besides."""
    growth = zero_growth(curve, levels, remaining.bd[:, columns])
    spot = levels.spots[..., terms.spot[columns]]
    # picked spots come out in another memory order; a plain one keeps every later sum the same whatever the shape
    value = np.ascontiguousarray(terms.par_value[columns] * spot * np.exp(terms.forward_sign[columns] * growth))
    days = over_scenarios(remaining.cd[:, columns], levels)
    for place in np.flatnonzero(terms.kind_mask("fx_forward")[columns]):
        value[..., place] /= 1.0 + levels.usd_short * days[..., place] / 360.0
    return value


def cupom_growth(levels: Levels, remaining: RemainingPayments, columns: Columns) -> FloatArray:
    """ln(1 + cupom x days / 360) to each DDI's maturity: linear in calendar days between vertices, never outside."""
    days, nodes = remaining.cd[:, columns], remaining.cupom_cd
    right = np.clip((nodes[:, None, :] < days[:, :, None]).sum(axis=2), 1, nodes.shape[1] - 1)
    x0, x1 = (np.take_along_axis(nodes, index, axis=1) for index in (right - 1, right))
    share = np.where((days >= nodes[:, :1]) & (days <= nodes[:, -1:]), (days - x0) / (x1 - x0), np.nan)
    logs = np.log1p(levels.curves[..., curve_slice("cupom")] * over_scenarios(nodes, levels) / 360.0)
    near = np.where(share == 1.0, right, right - 1)  # an unknown vertex without weight must not count
    far = np.where(share == 0.0, right - 1, right)
    if logs.ndim == 3:
        near, far, share = near[:, None, :], far[:, None, :], share[:, None, :]
    low, high = np.take_along_axis(logs, near, axis=-1), np.take_along_axis(logs, far, axis=-1)
    return np.asarray(low + share * (high - low))


def cupom_value(terms: Terms, levels: Levels, remaining: RemainingPayments, columns: Columns) -> FloatArray:
    """DDI, USD: points of 100,000 / (1 + cupom x days / 360)."""
    return np.asarray(terms.multiplier[columns] * 100_000.0 * np.exp(-cupom_growth(levels, remaining, columns)))


def bond_flows(levels: Levels, remaining: RemainingPayments) -> tuple[FloatArray, FloatArray]:
    """Present value per unit of each flow date (..., F), and which bonds (..., B) have no price, because a rate that
    they need is unknown.

    A coupon due before the first known vertex is discounted at that vertex's rate; beyond the last known one there is
    no price.
    """
    logs = np.log1p(levels.curves[..., curve_slice("real")])
    holed = bool(np.isnan(logs).any())
    for vertex in range(logs.shape[-1] - 2, -1, -1) if holed else ():
        logs[..., vertex] = np.where(np.isnan(logs[..., vertex]), logs[..., vertex + 1], logs[..., vertex])
    near, far, weight_near, weight_far = node_weights(remaining.flow_bd, CURVE_VERTICES["real"])
    weights = np.zeros((len(remaining.flow_bd), logs.shape[-1], remaining.flow_bd.shape[1]))
    rows, flows = np.indices(remaining.flow_bd.shape)
    np.add.at(weights, (rows, near, flows), np.nan_to_num(weight_near))
    np.add.at(weights, (rows, far, flows), np.nan_to_num(weight_far))
    pays = remaining.amount > 0
    beyond = np.where(np.isnan(weight_far), 1.0, 0.0)
    out_of_reach = np.einsum("rf,rfb->rb", beyond, remaining.amount) > 0
    plane = logs if logs.ndim == 3 else logs[:, None, :]
    unpriced = np.broadcast_to(out_of_reach[:, None, :], (*plane.shape[:2], out_of_reach.shape[1]))
    if holed:
        needed = np.einsum("rvf,rfb->rvb", weights > 0, pays).astype(np.float64) > 0
        missing = np.asarray(np.isnan(plane), dtype=np.float64)
        unpriced = unpriced | np.asarray(missing @ needed.astype(np.float64) > 0)
        plane = np.where(missing > 0, 0.0, plane)
    factors = np.exp(-(plane @ weights))
    return (factors, unpriced) if logs.ndim == 3 else (factors[:, 0], unpriced[:, 0])


def bond_quotation(levels: Levels, remaining: RemainingPayments) -> FloatArray:
    """Price of each NTN-B over its updated nominal (..., B)."""
    factors, unpriced = bond_flows(levels, remaining)
    plane = factors if factors.ndim == 3 else factors[:, None, :]
    price = plane @ remaining.amount
    return np.where(unpriced, np.nan, price if factors.ndim == 3 else price[:, 0])


def nominal_value(levels: Levels) -> FloatArray:
    """VNA of the NTN-B in BRL (...,)."""
    return np.asarray(FACE_NTNB * levels.spots[..., IPCA_INDEX] / NTNB_BASE_INDEX)


def par_yield(terms: Terms, levels: Levels, columns: Columns, elapsed: FloatArray) -> FloatArray:
    """Treasury par yield at each tenor less `elapsed` years (R, C), on the straight line to the vertex below."""
    vertices = CURVE_VERTICES["ust"]
    found = []
    for place, column in enumerate(columns):
        at = vertices.index(round(terms.tenor_years[column] * DAYS_PER_YEAR))
        tenor, below = vertices[at], vertices[at - 1]
        here = levels.curves[..., curve_at("ust", tenor)]
        gone = elapsed[:, place] if levels.curves.ndim == 2 else elapsed[:, place, None]
        nearer = levels.curves[..., curve_at("ust", below)]
        share = gone * DAYS_PER_YEAR / (tenor - below)
        found.append(np.where(gone == 0.0, here, here - share * (here - nearer)))
    return np.stack(found, axis=-1)


def par_bond_value(
    terms: Terms, levels: Levels, remaining: RemainingPayments, columns: Columns, inception: InceptionTerms
) -> FloatArray:
    """UST, USD: a bond with the coupon and the tenor of its inception, at the par yield now, with the days gone since.

    Half-yearly compounding. At its inception it is worth its face (multiplier x 100 points).
    """
    elapsed = (inception.cd - remaining.cd)[:, columns] / 365.25
    yields = par_yield(terms, levels, columns, elapsed)
    coupon, gone = over_scenarios(inception.rate[:, columns], levels), over_scenarios(elapsed, levels)
    periods = 2.0 * terms.tenor_years[columns]
    growth = np.log1p(yields / 2.0)
    annuity, last = annuity_years(yields, periods), np.exp(-periods * growth)
    return np.asarray(terms.multiplier[columns] * 100.0 * (coupon * annuity + last) * np.exp(2.0 * gone * growth))


def annuity_years(yields: FloatArray, periods: FloatArray) -> FloatArray:
    """(1 - (1 + y/2)^-n) / y, its limit n / 2 at a yield of zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = -np.expm1(-periods * np.log1p(yields / 2.0)) / yields
    return np.where(np.abs(yields) < 1e-12, periods / 2.0, inside)


def sovereign_spread(levels: Levels) -> FloatArray:
    """Five-year cupom less the five-year Treasury par yield, as quoted (...,)."""
    return np.asarray(levels.curves[..., curve_at("cupom", 1260)] - levels.curves[..., curve_at("ust", 1260)])


def spread_value(
    terms: Terms, levels: Levels, remaining: RemainingPayments, columns: Columns, inception: InceptionTerms
) -> FloatArray:
    """Protection sold, USD: face plus what the fall of the spread gains and what has been earned of it (ACT/360)."""
    spread_then, gone = (
        over_scenarios(array[:, columns], levels) for array in (inception.rate, (inception.cd - remaining.cd) / 360.0)
    )
    gain = SPREAD_YEARS * (spread_then - sovereign_spread(levels)[..., None]) + spread_then * gone
    return np.asarray(terms.multiplier[columns] * (1.0 + gain))


def inception_terms(terms: Terms, levels: Levels, remaining: RemainingPayments) -> InceptionTerms:
    """The inception of constant maturities on rows (R,) of levels; NaN for the other kinds."""
    rate = np.full(remaining.cd.shape, np.nan)
    treasuries, spreads = terms.columns("par_bond"), terms.columns("spread")
    if len(treasuries):
        rate[:, treasuries] = par_yield(terms, levels, treasuries, np.zeros((len(rate), len(treasuries))))
    rate[:, spreads] = sovereign_spread(levels)[:, None]
    return InceptionTerms(rate, remaining.cd)
