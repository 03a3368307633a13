"""The mean of a daily rate over a calendar month, as the Federal Reserve reckons the monthly federal funds rate.

H.15: "monthly figures include each calendar day in the month": a day without trading has the rate of the day before it.
The published figure has two decimals of a percent.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl

LONGEST_GAP = 5
"""Calendar days between two rates: more, and a rate is missing. A long weekend has four."""
PLACES = 4
"""Decimals of the fraction."""


def calendar_month_means(daily: pl.DataFrame) -> pl.DataFrame:
    """The mean of each whole month: obs_date its first day, knowledge_time that of the latest of its rates, value.

    `daily`: obs_date, knowledge_time, value of one series; of a day that was corrected its first number counts. A month
    that is not over, whose first days have no rate before them, or with a gap, has no mean. A month is over with its
    last weekday's rate, or with any later one (where that weekday is a holiday).
    """
    schema = {"obs_date": pl.Date(), "knowledge_time": daily.schema["knowledge_time"], "value": pl.Float64()}
    first = daily.sort("obs_date", "knowledge_time").unique("obs_date", keep="first", maintain_order=True)
    days, known, rates = (first[name].to_list() for name in ("obs_date", "knowledge_time", "value"))
    if not days:
        return pl.DataFrame(schema=schema)
    found: list[tuple[dt.date, dt.datetime, float]] = []
    months = sorted({(day.year, day.month) for day in days})
    for year, month in months:
        begin = dt.date(year, month, 1)
        end = (begin + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        inside = [place for place, day in enumerate(days) if begin <= day <= end]
        before, after = inside[0] - 1, inside[-1] + 1
        last = inside[-1]
        if days[last] < last_weekday(end):
            if after == len(days):
                continue
            last = after  # only the next rate shows that the month is over
        chain = [*([before] if before >= 0 else []), *inside, *([after] if after < len(days) else [])]
        gaps = [(days[later] - days[one]).days for one, later in pairwise(chain)]
        if (before < 0 and days[inside[0]] > begin) or max(gaps, default=0) > LONGEST_GAP:
            continue
        total, place = 0.0, max(before, 0)
        for number in range((end - begin).days + 1):
            day = begin + dt.timedelta(days=number)
            while place < inside[-1] and days[place + 1] <= day:
                place += 1
            total += rates[place]
        mean = round(total / ((end - begin).days + 1), PLACES)
        found.append((begin, max(known[place] for place in [*inside, last]), mean))
    return pl.DataFrame(found, schema=schema, orient="row")


def last_weekday(end: dt.date) -> dt.date:
    """The last day from Monday to Friday up to `end`."""
    return end - dt.timedelta(days=max(0, end.weekday() - 4))
