"""What one contract is worth in BRL: the one function behind P&L, VaR scenarios, stress and DV01.

Value of one contract held long the price, in BRL:

    DI1   100,000 / (1 + pre)^(bd/252)
    DAP   100,000 / (1 + real)^(bd/252) x 0.00025 x pro-rata IPCA index
    DOL   50 x 1,000 x usdbrl x (1 + pre)^(bd/252) / (1 + usd_short x cd/360)
    IND   ibovespa x (1 + pre)^(bd/252)

so that every sign follows from the value: + contracts of DI1 (long the PU, receive) lose when rates rise, + DOL gains
when USD/BRL rises. DI1 and DAP are funded at CDI: their P&L is the change of value less CDI on the value before (B3
corrects the previous settlement price by the DI rate; for DAP also by the IPCA index, which the value holds). Between
vertices rates are flat-forward, below the first vertex flat, and above the last the last forward goes on for at most 6%
(a January contract lies up to half a year past ten years).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.calendars import Days
from desk.catalog.desk_parameters import Instrument
from desk.portfolio.contracts import business_days, calendar_days
from desk.portfolio.market import Levels
from desk.transforms.curves import BUS_YEAR, VERTICES, FloatArray

FORWARD_ABOVE = 1.06
BP = 1e-4
_PRICE_AT_PAR = {"pre_pu": 100_000.0, "real_pu": 100_000.0, "fx_forward": 1_000.0, "equity_forward": 1.0}
_SPOT = {"pre_pu": 0, "real_pu": 3, "fx_forward": 1, "equity_forward": 2}


@dataclass(frozen=True)
class Terms:
    """The instruments' constants as arrays (N,). `sign` is -1 where the value falls when its rate rises."""

    sign: FloatArray
    par_value: FloatArray
    spot: npt.NDArray[np.intp]
    curve_offset: npt.NDArray[np.intp]
    dollar_discounted: npt.NDArray[np.bool_]
    funded: npt.NDArray[np.bool_]
    in_rate: npt.NDArray[np.bool_]
    multiplier: FloatArray
    indexed: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quotes:
    """Per contract (..., N): `value` in BRL, `rate` (annual fraction to maturity), `dv01` in BRL per bp (+ gains when
    the rate falls), `price` in the quotation's unit, `exposure` in BRL for the gross leverage.

    Exposure is the notional of FX and equity, and for rates its ten-year equivalent, value x years / 10, as SEC Form PF
    counts interest-rate derivatives: a six-month DI future at par with a ten-year one would make leverage meaningless.
    """

    value: FloatArray
    rate: FloatArray
    dv01: FloatArray
    price: FloatArray
    exposure: FloatArray


def terms_of(instruments: Sequence[Instrument]) -> Terms:
    kinds = [instrument.kind for instrument in instruments]
    multiplier = np.array([instrument.multiplier for instrument in instruments])
    funded = np.array([kind in ("pre_pu", "real_pu") for kind in kinds])
    return Terms(
        sign=np.where(funded, -1.0, 1.0),
        par_value=multiplier * np.array([_PRICE_AT_PAR[kind] for kind in kinds]),
        spot=np.array([_SPOT[kind] for kind in kinds], dtype=np.intp),
        curve_offset=np.array([len(VERTICES) if kind == "real_pu" else 0 for kind in kinds], dtype=np.intp),
        dollar_discounted=np.array([kind == "fx_forward" for kind in kinds]),
        funded=funded,
        in_rate=funded,
        multiplier=multiplier,
        indexed=np.array([kind == "real_pu" for kind in kinds]),
    )


def quote(terms: Terms, levels: Levels, valuation: Days, maturity: Days) -> Quotes:
    """Contracts `maturity` (R, N) on `levels` of R rows, valued on `valuation` (R,)."""
    bd, cd = remaining(valuation, maturity)
    growth = _log_growth(terms, levels, bd)
    value = _value(terms, levels, growth, cd)
    with np.errstate(divide="ignore", invalid="ignore"):
        years = bd / BUS_YEAR
        rate = np.where(years > 0, np.expm1(growth / years), np.nan)
        dv01 = -terms.sign * value * years / (1.0 + rate) * BP
        point = terms.multiplier * np.where(terms.indexed, levels.spots[..., 3:4], 1.0)
        exposure = np.where(terms.funded, value * years / 10.0, value)
        return Quotes(value, rate, dv01, value / point, exposure)


def contract_value(terms: Terms, levels: Levels, bd: FloatArray, cd: FloatArray) -> FloatArray:
    """BRL per contract with `bd`, `cd` (R, N) days left: (R, N) on levels of R rows, (R, S, N) on (R, S) scenarios."""
    return _value(terms, levels, _log_growth(terms, levels, bd), cd)


def scenario_pnl(terms: Terms, levels: Levels, moves: Levels, valuation: Days, maturity: Days) -> FloatArray:
    """P&L in BRL of one long contract if the levels moved at once: (R, S, N) for rows R and moves (R or 1, S, ...)."""
    bd, cd = remaining(valuation, maturity)
    base = contract_value(terms, levels, bd, cd)
    return contract_value(terms, levels.shocked(moves), bd, cd) - base[:, None, :]


def remaining(valuation: Days, maturity: Days) -> tuple[FloatArray, FloatArray]:
    """Business and calendar days left (R, N); a contract past its maturity has none."""
    start = np.asarray(valuation)[:, None]
    return np.maximum(business_days(start, maturity), 0.0), np.maximum(calendar_days(start, maturity), 0.0)


def node_weights(bd: FloatArray, offset: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], ...]:
    """Indices of the two vertices that price `bd` (R, N) and their weights in years of ln(1 + rate).

    ln(value) moves by `sign` x (w_left ln(1 + r_left) + w_right ln(1 + r_right)): flat-forward is linear in these.
    """
    nodes = np.array(VERTICES, dtype=np.float64)
    right = np.clip(np.searchsorted(nodes, bd, side="left"), 0, len(nodes) - 1)
    left = np.maximum(right - 1, 0)
    x0, x1 = nodes[left], nodes[right]
    below = right == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(below, 1.0, (bd - x0) / (x1 - x0))
    weight_left = np.where(below, 0.0, x0 / BUS_YEAR * (1.0 - share))
    weight_right = np.where(below, bd / BUS_YEAR, x1 / BUS_YEAR * share)
    weight_right = np.where(bd <= nodes[-1] * FORWARD_ABOVE, weight_right, np.nan)
    left = np.where(weight_left == 0.0, right, left)  # an unknown vertex without weight must not count
    return left + offset, right + offset, weight_left, weight_right


def _log_growth(terms: Terms, levels: Levels, bd: FloatArray) -> FloatArray:
    """Years x ln(1 + rate) to maturity, of each contract's own curve: (R, N) or (R, S, N)."""
    left, right, weight_left, weight_right = node_weights(bd, terms.curve_offset)
    logs = np.log1p(levels.curves)
    if logs.ndim == 3:
        left, right, weight_left, weight_right = (a[:, None, :] for a in (left, right, weight_left, weight_right))
    near, far = np.take_along_axis(logs, left, axis=-1), np.take_along_axis(logs, right, axis=-1)
    return np.asarray(weight_left * near + weight_right * far)


def _value(terms: Terms, levels: Levels, growth: FloatArray, cd: FloatArray) -> FloatArray:
    # picked spots come out in another memory order; a plain one keeps every later sum the same whatever the shape
    value = np.ascontiguousarray(terms.par_value * levels.spots[..., terms.spot] * np.exp(terms.sign * growth))
    days = cd[:, None, :] if value.ndim == 3 else cd
    for column in np.flatnonzero(terms.dollar_discounted):
        value[..., column] /= 1.0 + levels.usd_short * days[..., column] / 360.0
    return np.asarray(value)
