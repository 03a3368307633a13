"""The panel as arrays that pricing reads: one row a decision day, NaN where a level is unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray, RowIndex
from desk.calendars import Days
from desk.catalog.fallbacks import LONG_VERTICES, VERTICES
from desk.errors import MissingInput
from desk.portfolio.cash import cash_growth
from desk.portfolio.contracts import calendar_days, valuation_days
from desk.portfolio.price_inputs import PriceInputs, all_current

CURVE_VERTICES: dict[str, tuple[int, ...]] = {
    "pre": VERTICES,
    "real": (*VERTICES, *LONG_VERTICES),
    "cupom": VERTICES,
    "ust": VERTICES,
}
"""Business days of each curve's vertices, in the order of `Levels.curves`. The NTN-B of 2045 needs the long ones."""
CURVES = tuple(CURVE_VERTICES)
CURVE_KEYS = tuple((curve, bd) for curve, vertices in CURVE_VERTICES.items() for bd in vertices)
CURVE_COLUMNS = tuple(f"{curve}_{bd}" for curve, bd in CURVE_KEYS)
SPOT_COLUMNS = ("usdbrl", "ibovespa", "ipca_index_pro_rata")
MARKET_COLUMNS = (*CURVE_COLUMNS, *SPOT_COLUMNS, "usd_short_rate", "usd_overnight", "cdi")
USDBRL, IBOVESPA, IPCA_INDEX = 1, 2, 3
"""Places in `Levels.spots`."""


def curve_slice(curve: str) -> slice:
    """The place of `curve` in the last axis of `Levels.curves`."""
    at = [index for index, (name, _) in enumerate(CURVE_KEYS) if name == curve]
    return slice(at[0], at[-1] + 1)


def curve_at(curve: str, bd: int) -> int:
    """The place of one vertex."""
    return CURVE_KEYS.index((curve, bd))


@dataclass(frozen=True)
class Levels:
    """What contracts are priced from. Leading axes (..., ) are rows, or rows by scenarios.

    `curves` (..., K): fractions per year at CURVE_KEYS (PRE and real BUS/252, cupom linear ACT/360, Treasury par
    yields); `spots` (..., 4): one, USD/BRL, Ibovespa, pro-rata IPCA index; `usd_short` (...,): linear ACT/360 fraction.
    """

    curves: FloatArray
    spots: FloatArray
    usd_short: FloatArray

    def __getitem__(self, rows: slice | RowIndex | BoolArray) -> Levels:
        return Levels(self.curves[rows], self.spots[rows], self.usd_short[rows])

    def shocked(self, moves: Levels) -> Levels:
        """Levels (R, S, ...) of rows (R, ...) under moves (R or 1, S, ...): rates add, spots multiply."""
        return Levels(
            self.curves[:, None, :] + moves.curves,
            self.spots[:, None, :] * moves.spots,
            self.usd_short[:, None] + moves.usd_short,
        )


@dataclass(frozen=True)
class Market:
    """`days` (T,) decision days; `valuation` (T,) the session whose prices they know; `cdi` (T,) annual fraction;
    `usd_overnight` (T,) linear ACT/360 fraction, SOFR where there is one.
    `inputs`: what the levels rest on."""

    days: Days
    valuation: Days
    levels: Levels
    cdi: FloatArray
    usd_overnight: FloatArray
    inputs: PriceInputs

    def __len__(self) -> int:
        return len(self.days)

    def __getitem__(self, rows: slice) -> Market:
        days, valuation, levels = self.days[rows], self.valuation[rows], self.levels[rows]
        return Market(days, valuation, levels, self.cdi[rows], self.usd_overnight[rows], self.inputs[rows])

    def cdi_growth(self) -> FloatArray:
        """Logarithm of what one BRL at CDI has become by each row (T,): `desk.portfolio.cash.cash_growth`."""
        return cash_growth(self.days, self.valuation, self.cdi)

    def usd_growth(self) -> FloatArray:
        """Logarithm of what one USD at the short onshore dollar rate has become by each row, from 0. Shape (T,).

        A rate holds until the next one is known. A line whose dollars have no rate has no price either, so the days
        before the first one, which count as zero, are in no line's P&L.
        """
        return self._dollar_growth(self.levels.usd_short)

    def overnight_growth(self) -> FloatArray:
        """The same at the overnight rate, at which a Treasury is financed."""
        return self._dollar_growth(self.usd_overnight)

    def _dollar_growth(self, rates: FloatArray) -> FloatArray:
        known = np.isfinite(rates)
        last = np.maximum.accumulate(np.where(known, np.arange(len(self)), -1))
        rate = np.where(last >= 0, rates[np.maximum(last, 0)], 0.0)[:-1]
        span = calendar_days(self.valuation[:-1], self.valuation[1:])
        return np.concatenate([[0.0], np.cumsum(np.log1p(rate * span / 360.0))])


def read_market(values: pl.DataFrame, inputs: PriceInputs | None = None) -> Market:
    """The wide panel as arrays; without `inputs` every level counts as current.

    Raises MissingInput naming the missing columns, for no days, and for days out of order.
    """
    missing = [name for name in ("day", *MARKET_COLUMNS) if name not in values.columns]
    if missing:
        raise MissingInput(f"the panel lacks {', '.join(missing)}")
    if values.is_empty():
        raise MissingInput("the panel has no days")
    days = values["day"].to_numpy().astype("datetime64[D]")
    if (np.diff(days) <= np.timedelta64(0, "D")).any():
        raise MissingInput("the panel's days are not ascending")
    spots = np.column_stack([np.ones(len(days)), *(_column(values, name) for name in SPOT_COLUMNS)])
    curves = np.column_stack([_column(values, name) for name in CURVE_COLUMNS])
    levels = Levels(curves, spots, _column(values, "usd_short_rate"))
    known = inputs if inputs is not None else all_current(len(days))
    overnight = _column(values, "usd_overnight")
    return Market(days, valuation_days(days), levels, _column(values, "cdi"), overnight, known)


def factor_moves(levels: Levels) -> Levels:
    """Moves (T, ...) from the row before to each row: rate changes, spot ratios (IPCA's is one). The first is NaN.

    As `moves` of `Levels.shocked` they carry one day's history onto any day's levels.
    """
    ratios = np.full_like(levels.spots, np.nan)
    ratios[1:] = levels.spots[1:] / levels.spots[:-1]
    ratios[:, 0] = ratios[:, IPCA_INDEX] = 1.0  # an index accrual is no risk factor
    return Levels(_difference(levels.curves), ratios, _difference(levels.usd_short))


def no_moves(scenarios: int) -> Levels:
    """Moves (1, S, ...) that change nothing, which the stress scenarios start from."""
    return Levels(np.zeros((1, scenarios, len(CURVE_COLUMNS))), np.ones((1, scenarios, 4)), np.zeros((1, scenarios)))


def _difference(levels: FloatArray) -> FloatArray:
    moves = np.full_like(levels, np.nan)
    moves[1:] = levels[1:] - levels[:-1]
    return moves


def _column(values: pl.DataFrame, name: str) -> FloatArray:
    column = values[name].cast(pl.Float64).to_numpy()
    return np.where(np.isfinite(column), column, np.nan)
