"""What a rates desk reads off the curves of one day: forwards, DV01, carry and roll-down, distance from a fitted curve.

Each function takes one day's curve at the panel's vertices and gives a table with a row for each vertex whose rate is
known, the shortest first. Rates are fractions per year; null is not known.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from desk import calendars
from desk.arrays import FloatArray
from desk.transforms import rolling, ust
from desk.transforms.carry import CARRY_HORIZON_BD, carry_roll
from desk.transforms.cupom import cupom_dv01, forward_cupom
from desk.transforms.curves import forward_rate, pu_dv01
from desk.transforms.features import QUARTER
from desk.transforms.nss import fit_nelson_siegel, fit_svensson
from desk.units import DAYS_PER_YEAR

FACE_USD = 100_000.0
_SVENSSON_POINTS, _NELSON_SIEGEL_POINTS = 6, 4
_FIRST_HALF_YEAR = 0.5


def di_measures(tenors_bd: npt.ArrayLike, rates: npt.ArrayLike, cdi: float) -> pl.DataFrame:
    """The DI curve of the last row of `rates` (T, K), decision days in order; `cdi` annual, NaN where not known.

    Columns: tenor_bd; rate; forward (from the vertex before); fit_gap (rate less the fitted curve: Svensson, with four
    or five vertices Nelson-Siegel, null with fewer); dv01_brl, carry_brl, roll_down_brl (one contract received, over
    21 business days); in_daily_volatility (their sum in standard deviations of the contract's daily value, from the
    last 63 changes of the rate). What needs a horizon within the tenor is null at 21 days.
    """
    values = np.atleast_2d(np.asarray(rates, dtype=np.float64))
    known = np.isfinite(values[-1])
    tenors, history = np.asarray(tenors_bd, dtype=np.int64)[known], values[:, known]
    today = history[-1]
    columns = {name: np.full(len(tenors), np.nan) for name in ("carry_brl", "roll_down_brl", "in_daily_volatility")}
    rolls = tenors > CARRY_HORIZON_BD
    if rolls.any():
        moved = [rolling.deviation(rolling.change(history[:, k]), QUARTER)[-1] for k in np.flatnonzero(rolls)]
        earned = carry_roll(tenors, today, tenors[rolls], [cdi], CARRY_HORIZON_BD)
        columns["carry_brl"][rolls] = earned.carry_brl[0]
        columns["roll_down_brl"][rolls] = earned.roll_down_brl[0]
        columns["in_daily_volatility"][rolls] = earned.in_daily_volatility(moved)[0]
    return _table(
        tenor_bd=tenors,
        rate=today,
        forward=_after_the_first(forward_rate(today[:-1], tenors[:-1], today[1:], tenors[1:]), len(tenors)),
        fit_gap=today - _fitted(tenors / DAYS_PER_YEAR, today),
        dv01_brl=pu_dv01(today, tenors),
        **columns,
    )


def cupom_measures(tenors_bd: npt.ArrayLike, rates: npt.ArrayLike, session: dt.date) -> pl.DataFrame:
    """The cupom curve `rates` (K,) of one `session`.

    Columns: tenor_bd; calendar_days; rate (linear ACT/360); forward (FRA de cupom from the vertex before); dv01_usd
    (100,000 USD due at the vertex, held long).
    """
    values = np.asarray(rates, dtype=np.float64)
    tenors, today = np.asarray(tenors_bd, dtype=np.int64)[np.isfinite(values)], values[np.isfinite(values)]
    start = np.datetime64(session, "D")
    ends = calendars.anbima().offset_array(np.full(len(tenors), start), tenors)
    days = (ends - start).astype(np.int64)
    return _table(
        tenor_bd=tenors,
        calendar_days=days,
        rate=today,
        forward=_after_the_first(forward_cupom(today[:-1], days[:-1], today[1:], days[1:]), len(tenors)),
        dv01_usd=cupom_dv01(today, days, FACE_USD),
    )


def treasury_measures(years: npt.ArrayLike, par: npt.ArrayLike) -> pl.DataFrame:
    """The Treasury par curve `par` (K,) at `years` (K,); maturities below the first coupon are left out.

    Columns: years; par, zero and forward (from the maturity before), half-yearly compounded; duration (modified, in
    years) and dv01_usd of 100,000 USD of the par bond. Zero and forward are null where no unbroken par curve leads
    there from the first half-year.
    """
    values, term = np.asarray(par, dtype=np.float64), np.asarray(years, dtype=np.float64)
    known = np.isfinite(values) & (term >= _FIRST_HALF_YEAR)
    maturity, today = term[known], values[known]
    if not len(maturity):
        return _table(**dict.fromkeys(("years", "par", "zero", "forward", "duration", "dv01_usd"), today))
    curve = ust.zero_curve(maturity, today[None, :])
    return _table(
        years=maturity,
        par=today,
        zero=curve.zero_rate(maturity)[0],
        forward=_after_the_first(curve.forward_rate(maturity[:-1], maturity[1:])[0], len(maturity)),
        duration=ust.modified_duration(today, today, maturity),
        dv01_usd=ust.dv01(today, today, maturity, FACE_USD),
    )


def _fitted(years: FloatArray, rates: FloatArray) -> FloatArray:
    """Rates of the curve fitted to the points, at the points; NaN with fewer than four."""
    if len(years) < _NELSON_SIEGEL_POINTS:
        return np.full(len(years), np.nan)
    fit = fit_svensson if len(years) >= _SVENSSON_POINTS else fit_nelson_siegel
    return fit(years, rates).rates(years)


def _after_the_first(values: FloatArray, rows: int) -> FloatArray:
    return np.concatenate([np.full(min(rows, 1), np.nan), values])


def _table(**columns: npt.ArrayLike) -> pl.DataFrame:
    """The columns as a table, NaN as null."""
    return pl.DataFrame({name: np.asarray(values) for name, values in columns.items()}).fill_nan(None)
