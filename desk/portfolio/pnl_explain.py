"""P&L of one contract from its last mark to a row: what time earned, and what each factor's move did.

Parts of the price are repriced one at a time from the last mark's levels; what they leave (cross terms) is the
residual. Gains in USD are measured at the PTAX of the last mark, and what PTAX has moved since is the part of FX.

A contract that is marked at its own price is priced as a multiple of its price by the curve. The multiple of the last
mark closes evenly until maturity, which is carry; what the own price has moved otherwise than the curve is the move of
the line's own factor: its rate, the dollar or the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, RowIndex
from desk.calendars import Days
from desk.portfolio.contract_terms import Terms, coupons_paid, remaining_payments
from desk.portfolio.market_levels import IBOVESPA, IPCA_INDEX, USDBRL, Levels, Market, curve_slice
from desk.portfolio.pricing import contract_value, own_value, settlement_fx
from desk.portfolio.pricing_formulas import inception_terms, nominal_value

PRICE_FACTORS = ("DI", "REAL", "CUPOM", "UST", "FX", "EQUITY")
"""CUPOM holds the short onshore dollar rate too, which is its front."""
Rows = RowIndex
_OWN_FACTOR = {"pre_pu": "DI", "real_pu": "REAL", "ipca_bond": "REAL", "fx_forward": "FX", "equity_forward": "EQUITY"}
_FX, _STILL, _NOW, _NO_ACCRUAL = PRICE_FACTORS.index("FX"), -3, -2, -1


@dataclass(frozen=True)
class ContractMove:
    """BRL of one long contract over M moves (M, N), NaN where unknown: `price` and `carry` add up to its P&L. `factors`
    (M, F, N) in the order of PRICE_FACTORS are parts of the price, `inflation` is the part of the carry that the IPCA
    index accrued."""

    price: FloatArray
    carry: FloatArray
    factors: FloatArray
    inflation: FloatArray


def contract_moves(
    terms: Terms,
    market: Market,
    before: Rows,
    after: Rows,
    maturity: Days,
    growth: FloatArray,
    levels: tuple[Levels, Levels] | None = None,
    own: tuple[FloatArray, FloatArray] | None = None,
) -> ContractMove:
    """Contracts `maturity` (M, N), last marked on the rows `before` (M,) of the market, into the rows `after` (M,).

    `growth` (R, N) is the logarithm of what a funded line's money has cost since the market's first row. `levels`:
    those of the rows `before` and `after` (M, ...) in place of the market's own. `own`: the contracts' own prices
    (M, N) on both, NaN for the curve's; None: those that they are marked at.
    """
    was, now_at = levels if levels is not None else (market.levels[before], market.levels[after])
    known = market.inputs.own
    then, now_own = own or (known.best(before, terms.roots, maturity)[0], known.best(after, terms.roots, maturity)[0])
    remaining_before = remaining_payments(terms, market.valuation[before], maturity)
    remaining_after = remaining_payments(terms, market.valuation[after], maturity)
    inception = inception_terms(terms, was, remaining_before)
    by_curve = contract_value(terms, was, remaining_before, inception)
    base = _worth(terms, was, then, by_curve)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(remaining_before.bd > 0, remaining_after.bd / remaining_before.bd, 1.0)
        multiple = np.where(base == by_curve, 1.0, base / by_curve) ** left
    steps = contract_value(terms, _one_at_a_time(was, now_at), remaining_after, inception)
    now = _worth(terms, now_at, now_own, steps[:, _NOW])
    steps = steps * multiple[:, None]
    still = steps[:, _STILL]
    fx_then, fx_now = settlement_fx(terms, was), settlement_fx(terms, now_at)
    funding = np.exp(growth[after] - growth[before])
    paid = coupons_paid(terms, market.valuation[before], market.valuation[after])
    coupons = np.where(paid > 0, terms.multiplier * paid * nominal_value(now_at)[:, None], 0.0)
    parts = (steps[:, : len(PRICE_FACTORS)] - still[:, None]) * fx_then[:, None]
    _add_own_moves(terms, parts, (now - steps[:, _NOW]) * fx_then)
    parts[:, _FX] += np.where(terms.in_dollars, (now - still) * (fx_now - fx_then), 0.0)
    return ContractMove(
        price=(now - still) * fx_now,
        carry=(still - base * funding + coupons) * fx_now,
        factors=parts,
        inflation=(still - steps[:, _NO_ACCRUAL]) * fx_now,
    )


def _worth(terms: Terms, levels: Levels, own: FloatArray, by_curve: FloatArray) -> FloatArray:
    """The value (M, N) at own prices where there are some, else by the curve; NaN where the curve has none."""
    value = own_value(terms, levels, own)
    return np.where(np.isnan(value), by_curve, np.where(np.isnan(by_curve), np.nan, value))


def _add_own_moves(terms: Terms, parts: FloatArray, moved: FloatArray) -> None:
    """Adds to `parts` (M, F, N) what the own prices have `moved` (M, N) otherwise than the curve. Zero of a contract
    that is priced by the curve."""
    for column, kind in enumerate(terms.kinds):
        if kind in _OWN_FACTOR:
            parts[:, PRICE_FACTORS.index(_OWN_FACTOR[kind]), column] += moved[:, column]


def _one_at_a_time(before: Levels, after: Levels) -> Levels:
    """Levels (M, F + 3): each factor of PRICE_FACTORS moved alone, then none, all, and none without the IPCA accrual.

    The index is the row's own but in the last: its accrual is carry, not a change of price.
    """
    scenarios = len(PRICE_FACTORS) + 3
    curves = np.repeat(before.curves[:, None], scenarios, axis=1)
    spots = np.repeat(before.spots[:, None], scenarios, axis=1)
    short = np.repeat(before.usd_short[:, None], scenarios, axis=1)
    for place, curve in enumerate(("pre", "real", "cupom", "ust")):
        curves[:, place, curve_slice(curve)] = after.curves[:, curve_slice(curve)]
    short[:, PRICE_FACTORS.index("CUPOM")] = after.usd_short
    spots[:, _FX, USDBRL] = after.spots[:, USDBRL]
    spots[:, PRICE_FACTORS.index("EQUITY"), IBOVESPA] = after.spots[:, IBOVESPA]
    spots[:, :_NO_ACCRUAL, IPCA_INDEX] = after.spots[:, IPCA_INDEX, None]
    curves[:, _NOW], spots[:, _NOW], short[:, _NOW] = after.curves, after.spots, after.usd_short
    return Levels(curves, spots, short)
