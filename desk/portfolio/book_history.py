"""What the model portfolio held, gained and decided: one day (`BookDay`) and all days stacked (`BookHistory`).

Axes: R decision days, S packages, N instruments in the order of the catalogue, F price factors in the order of
PRICE_FACTORS. The arrays of a day are (N,) or (N, F), those of a history have R in front. Money is in BRL and whole
cents; contracts are signed, + is long the price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray, IntArray, RowIndex
from desk.calendars import Days
from desk.portfolio.order_limits import HeldBack
from desk.portfolio.package_limits import LimitedBook
from desk.portfolio.pnl_explain import PRICE_FACTORS


@dataclass(frozen=True)
class Holdings:
    """Contracts by instrument (N,) or (R, N), the maturity that they are held in (NaT for none) and its name."""

    contracts: IntArray
    maturity: Days
    contract_id: npt.NDArray[np.str_]

    def as_row(self) -> Holdings:
        """Those of one day (N,) as a history of one row (1, N)."""
        return Holdings(self.contracts[None], self.maturity[None], self.contract_id[None])


@dataclass(frozen=True)
class LinePnl:
    """P&L by instrument over the move into a row, of the `contracts` held over it: (N,) or (R, N).

    `price`, `carry` and `source` are NaN where a held contract cannot be marked; `cost` is that of the row's fills,
    positive. `source` is what another source of the price made of it. `factors` (N, F) or (R, N, F) are parts of the
    price, `inflation` the part of the carry that the IPCA accrued. `since` is the day of the mark before.
    """

    contracts: IntArray
    price: FloatArray
    carry: FloatArray
    source: FloatArray
    cost: FloatArray
    factors: FloatArray
    inflation: FloatArray
    since: Days

    @property
    def by_line(self) -> FloatArray:
        """P&L before costs, NaN where it is unknown."""
        return self.price + self.carry + self.source

    def total(self, cash: float) -> float:
        """P&L of one day (arrays (N,)) after costs and with the interest on cash, unknown lines counting as zero."""
        by_line = np.nansum(self.price) + np.nansum(self.carry) + np.nansum(self.source) - self.cost.sum()
        return round(float(by_line + cash), 2)


@dataclass(frozen=True)
class BookDay:
    """One decision day of the book.

    `packages` (S, N) are each strategy's legs in contracts after the decision, not rounded: their sum, in lots, is the
    target. `before` is what the decision finds, the day's fills done, and `target` what it decides. `cash` is interest
    and `pnl` all of the day's P&L; `nav` includes it. `benchmark` is the NAV of the same money held in cash alone, BRL.
    `risk_multiplier` is the share of its risk, 0 to 1, that the drawdown breaker leaves the decision. `last_mark` (N,)
    is the row that each held contract was last marked on. `sizes`: what the limits left of the plan of one row, where
    a decision has found that, and `held_back` what the limits on one order kept; None on a day without one.
    """

    before: Holdings
    target: Holdings
    packages: FloatArray
    lines: LinePnl
    cash: float
    pnl: float
    nav: float
    benchmark: float
    risk_multiplier: float
    last_mark: RowIndex
    sizes: LimitedBook | None = None
    held_back: HeldBack | None = None


@dataclass(frozen=True)
class BookHistory:
    """All days of a book, the fields of `BookDay` with a first axis R: `cash` to `risk_multiplier` are (R,)."""

    before: Holdings
    target: Holdings
    packages: FloatArray
    lines: LinePnl
    cash: FloatArray
    pnl: FloatArray
    nav: FloatArray
    benchmark: FloatArray
    risk_multiplier: FloatArray


def no_holdings(count: int) -> Holdings:
    """An empty book of `count` instruments."""
    maturity = np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
    return Holdings(np.zeros(count, dtype=np.int64), maturity, np.full(count, "", dtype="U16"))


def no_pnl(count: int) -> LinePnl:
    """The P&L of a day on which `count` instruments held and traded nothing."""
    zeros, never = np.zeros(count), np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
    factors = np.zeros((count, len(PRICE_FACTORS)))
    return LinePnl(np.zeros(count, dtype=np.int64), zeros, zeros, zeros, zeros, factors, zeros, never)


def stack_days(days: Sequence[BookDay]) -> BookHistory:
    """The days, at least one, as a history in their order."""
    return BookHistory(
        before=_stacked(Holdings, [day.before for day in days]),
        target=_stacked(Holdings, [day.target for day in days]),
        packages=np.stack([day.packages for day in days]),
        lines=_stacked(LinePnl, [day.lines for day in days]),
        cash=np.array([day.cash for day in days]),
        pnl=np.array([day.pnl for day in days]),
        nav=np.array([day.nav for day in days]),
        benchmark=np.array([day.benchmark for day in days]),
        risk_multiplier=np.array([day.risk_multiplier for day in days]),
    )


_Record = TypeVar("_Record", Holdings, LinePnl)


def _stacked(record: type[_Record], days: Sequence[_Record]) -> _Record:
    return record(**{name: np.stack([getattr(day, name) for day in days]) for name in record.__dataclass_fields__})
