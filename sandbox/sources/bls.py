"""BLS's public API v2: one monthly series of whole years as JSON, newest first, every answer under status 200."""

from __future__ import annotations

import json
import re

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found, whole_number
from sandbox.world import SimulatedWorld

_PATH = re.compile(r"timeseries/data/([A-Z0-9]+)\Z")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MOST_YEARS = 10


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to one series between two years, ten at most as without a key."""
    match = _PATH.match(request.path)
    if match is None:
        return not_found()
    code, first, last = (
        match.group(1),
        whole_number(request.query, "startyear", 0),
        whole_number(request.query, "endyear", 0),
    )
    last = min(last, first + _MOST_YEARS - 1)
    fact = load_facts().get(("bls", code))
    if fact is None:
        return _answer(code, [], [f"Series does not exist for Series {code}"])
    published = world.published(fact, request.now)
    at = published.visible(request.now)
    days, values = iso_dates(published.released.days[at]), published.values(request.now)[at].tolist()
    rows: list[dict[str, object]] = [
        {
            "year": day[:4], "period": f"M{day[5:7]}", "periodName": _MONTHS[int(day[5:7]) - 1],
            "value": f"{value:.{published.released.decimals}f}", "footnotes": [{}],
        }
        for day, value in zip(days, values, strict=True)
        if first <= int(day[:4]) <= last
    ]  # fmt: skip
    empty = [year for year in range(first, last + 1) if str(year) not in {row["year"] for row in rows}]
    return _answer(code, rows[::-1], [f"No Data Available for Series {code} Year: {year}" for year in empty])


def _answer(code: str, rows: list[dict[str, object]], message: list[str]) -> SourceResponse:
    results = {"series": [{"seriesID": code, "data": rows}]}
    body = {"status": "REQUEST_SUCCEEDED", "responseTime": 116, "message": message, "Results": results}
    return SourceResponse(json.dumps(body).encode())
