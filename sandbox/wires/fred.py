"""FRED: observations as JSON with real-time vintages (key needed), and the fredgraph CSV (none)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.economy.timeline import Days
from sandbox.facts import Fact, load_facts
from sandbox.published import Published, World
from sandbox.wire import Answer, Asked, iso_dates, not_found, texts, whole
from sandbox.wires.metadata import fred_series

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


def answer(world: World, asked: Asked) -> Answer:
    if asked.path == "fred/series/observations":
        return _observations(world, asked)
    if asked.path == "fred/series":
        if not asked.query.get("api_key"):
            return _error(_NO_KEY)
        return fred_series(world, asked, asked.query.get("series_id", "")) or _error(_NO_SERIES)
    if asked.path == "graph/fredgraph.csv":
        return _graph(world, asked)
    return not_found()


def _fact(code: str) -> Fact | None:
    return load_facts().get(("fred", code))


def _graph(world: World, asked: Asked) -> Answer:
    code = asked.query.get("id", "")
    fact = _fact(code)
    if fact is None:
        return not_found()
    start, end = asked.query.get("cosd", "0000"), asked.query.get("coed", _FOREVER)
    rows = [f"{date},{value}" for date, value in _current(world, asked, fact) if start <= date <= end]
    return Answer("\n".join([f"observation_date,{code}", *rows, ""]).encode(), media="application/csv")


def _observations(world: World, asked: Asked) -> Answer:
    query = asked.query
    if not query.get("api_key"):
        return _error(_NO_KEY)
    fact = _fact(query.get("series_id", ""))
    if fact is None:
        return _error(_NOT_IN_ALFRED if "realtime_start" in query else _NO_SERIES)
    today = asked.now.astimezone(_CHICAGO).date().isoformat()
    real_start, real_end = query.get("realtime_start", today), query.get("realtime_end", today)
    if today < real_end < _FOREVER or real_start > real_end:
        return _error(f"Bad Request.  Variable realtime_end can not be after today's date ({today}).")
    start, end = query.get("observation_start", "1600-01-01"), query.get("observation_end", _FOREVER)
    if (real_start, real_end) == (today, today):
        rows = [_Vintage(date, value or ".", today, today) for date, value in _current(world, asked, fact)]
    else:
        rows = _vintages(world, asked, fact, real_start, real_end)
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
) -> Answer:
    offset, limit = whole(query, "offset", 0), whole(query, "limit", 100_000)
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
    return Answer(f'{text},"observations":[{listed}]}}'.encode(), media="application/json; charset=UTF-8")


def _current(world: World, asked: Asked, fact: Fact) -> list[tuple[str, str]]:
    """Date and value as of now; weekdays without a value (holidays) have an empty one in daily series."""
    published = world.published(fact, asked.now)
    at = published.visible(asked.now)
    days = published.numbers.days[at]
    values = dict(zip(iso_dates(days), texts(published.values(asked.now)[at], published.numbers.decimals), strict=True))
    every = iso_dates(_weekdays_between(days) if fact.frequency == "D" else days)
    if any(date not in values for date in every) or len(every) == len(values):
        return [(date, values.get(date, "")) for date in every]
    return list(values.items())


def _weekdays_between(days: Days) -> Days:
    if not len(days):
        return days
    span = np.arange(days[0], days[-1] + 1)
    return span[np.is_busday(span) | np.isin(span, days)]


def _vintages(world: World, asked: Asked, fact: Fact, real_start: str, real_end: str) -> list[_Vintage]:
    """Every value that stood at some time of the real-time window, its period clipped to the window."""
    published = world.published(fact, asked.now)
    at = published.visible(asked.now)
    dates = iso_dates(published.numbers.days[at])
    final = texts(published.numbers.values[at], published.numbers.decimals)
    known = _days(published.known[at])
    rows: list[_Vintage] = []
    if published.numbers.first is None or published.revised is None:
        rows = [_Vintage(d, v, k, _FOREVER) for d, v, k in zip(dates, final, known, strict=True)]
    else:
        rows = _revised(published, at, dates, final, known, asked)
    return [
        _Vintage(row.date, row.value, max(row.start, real_start), min(row.end, real_end))
        for row in rows
        if row.start <= real_end and row.end >= real_start
    ]


def _revised(
    published: Published, at: np.ndarray[tuple[int], np.dtype[np.int64]], dates: list[str], final: list[str],
    known: list[str], asked: Asked,
) -> list[_Vintage]:  # fmt: skip
    assert published.numbers.first is not None
    assert published.revised is not None
    first = texts(published.numbers.first[at], published.numbers.decimals)
    changed = _days(published.revised[at])
    out = (published.revised[at] <= int(asked.now.timestamp() * 1_000_000)).tolist()
    rows = []
    for date, early, late, start, turn, is_out in zip(dates, first, final, known, changed, out, strict=True):
        if early == late or not is_out:
            rows.append(_Vintage(date, early, start, _FOREVER))
        else:
            before = (dt.date.fromisoformat(turn) - dt.timedelta(days=1)).isoformat()
            rows += [_Vintage(date, early, start, before), _Vintage(date, late, turn, _FOREVER)]
    return rows


def _days(instants: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    """The dates in Chicago. Releases come between 7:30 and 18:00 there: six hours west of UTC is close enough."""
    return iso_dates((instants - 6 * 3_600_000_000).astype("datetime64[us]").astype("datetime64[D]"))


def _error(message: str) -> Answer:
    return Answer(json.dumps({"error_code": 400, "error_message": message}, separators=(",", ":")).encode(), 400)
