"""Settlements off the curve for a book of a few lines, and P&L by hand from them.

The hand has nothing of the desk's pricing: decimal fractions, and business days counted one by one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal, getcontext
from functools import cache

import numpy as np
import polars as pl

from desk import calendars
from desk.portfolio.contracts import map_contracts, valuation_day
from desk.portfolio.market_levels import CURVE_COLUMNS
from desk.portfolio.own_prices import read_own_prices
from desk.portfolio.portfolio_pass import BookRun, open_book
from desk.portfolio.price_inputs import PriceInputs, all_current
from desk.transforms.settled_prices import SETTLED_SCHEMA
from tests.desk.portfolio.panels import FREE, LONE, make_values, views_of

getcontext().prec = 40
COUNT = 150
VALUES = make_values(COUNT, last=dt.date(2026, 5, 14))
"""Its last days have no roll of a held contract, and no coupon."""
DAYS: list[dt.date] = VALUES["day"].to_list()
INCEPTION = DAYS[-12]
AWAY = DAYS[-5]
"""The decision that knows no settlement."""
IDS = FREE.instrument_ids
NAMES = [terms.id for terms in LONE]
HELD = {"DI1_2Y": 0.3, "DAP_3Y": -0.2, "DOL": 0.2, "IND": -0.2, "NTNB_2035": 0.3, "UST_5Y": 0.1, "DDI_1Y": 0.1}
ROOTS = ("DI1", "DAP", "DOL", "IND")


@cache
def _days_before() -> dict[dt.date, int]:
    """How many business days lie before each day of the contracts' lives, counted one by one."""
    calendar, day, found = calendars.anbima(), dt.date(2025, 1, 1), 0
    counts = {}
    while day < dt.date(2045, 1, 1):
        counts[day] = found
        found += calendar.is_business_day(day)
        day += dt.timedelta(days=1)
    return counts


def between(start: dt.date, end: dt.date) -> int:
    """Business days in [start, end), counted."""
    return _days_before()[end] - _days_before()[start]


@cache
def settled() -> pl.DataFrame:
    """Settlements of every future that may be held, and the rate of the bond: off the curve by some points, each day
    by others."""
    rng = np.random.default_rng(3)
    rows = []
    contracts = map_contracts(FREE.instruments, np.array(DAYS, dtype="datetime64[D]"))
    for row, day in enumerate(DAYS):
        for column, item in enumerate(FREE.instruments):
            session = valuation_day(day)
            if item.root in ROOTS:
                for back in (0, 1, 2):  # a line may sit in the contract of the days before
                    at = max(row - back, 0)
                    years = between(session, contracts.maturity[at, column].item()) / 252
                    rows.append((day, str(contracts.contract_id[at, column]), item.kind, years))
    seen = dict.fromkeys(rows)
    found = []
    for day, name, kind, years in seen:
        noise = float(rng.normal(0, 0.002))
        level = VALUES.row(DAYS.index(day), named=True)
        if kind in ("pre_pu", "real_pu"):
            rate = level["pre_504" if kind == "pre_pu" else "real_756"] + noise
            price = round(100_000 / (1 + rate) ** years, 2)
        else:
            spot = level["usdbrl"] * 1000 if kind == "fx_forward" else level["ibovespa"]
            price = round(spot * (1 + level["pre_126"]) ** years * (1 + noise), 1)
        found.append((day, name, price, None))
    for day in DAYS:
        rate = VALUES["real_1764"][DAYS.index(day)] + float(rng.normal(0, 0.001))
        found.append((day, "ANBIMA:NTN-B_2035-05-15", None, round(rate, 6)))
    return pl.DataFrame(found, schema=SETTLED_SCHEMA, orient="row").unique(["day", "contract_id"], keep="first")


def inputs(frame: pl.DataFrame) -> PriceInputs:
    own = read_own_prices(frame, np.array(DAYS, dtype="datetime64[D]"), FREE.instruments)
    return dataclasses.replace(all_current(COUNT), own=own)


def book(frame: pl.DataFrame, values: pl.DataFrame = VALUES, until: dt.date = DAYS[-1]) -> BookRun:
    upto = int((values["day"] <= until).sum())
    views = views_of(values, {name: np.full(COUNT, side) for name, side in HELD.items()})
    return open_book(values.head(upto), views, LONE, FREE, INCEPTION, inputs(frame)[slice(upto)], DAYS[-8:])


def prices_of(frame: pl.DataFrame) -> dict[tuple[dt.date, str], tuple[float | None, float | None]]:
    return {(day, name): (price, rate) for day, name, price, rate in frame.iter_rows()}


def cdi_growth(before: dt.date, after: dt.date) -> Decimal:
    """One BRL in cash between the sessions of two decisions."""
    rate = Decimal(VALUES["cdi"][DAYS.index(before)])
    return (1 + rate) ** (Decimal(between(valuation_day(before), valuation_day(after))) / 252)


def quotation(session: dt.date, rate: float) -> Decimal:
    """Of the NTN-B of 15 May 2035 by ANBIMA's rules, a share of the nominal value."""
    days = [dt.date(year, month, 15) for year in range(2025, 2036) for month in (5, 11)]
    due = [calendars.anbima().on_or_after(day) for day in days if day <= dt.date(2035, 5, 15)]
    total = Decimal(0)
    for day in due:
        if day <= session:
            continue
        amount = Decimal("2.956301") + (Decimal(100) if day == due[-1] else 0)
        total += amount / (1 + Decimal(str(rate))) ** (Decimal(between(session, day)) / 252)
    return total.quantize(Decimal("0.0001"), rounding="ROUND_DOWN") / 100


def by_hand(name: str, contract: str, before: dt.date, after: dt.date, frame: pl.DataFrame) -> Decimal:
    """P&L of one contract between two decisions that both know its settlement."""
    known = prices_of(frame)
    index = {day: Decimal(VALUES["ipca_index_pro_rata"][DAYS.index(day)]) for day in (before, after)}
    if name.startswith("NTNB"):
        bond = "ANBIMA:NTN-B_2035-05-15"
        rates = {day: known[day, bond][1] or 0.0 for day in (before, after)}
        nominal = {day: 1000 * index[day] / Decimal("1614.62") for day in (before, after)}
        worth = {day: nominal[day] * quotation(valuation_day(day), rates[day]) for day in (before, after)}
        return worth[after] - worth[before] * cdi_growth(before, after)
    then, now = (Decimal(str(known[day, contract][0])) for day in (before, after))
    if name.startswith("DI1"):
        return now - then * cdi_growth(before, after)
    if name.startswith("DAP"):
        point = Decimal("0.00025")
        return now * point * index[after] - then * point * index[before] * cdi_growth(before, after)
    return (now - then) * Decimal(50 if name == "DOL" else 1)


def lines(run: BookRun, table: str = "pnl_attribution") -> pl.DataFrame:
    return run.frames[table]


LEVELS = {"pre_": 0.13, "real": 0.07}
FLAT = VALUES.with_columns(
    pl.when(pl.col("day") >= INCEPTION).then(LEVELS[name[:4]]).otherwise(name).alias(name)
    for name in CURVE_COLUMNS
    if name[:4] in LEVELS
)
"""Flat curves since the inception: the price by the curve is one line of arithmetic."""
