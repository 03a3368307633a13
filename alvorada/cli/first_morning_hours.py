"""When a number was known by its publication rule, and which number should be there already."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.point_in_time.cells import cell_of
from desk.point_in_time.publication_rules import publication_times
from tasks.connectors.exchange import Query

IRREGULAR = ("stn_auctions",)
"""Datasets without a rhythm: no day is the one after the last."""
LONGEST_BATCH = 30
"""Numbers that one release may bring."""
_RHYTHMS = {"day": "D", "week": "W", "month": "M"}


def rule_of(catalog: Catalog, query: Query) -> str:
    """Id of the rule of the series that was asked for, or of the dataset."""
    return query.series[0].rule if query.series else query.dataset.rule


def known_at(catalog: Catalog, query: Query, day: dt.date) -> dt.datetime:
    """UTC time from which the number about `day` is known, by the rule."""
    rule = catalog.rules[rule_of(catalog, query)]
    at: dt.datetime = publication_times(rule, pl.Series("obs_date", [day], dtype=pl.Date))[0]
    return at


def next_day(catalog: Catalog, query: Query, last: dt.date) -> dt.date | None:
    """The day that the number after the one about `last` is about; None where the dataset has no rhythm.

    A day whose number would have come with that of `last` and did not has none: a bank holiday of London in a week of
    oil prices, a storm in a week of H.10.
    """
    if query.dataset.id in IRREGULAR:
        return None
    day, at = last, known_at(catalog, query, last)
    for _ in range(LONGEST_BATCH):
        day = _after(catalog, query, day)
        if known_at(catalog, query, day) > at:
            break
    return day


def _after(catalog: Catalog, query: Query, last: dt.date) -> dt.date:
    """The day of the rhythm after `last`."""
    rhythm = query.series[0].frequency if query.series else _RHYTHMS[query.dataset.cell]
    if rhythm == "D":
        rule = catalog.rules[rule_of(catalog, query)]
        open_days = [calendars.by_name(name) for name in (query.dataset.calendar, rule.calendar)]
        day = open_days[0].offset(last, 1)
        while not open_days[1].is_business_day(day):
            day = open_days[0].offset(day, 1)
        return day
    if rhythm == "W":
        # A report as of a Monday, before a holiday, is followed by one as of a Tuesday.
        week = query.dataset.cell == "week"
        usual = cell_of(query.dataset, pl.Series([last]))[0] if week else last
        return max(usual, last) + dt.timedelta(days=7)
    months = last.year * 12 + last.month - 1 + (3 if rhythm == "Q" else 1)
    return dt.date(months // 12, months % 12 + 1, 1)


def overdue(catalog: Catalog, query: Query, last: dt.date, now: dt.datetime) -> tuple[dt.date, dt.datetime] | None:
    """The day of the first number that should be there by the rule and is not, and since when; None where none is.

    A rule that is early gives look-ahead to every backtest, and the desk's promise of freshness is too wide to see it.
    """
    day = next_day(catalog, query, last)
    if day is None or day > query.window.end:
        return None
    at = known_at(catalog, query, day)
    return (day, at) if at <= now else None


def by_rule(catalog: Catalog, query: Query, last: dt.date) -> str:
    """When the newest number was known, and the next one will be, in words; times of the rule's own place."""
    rule = catalog.rules[rule_of(catalog, query)]
    words = [f"{rule.id}: {last} from {_local(catalog, query, last)}"]
    day = next_day(catalog, query, last)
    if day is not None:
        words.append(f"{day} from {_local(catalog, query, day)}")
    return ", ".join(words)


def _local(catalog: Catalog, query: Query, day: dt.date) -> str:
    zone = ZoneInfo(catalog.rules[rule_of(catalog, query)].tz)
    return f"{known_at(catalog, query, day).astimezone(zone):%Y-%m-%d %H:%M}"
