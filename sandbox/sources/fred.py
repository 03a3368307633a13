"""FRED: observations as JSON with real-time vintages (key needed), and the fredgraph CSV (none)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from desk.arrays import IntArray
from desk.calendars import Days
from sandbox.facts import Fact, load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found, texts, whole_number
from sandbox.sources.metadata import fred_series
from sandbox.world import PublishedSeries, SimulatedWorld

_CHICAGO = ZoneInfo("America/Chicago")
_FOREVER = "9999-12-31"
_MOST_VINTAGES = 2000
_NO_SERIES = "Bad Request.  The series does not exist."
_NOT_IN_ALFRED = "Bad Request.  The series does not exist in ALFRED but may exist in FRED."
_NO_KEY = (
    "Bad Request.  Variable api_key is not set.  Read https://fred.stlouisfed.org/docs/api/api_key.html for more"
    " information."
)


class _Vintage(NamedTuple):
    """One value of one date, and the days of the real-time period in which it stood."""

    date: str
    value: str
    start: str
    end: str


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the observations API, the series API and the CSV of graphs."""
    if request.path == "fred/series/observations":
        return _observations(world, request)
    if request.path == "fred/series":
        if not request.query.get("api_key"):
            return _error(_NO_KEY)
        return fred_series(world, request, request.query.get("series_id", "")) or _error(_NO_SERIES)
    if request.path == "graph/fredgraph.csv":
        return _graph(world, request)
    return not_found()


def _fact(code: str) -> Fact | None:
    return load_facts().get(("fred", code))


def _graph(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    code = request.query.get("id", "")
    fact = _fact(code)
    if fact is None:
        return not_found()
    start, end = request.query.get("cosd", "0000"), request.query.get("coed", _FOREVER)
    rows = [f"{date},{value}" for date, value in _current(world, request, fact) if start <= date <= end]
    return SourceResponse("\n".join([f"observation_date,{code}", *rows, ""]).encode(), media="application/csv")


def _observations(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    query = request.query
    if not query.get("api_key"):
        return _error(_NO_KEY)
    fact = _fact(query.get("series_id", ""))
    if fact is None:
        return _error(_NOT_IN_ALFRED if "realtime_start" in query else _NO_SERIES)
    today = request.now.astimezone(_CHICAGO).date().isoformat()
    real_start, real_end = query.get("realtime_start", today), query.get("realtime_end", today)
    if today < real_end < _FOREVER or real_start > real_end:
        return _error(f"Bad Request.  Variable realtime_end can not be after today's date ({today}).")
    start, end = query.get("observation_start", "1600-01-01"), query.get("observation_end", _FOREVER)
    if (real_start, real_end) == (today, today):
        rows = [_Vintage(date, value or ".", today, today) for date, value in _current(world, request, fact)]
    else:
        rows = _vintages(world, request, fact, real_start, real_end)
        if not rows:
            return _error(_NOT_IN_ALFRED)
        count = len({row.start for row in rows})
        if count > _MOST_VINTAGES:
            return _error(
                f"Bad Request.  There are {count} vintage dates in the specified real-time period for the series, which"
                f" exceeds the maximum number of vintage dates allowed ({_MOST_VINTAGES})."
            )
    rows = [row for row in rows if start <= row.date <= end]
    if query.get("sort_order") == "desc":
        rows = rows[::-1]
    return _page(rows, query, real_start, real_end, start, end)


def _page(
    rows: list[_Vintage], query: Mapping[str, str], real_start: str, real_end: str, start: str, end: str
) -> SourceResponse:
    offset, limit = whole_number(query, "offset", 0), whole_number(query, "limit", 100_000)
    listed = ",".join(
        f'{{"realtime_start":"{row.start}","realtime_end":"{row.end}","date":"{row.date}","value":"{row.value}"}}'
        for row in rows[offset : offset + limit]
    )
    head = {
        "realtime_start": real_start,
        "realtime_end": real_end,
        "observation_start": start,
        "observation_end": end,
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": query.get("sort_order", "asc"),
        "count": len(rows),
        "offset": offset,
        "limit": limit,
    }
    text = json.dumps(head, separators=(",", ":"))[:-1]
    return SourceResponse(f'{text},"observations":[{listed}]}}'.encode(), media="application/json; charset=UTF-8")


def _current(world: SimulatedWorld, request: SourceRequest, fact: Fact) -> list[tuple[str, str]]:
    """Date and value as of now; weekdays without a value (holidays) have an empty one in daily series."""
    published = world.published(fact, request.now)
    at = published.visible(request.now)
    days = published.released.days[at]
    values = dict(
        zip(iso_dates(days), texts(published.values(request.now)[at], published.released.decimals), strict=True)
    )
    every = iso_dates(_weekdays_between(days) if fact.frequency == "D" else days)
    if any(date not in values for date in every) or len(every) == len(values):
        return [(date, values.get(date, "")) for date in every]
    return list(values.items())


def _weekdays_between(days: Days) -> Days:
    if not len(days):
        return days
    span = np.arange(days[0], days[-1] + 1)
    return span[np.is_busday(span) | np.isin(span, days)]


def _vintages(
    world: SimulatedWorld, request: SourceRequest, fact: Fact, real_start: str, real_end: str
) -> list[_Vintage]:
    """Every value that stood at some time of the real-time window, its period clipped to the window."""
    published = world.published(fact, request.now)
    at = published.visible(request.now)
    dates = iso_dates(published.released.days[at])
    final = texts(published.released.values[at], published.released.decimals)
    known = _days(published.known[at])
    rows: list[_Vintage] = []
    if published.released.first is None or published.revised is None:
        rows = [_Vintage(d, v, k, _FOREVER) for d, v, k in zip(dates, final, known, strict=True)]
    else:
        rows = _revised(published, at, dates, final, known, request)
    return [
        _Vintage(row.date, row.value, max(row.start, real_start), min(row.end, real_end))
        for row in rows
        if row.start <= real_end and row.end >= real_start
    ]


def _revised(
    published: PublishedSeries, at: IntArray, dates: list[str], final: list[str],
    known: list[str], request: SourceRequest,
) -> list[_Vintage]:  # fmt: skip
    assert published.released.first is not None
    assert published.revised is not None
    first = texts(published.released.first[at], published.released.decimals)
    changed = _days(published.revised[at])
    out = (published.revised[at] <= int(request.now.timestamp() * 1_000_000)).tolist()
    rows = []
    for date, early, late, start, turn, is_out in zip(dates, first, final, known, changed, out, strict=True):
        if early == late or not is_out:
            rows.append(_Vintage(date, early, start, _FOREVER))
        else:
            before = (dt.date.fromisoformat(turn) - dt.timedelta(days=1)).isoformat()
            rows += [_Vintage(date, early, start, before), _Vintage(date, late, turn, _FOREVER)]
    return rows


def _days(instants: IntArray) -> list[str]:
    """The dates in Chicago. Releases come between 7:30 and 18:00 there: six hours west of UTC is close enough."""
    return iso_dates((instants - 6 * 3_600_000_000).astype("datetime64[us]").astype("datetime64[D]"))


def _error(message: str) -> SourceResponse:
    return SourceResponse(
        json.dumps({"error_code": 400, "error_message": message}, separators=(",", ":")).encode(), 400
    )
