"""Which period a number is about: October's IPCA is of Oct 2026, not of the 1st."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from functools import cache

from desk.catalog import load_catalog
from reports.elements.formats import date, month_of
from reports.elements.locale import translate


def observed(day: dt.date | None, input_ids: Collection[str]) -> str:
    """The day, or the month or quarter that begins on it where every input is a series of months or of quarters."""
    return _of_period(day, {_frequencies().get(name, "D") for name in input_ids})


def dataset_observed(day: dt.date | None, dataset: str) -> str:
    """The same of a dataset's newest number."""
    return _of_period(day, {one.frequency for one in load_catalog().series.values() if one.dataset == dataset})


def _of_period(day: dt.date | None, frequencies: Iterable[str]) -> str:
    found = set(frequencies)
    if day is not None and day.day == 1:
        if found == {"Q"}:
            return translate("Q{} {}", (day.month + 2) // 3, day.year)
        if found and found <= {"M", "Q"}:
            return month_of(day)
    return date(day)


@cache
def _frequencies() -> dict[str, str]:
    return {name: one.frequency for name, one in load_catalog().series.items()}
