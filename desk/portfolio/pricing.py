"""The value of one contract: the one function behind P&L, VaR scenarios, stress and DV01.

Value of one contract held long the price:

    DI1   BRL  100,000 / (1 + pre)^(bd/252)
    DAP   BRL  100,000 / (1 + real)^(bd/252) x 0.00025 x pro-rata IPCA index
    DOL   BRL  50 x 1,000 x usdbrl x (1 + pre)^(bd/252) / (1 + usd_short x cd/360)
    IND   BRL  ibovespa x (1 + pre)^(bd/252)
    NTN-B BRL  VNA x sum of flows / (1 + real)^(bd/252), the coupons paid out as they fall due
    DDI   USD  0.50 x 100,000 / (1 + cupom x cd/360)
    UST   USD  face x price of the par bond issued at the last mark
    SOV   USD  1m x (1 + 4.5 x fall of the spread since the last mark + the spread earned since)

so that every sign follows from the value: + contracts of DI1 (long the PU, receive) lose when rates rise, + DOL gains
when USD/BRL rises, + SOV (protection sold) gains when the spread falls. Gains in USD settle at the day's PTAX; the
face is not an exposure to the dollar (a DDI is held with its dollars sold forward, as B3's FRA de cupom does).

DI1, DAP and NTN-B are funded at CDI: their P&L is the change of value less CDI on the value before (B3 corrects the
previous settlement price by the DI rate; for DAP also by the IPCA index, which the value holds). DDI is funded at the
short onshore dollar rate, UST at the overnight one. Between vertices rates are flat-forward, below the first vertex
flat, and above the last the last forward goes on for at most 6% (a January contract lies up to half a year past ten
years).

That is the price by the curve. P&L, positions and orders are at the contract's own price where its session has one
(`quote_market`); scenarios move it by as much as they move the price by the curve.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.calendars import Days
from desk.portfolio import pricing_formulas
from desk.portfolio.contract_terms import RemainingPayments, Terms, by_next_payment, remaining_payments
from desk.portfolio.market_levels import CURVE_VERTICES, IPCA_INDEX, USDBRL, Levels, Market, curve_slice
from desk.portfolio.own_prices import CURVE
from desk.portfolio.pricing_formulas import InceptionTerms, inception_terms, node_weights
from desk.units import BASIS_POINT, DAYS_PER_YEAR

_YIELD_STEPS = 12


@dataclass(frozen=True)
class Quotes:
    """Per contract (..., N): `value` in BRL, `rate` (annual fraction to maturity), `dv01` in BRL per bp (+ gains when
    the rate falls), `price` in the quotation's unit, `exposure` in BRL for the gross leverage.

    Exposure is the notional of FX and equity, and for rates its ten-year equivalent, value x years / 10, as SEC Form PF
    counts interest-rate derivatives: a six-month DI future at par with a ten-year one would make leverage meaningless.
    `source` is what the price was read off, a place in MARK_SOURCES.
    """

    value: FloatArray
    rate: FloatArray
    dv01: FloatArray
    price: FloatArray
    exposure: FloatArray
    source: IntArray

    def at(self, rows: slice | RowIndex) -> Quotes:
        """Some of the rows."""
        return Quotes(*(getattr(self, field.name)[rows] for field in fields(self)))


def contract_value(
    terms: Terms, levels: Levels, remaining: RemainingPayments, inception: InceptionTerms | None = None
) -> FloatArray:
    """One contract in the currency it settles in: (R, N) on levels of R rows, (R, S, N) on (R, S) scenarios.

    `inception` is that of the constant maturities (UST, SOV); on rows it may be left out: they begin at these levels.
    """
    if inception is None:
        inception = inception_terms(terms, levels, remaining)
    value = np.full((*levels.usd_short.shape, len(terms.kinds)), np.nan)
    for curve, names in (("pre", ("pre_pu", "fx_forward", "equity_forward")), ("real", ("real_pu",))):
        columns = terms.columns(*names)
        if len(columns):
            value[..., columns] = pricing_formulas.futures_value(terms, levels, remaining, columns, curve)
    columns = terms.columns("cupom_pu")
    if len(columns):
        value[..., columns] = pricing_formulas.cupom_value(terms, levels, remaining, columns)
    columns = terms.columns("ipca_bond")
    if len(columns):
        nominal = pricing_formulas.nominal_value(levels)[..., None]
        listed = np.where(np.isnan(pricing_formulas.over_scenarios(remaining.bd[:, columns], levels)), np.nan, 1.0)
        value[..., columns] = (
            terms.multiplier[columns] * nominal * pricing_formulas.bond_quotation(levels, remaining) * listed
        )
    columns = terms.columns("par_bond")
    if len(columns):
        value[..., columns] = pricing_formulas.par_bond_value(terms, levels, remaining, columns, inception)
    columns = terms.columns("spread")
    if len(columns):
        value[..., columns] = pricing_formulas.spread_value(terms, levels, remaining, columns, inception)
    return value


def settlement_fx(terms: Terms, levels: Levels) -> FloatArray:
    """BRL per unit of the settlement currency (..., N): PTAX for contracts in USD, else one."""
    return np.where(terms.in_dollars, levels.spots[..., USDBRL, None], 1.0)


def own_value(terms: Terms, levels: Levels, price: FloatArray) -> FloatArray:
    """One contract (R, N) at its own price (desk.portfolio.own_prices), in the currency that it settles in; NaN where
    it has none."""
    point = np.where(terms.indexed, levels.spots[:, IPCA_INDEX, None], 1.0) * terms.multiplier
    bonds = terms.columns("ipca_bond")
    point[:, bonds] = terms.multiplier[bonds] * pricing_formulas.nominal_value(levels)[:, None]
    return np.asarray(price * point)


def quote_market(terms: Terms, market: Market, maturity: Days, rows: RowIndex | None = None) -> Quotes:
    """Contracts `maturity` (R, N) on rows of the market (None: all), each at its own price where it has one."""
    at = np.arange(len(market)) if rows is None else rows
    own = market.inputs.own.best(at, terms.roots, maturity)
    return quote(terms, market.levels[at], market.valuation[at], maturity, own)


def quote(
    terms: Terms, levels: Levels, valuation: Days, maturity: Days, own: tuple[FloatArray, IntArray] | None = None
) -> Quotes:
    """Contracts `maturity` (R, N) on `levels` of R rows, valued on `valuation` (R,).

    `own`: price (R, N) of each contract itself and its source. Where there is one, value, price and yield are those of
    it, and DV01 that of the curve in proportion; a contract without a curve has no price at all.
    """
    parts = [
        _quote(terms, levels[at], valuation[at], maturity[at], None if own is None else (own[0][at], own[1][at]))
        for at in by_next_payment(terms, valuation)
    ]
    columns = [[getattr(part, field.name) for part in parts] for field in fields(Quotes)]
    return parts[0] if len(parts) == 1 else Quotes(*map(np.concatenate, columns))


def _quote(
    terms: Terms, levels: Levels, valuation: Days, maturity: Days, own: tuple[FloatArray, IntArray] | None
) -> Quotes:
    remaining = remaining_payments(terms, valuation, maturity)
    inception = inception_terms(terms, levels, remaining)
    worth = contract_value(terms, levels, remaining, inception)
    fx = settlement_fx(terms, levels)
    unfunded = terms.dollar_funded & np.isnan(levels.usd_short)[:, None]  # the cost of holding it is unknown
    worth = np.where(unfunded, np.nan, worth)
    rate, dv01, price = (np.full_like(worth, np.nan) for _ in range(3))
    _quote_zeros(terms, levels, remaining, worth, rate, dv01, price)
    _quote_cupom(terms, levels, remaining, worth, rate, dv01, price)
    _quote_bonds(terms, levels, remaining, rate, dv01, price)
    _quote_constant_maturities(terms, inception, worth, rate, dv01, price)
    source = np.full(worth.shape, CURVE, dtype=np.int64)
    if own is not None:
        source = np.where(np.isfinite(own_value(terms, levels, own[0]) * worth), own[1], CURVE)
        by_curve = Quotes(worth, rate, dv01, price, dv01, source)
        worth = _at_own(terms, levels, remaining, own[0], source != CURVE, by_curve)
    dv01 = np.where(np.isnan(worth), np.nan, dv01 * fx)
    value = worth * fx
    years = remaining.bd / DAYS_PER_YEAR
    futures = terms.kind_mask("pre_pu", "real_pu")
    plain = terms.kind_mask("fx_forward", "equity_forward")
    exposure = np.where(futures, value * years / 10.0, np.where(plain, value, dv01 / BASIS_POINT / 10.0))
    return Quotes(value, rate, dv01, price, exposure, source)


def _at_own(
    terms: Terms, levels: Levels, remaining: RemainingPayments, own: FloatArray, has_own: BoolArray, curve: Quotes
) -> FloatArray:
    """The value (R, N) with the own prices `own` where there are some; writes rate, dv01 and price of `curve`, all in
    the currency that the contract settles in, in place."""
    value = np.where(has_own, own_value(terms, levels, own), curve.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        curve.dv01[has_own] *= (value / curve.value)[has_own]
    curve.price[has_own] = own[has_own]
    zeros = has_own & terms.kind_mask("pre_pu", "real_pu")
    with np.errstate(divide="ignore", invalid="ignore"):
        curve.rate[zeros] = ((100_000.0 / own) ** (DAYS_PER_YEAR / remaining.bd) - 1.0)[zeros]
    bonds = terms.columns("ipca_bond")
    if has_own[:, bonds].any():
        found = _bond_yield(own[:, bonds], remaining.flow_bd / DAYS_PER_YEAR, remaining.amount)
        curve.rate[:, bonds] = np.where(has_own[:, bonds], found, curve.rate[:, bonds])
        curve.price[:, bonds] = np.where(has_own[:, bonds], own[:, bonds] * 100.0, curve.price[:, bonds])
    return value


def _quote_zeros(
    terms: Terms,
    levels: Levels,
    remaining: RemainingPayments,
    own: FloatArray,
    rate: FloatArray,
    dv01: FloatArray,
    price: FloatArray,
) -> None:
    for curve, names in (("pre", ("pre_pu", "fx_forward", "equity_forward")), ("real", ("real_pu",))):
        columns = terms.columns(*names)
        years = remaining.bd[:, columns] / DAYS_PER_YEAR
        growth = pricing_formulas.zero_growth(curve, levels, remaining.bd[:, columns])
        with np.errstate(divide="ignore", invalid="ignore"):
            rate[:, columns] = np.where(years > 0, np.expm1(growth / years), np.nan)
        sign = -terms.forward_sign[columns]
        dv01[:, columns] = sign * own[:, columns] * years / (1.0 + rate[:, columns]) * BASIS_POINT
        point = np.where(terms.indexed[columns], levels.spots[:, IPCA_INDEX, None], 1.0) * terms.multiplier[columns]
        price[:, columns] = own[:, columns] / point


def _quote_cupom(
    terms: Terms,
    levels: Levels,
    remaining: RemainingPayments,
    own: FloatArray,
    rate: FloatArray,
    dv01: FloatArray,
    price: FloatArray,
) -> None:
    columns = terms.columns("cupom_pu")
    if not len(columns):
        return
    days, growth = remaining.cd[:, columns], pricing_formulas.cupom_growth(levels, remaining, columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate[:, columns] = np.where(days > 0, np.expm1(growth) * 360.0 / days, np.nan)
    dv01[:, columns] = own[:, columns] * days / 360.0 * np.exp(-growth) * BASIS_POINT
    price[:, columns] = own[:, columns] / terms.multiplier[columns]


def _quote_bonds(
    terms: Terms, levels: Levels, remaining: RemainingPayments, rate: FloatArray, dv01: FloatArray, price: FloatArray
) -> None:
    """Quotation in percent of the VNA, yield to maturity, and DV01 to a parallel move of the real zero curve."""
    columns = terms.columns("ipca_bond")
    if not len(columns):
        return
    factors, unpriced = pricing_formulas.bond_flows(levels, remaining)
    quotation = np.where(unpriced, np.nan, np.einsum("rf,rfb->rb", factors, remaining.amount))
    years = remaining.flow_bd / DAYS_PER_YEAR
    near, far, near_weight, far_weight = node_weights(remaining.flow_bd, CURVE_VERTICES["real"])
    curve = levels.curves[:, curve_slice("real")].copy()
    for vertex in range(curve.shape[1] - 2, -1, -1):
        curve[:, vertex] = np.where(np.isnan(curve[:, vertex]), curve[:, vertex + 1], curve[:, vertex])
    slopes = near_weight / (1.0 + np.take_along_axis(curve, near, axis=1))
    slopes = np.nan_to_num(slopes) + np.nan_to_num(far_weight / (1.0 + np.take_along_axis(curve, far, axis=1)))
    nominal = terms.multiplier[columns] * pricing_formulas.nominal_value(levels)[:, None]
    dv01[:, columns] = nominal * np.einsum("rf,rf,rfb->rb", factors, slopes, remaining.amount) * BASIS_POINT
    dv01[:, columns] = np.where(unpriced, np.nan, dv01[:, columns])
    price[:, columns] = quotation * 100.0
    rate[:, columns] = _bond_yield(quotation, years, remaining.amount)


def _bond_yield(quotation: FloatArray, years: FloatArray, amount: FloatArray) -> FloatArray:
    """Annual effective yield (R, B) that gives each quotation, by Newton's steps on ln(1 + y)."""
    growth = np.full(quotation.shape, np.log(1.06))
    for _ in range(_YIELD_STEPS):
        flows = amount * np.exp(-years[:, :, None] * growth[:, None, :])
        value, slope = flows.sum(axis=1), (flows * years[:, :, None]).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = growth + (value - quotation) / slope
    return np.asarray(np.expm1(growth))


def _quote_constant_maturities(
    terms: Terms, inception: InceptionTerms, own: FloatArray, rate: FloatArray, dv01: FloatArray, price: FloatArray
) -> None:
    """UST in points of 100 at its par yield; the spread in basis points."""
    treasuries, spreads = terms.columns("par_bond"), terms.columns("spread")
    both = np.concatenate([treasuries, spreads])
    rate[:, both] = inception.rate[:, both]
    years = pricing_formulas.annuity_years(rate[:, treasuries], 2.0 * terms.tenor_years[treasuries])
    dv01[:, treasuries] = own[:, treasuries] * years * BASIS_POINT
    price[:, treasuries] = own[:, treasuries] / terms.multiplier[treasuries]
    dv01[:, spreads] = terms.multiplier[spreads] * pricing_formulas.SPREAD_YEARS * BASIS_POINT
    price[:, spreads] = rate[:, spreads] / BASIS_POINT
