"""The terms of the instruments' contracts as arrays: kinds, sizes, currencies, and the days left to each payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import BoolArray, FloatArray, RowIndex
from desk.calendars import Days
from desk.catalog.desk_parameters import Instrument, InstrumentKind
from desk.portfolio.contracts import business_days, calendar_days
from desk.portfolio.market_levels import CURVE_VERTICES, IBOVESPA, IPCA_INDEX, USDBRL

Columns = RowIndex
NTNB_BASE_INDEX = 1614.62
"""IPCA index of June 2000: a nominal of BRL 1,000 on 15 July 2000. Source: Tesouro Nacional, NTN-B."""
NTNB_COUPON = 1.06**0.5 - 1.0
_PAR = {"pre_pu": 100_000.0, "real_pu": 100_000.0, "fx_forward": 1_000.0, "equity_forward": 1.0}
_SPOT = {"pre_pu": 0, "real_pu": IPCA_INDEX, "fx_forward": USDBRL, "equity_forward": IBOVESPA}
_BRL_FUNDED = ("pre_pu", "real_pu", "ipca_bond")
_USD_FUNDED = ("cupom_pu", "par_bond")
_OVERNIGHT_FUNDED = ("par_bond",)
_DOLLAR = ("cupom_pu", "par_bond", "spread")


@dataclass(frozen=True)
class Terms:
    """The instruments' constants as arrays (N,), and which columns (indices) are of which kind.

    `forward_sign` is -1 where a value is discounted by its curve and +1 where it grows with it (forwards); `par_value`
    BRL (or points) before spot and curve; `in_dollars` gains are in USD and settle at the PTAX of the day; `funded` in
    BRL at CDI, `dollar_funded` in USD, at the short onshore rate or, where
    `overnight_funded`, at the overnight one; `price_ticks` the tick is one of price, not of rate.
    """

    kinds: tuple[InstrumentKind, ...]
    roots: tuple[str, ...]
    forward_sign: FloatArray
    par_value: FloatArray
    spot: Columns
    multiplier: FloatArray
    indexed: BoolArray
    in_dollars: BoolArray
    funded: BoolArray
    dollar_funded: BoolArray
    overnight_funded: BoolArray
    in_rate: BoolArray
    price_ticks: BoolArray
    tenor_years: FloatArray
    paid_on: Days
    """Days (F,) on which any bond pays, over all their lives."""
    pays: FloatArray
    """(F, B) what each column of `columns("ipca_bond")` pays then per unit of updated nominal, redemption included."""

    def columns(self, *kinds: InstrumentKind) -> Columns:
        """Indices of the instruments of these kinds."""
        return np.array([index for index, kind in enumerate(self.kinds) if kind in kinds], dtype=np.intp)

    def kind_mask(self, *kinds: InstrumentKind) -> BoolArray:
        """Which instruments (N,) are of these kinds."""
        return np.array([kind in kinds for kind in self.kinds])


@dataclass(frozen=True)
class RemainingPayments:
    """Days left to maturity and to payments, on rows (R,): `bd`, `cd` (R, N) business and calendar days to maturity;
    `cupom_cd` (R, V) calendar days to the cupom curve's vertices; `flow_bd` (R, F) business days to the bonds'
    payments and `amount` (R, F, B) what each of B bonds then pays per unit of updated nominal, zero where it is
    past."""

    bd: FloatArray
    cd: FloatArray
    cupom_cd: FloatArray
    flow_bd: FloatArray
    amount: FloatArray


def terms_of(instruments: Sequence[Instrument]) -> Terms:
    """The terms of the instruments, in their order."""
    kinds = tuple(instrument.kind for instrument in instruments)
    multiplier = np.array([instrument.multiplier for instrument in instruments])

    def among(*chosen: str) -> BoolArray:
        return np.array([kind in chosen for kind in kinds])

    paid_on, pays = _payments([instrument.maturity for instrument in instruments if instrument.maturity is not None])
    return Terms(
        kinds=kinds,
        roots=tuple(instrument.root for instrument in instruments),
        forward_sign=np.where(among("fx_forward", "equity_forward"), 1.0, -1.0),
        par_value=multiplier * np.array([_PAR.get(kind, np.nan) for kind in kinds]),
        spot=np.array([_SPOT.get(kind, 0) for kind in kinds], dtype=np.intp),
        multiplier=multiplier,
        indexed=among("real_pu"),
        in_dollars=among(*_DOLLAR),
        funded=among(*_BRL_FUNDED),
        dollar_funded=among(*_USD_FUNDED),
        overnight_funded=among(*_OVERNIGHT_FUNDED),
        in_rate=np.array([instrument.quoted_in_rate for instrument in instruments]),
        price_ticks=np.array([item.ticks_in_price for item in instruments]),
        tenor_years=np.array([(instrument.tenor_months or 0) / 12.0 for instrument in instruments]),
        paid_on=paid_on,
        pays=pays,
    )


def _payments(maturities: Sequence[dt.date]) -> tuple[Days, FloatArray]:
    """Half-yearly back from each maturity to the first NTN-B of 2000, on the business day that pays."""
    lives = [_coupon_days(maturity) for maturity in maturities]
    dates = np.unique(np.concatenate(lives)) if lives else np.array([], dtype="datetime64[D]")
    pays = [np.isin(dates, own) * NTNB_COUPON + (dates == own[-1]) for own in lives]
    amounts = np.column_stack(pays) if pays else np.zeros((0, 0))
    return calendars.anbima().offset_array(dates, 0), amounts


def _coupon_days(maturity: dt.date) -> Days:
    """Every half-year back from the maturity to the first NTN-B of 2000, ascending."""
    back = np.arange(0, (maturity.year - 2000) * 12, 6)[::-1].astype("timedelta64[M]")
    months = np.array(maturity, dtype="datetime64[M]") - back
    return np.asarray(months.astype("datetime64[D]") + np.timedelta64(maturity.day - 1, "D"))


def remaining_payments(terms: Terms, valuation: Days, maturity: Days) -> RemainingPayments:
    """Days left of contracts `maturity` (R, N), valued on `valuation` (R,); a contract past its maturity has none."""
    start = np.asarray(valuation, dtype="datetime64[D]")
    bd = np.maximum(business_days(start[:, None], maturity), 0.0)
    cd = np.maximum(calendar_days(start[:, None], maturity), 0.0)
    cupom_cd = np.zeros((len(start), 0))
    if len(terms.columns("cupom_pu")):
        vertices = np.array(CURVE_VERTICES["cupom"])
        at = calendars.anbima().offset_array(start[:, None], vertices[None, :])
        cupom_cd = calendar_days(start[:, None], at)
    return RemainingPayments(bd, cd, cupom_cd, *_flows(terms, start))


def by_next_payment(terms: Terms, valuation: Days) -> list[slice]:
    """The rows of `valuation` (R,) in stretches with the same bond payments before them.

    A sum over payments rounds by how many it adds up, past ones included: priced stretch by stretch, a row has the same
    number to the bit whatever rows stand beside it.
    """
    gone = np.searchsorted(terms.paid_on, np.asarray(valuation, dtype="datetime64[D]"), side="right")
    ends = [*(np.flatnonzero(np.diff(gone)) + 1).tolist(), len(gone)]
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _flows(terms: Terms, start: Days) -> tuple[FloatArray, FloatArray]:
    if not terms.pays.shape[1]:
        return np.zeros((len(start), 0)), np.zeros((len(start), 0, 0))
    first = int(np.searchsorted(terms.paid_on, start.min(), side="right"))
    dates = terms.paid_on[first:]
    bd = np.maximum(business_days(start[:, None], dates[None, :]), 0.0)
    due = dates[None, :] > start[:, None]
    return bd, np.where(due[:, :, None], terms.pays[None, first:], 0.0)


def coupons_paid(terms: Terms, since: Days, until: Days) -> FloatArray:
    """What one bond of each instrument (M, N) pays in (since, until] (M,), per unit of updated nominal; redemption
    too."""
    paid = np.zeros((len(since), len(terms.kinds)))
    inside = (terms.paid_on > since[:, None]) & (terms.paid_on <= until[:, None])
    paid[:, terms.columns("ipca_bond")] = inside @ terms.pays
    return paid
