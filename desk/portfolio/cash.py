"""Cash at CDI: the only place where the desk compounds the rate.

CDI is an annual rate BUS/252 that accrues once a business day of ANBIMA's calendar (ANBIMA and CETIP/B3, "Caderno de
formulas": factor of a day = (1 + rate)^(1/252)), so that a day without a B3 session still earns. The book's cash line,
the funding of its contracts and its benchmark use the same growth and the same rounding to cents: a book that holds
nothing is its benchmark to the cent.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.errors import MissingInput
from desk.portfolio.contracts import business_days
from desk.units import DAYS_PER_YEAR


def cash_growth(days: Days, valuation: Days, rate: FloatArray) -> FloatArray:
    """Logarithm of what one BRL at CDI has become by each decision day (T,), from 0 at the first.

    `valuation` (T,) are the sessions whose prices the `days` know; `rate` (T,) the annual fraction known at each. From
    one row to the next the rate known at the earlier one accrues over the business days between their sessions. Raises
    MissingInput naming the first day without CDI.
    """
    known = rate[:-1]
    if not np.isfinite(known).all():
        raise MissingInput(f"cdi is unknown on {days[:-1][~np.isfinite(known)][0]}: the book cannot accrue cash")
    span = business_days(valuation[:-1], valuation[1:])
    return np.concatenate([[0.0], np.cumsum(np.log1p(known) * span / DAYS_PER_YEAR)])


def interest(nav: float, growth: FloatArray, row: int) -> float:
    """What `nav` (BRL) at CDI earns from the row before to `row` of `growth` (T,), in whole cents."""
    return float(np.round(nav * np.expm1(growth[row] - growth[row - 1]), 2))
