"""Decision days of Copom and FOMC: scheduled ones, and decisions between meetings."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

from desk.catalog import read_toml
from desk.errors import BadCatalog


@dataclass(frozen=True, slots=True)
class Meetings:
    """Scheduled decision days, ascending. Days after the last published calendar are unknown.

    `copom_between` and `fomc_between`: days of unscheduled decisions. Copom days from `copom_estimated_from` on are our
    estimate of a calendar that is not published yet.
    """

    copom: tuple[dt.date, ...]
    fomc: tuple[dt.date, ...]
    copom_between: tuple[dt.date, ...] = ()
    fomc_between: tuple[dt.date, ...] = ()
    copom_estimated_from: dt.date | None = None


def load_meetings() -> Meetings:
    """The typed meetings.toml. Raises BadCatalog for a list that is missing, empty, not of dates, or not ascending."""
    raw = read_toml("meetings")
    since = raw.get("copom_estimated_from")
    if since is not None and type(since) is not dt.date:
        raise BadCatalog("meetings.toml: copom_estimated_from is not a date")
    return Meetings(
        copom=_days(raw, "copom"),
        fomc=_days(raw, "fomc"),
        copom_between=_days(raw, "copom_between_meetings"),
        fomc_between=_days(raw, "fomc_between_meetings"),
        copom_estimated_from=since,
    )


def _days(raw: dict[str, object], name: str) -> tuple[dt.date, ...]:
    days = raw.get(name)
    if not isinstance(days, list) or not days or not all(type(day) is dt.date for day in days):
        raise BadCatalog(f"meetings.toml: {name} is not a list of dates")
    if any(later <= earlier for earlier, later in itertools.pairwise(days)):
        raise BadCatalog(f"meetings.toml: {name} is not in ascending order")
    return tuple(days)
