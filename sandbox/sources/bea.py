"""BEA's data API: a NIPA table of whole years as JSON, all of its lines, every answer under status 200."""

from __future__ import annotations

import json

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.world import SimulatedWorld

_TABLES = {
    ("T20804", "M"): ("DPCERG", "DPCCRG"),
    ("T20806", "M"): ("DPCERX",),
    ("T10106", "Q"): ("A191RX",),
}
"""Table and frequency -> those of its lines that the world has."""
_LINES = {"DPCERG": "1", "DPCCRG": "25", "DPCERX": "1", "A191RX": "1"}
_IN_MILLIONS = ("T20806", "T10106")


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to one table of some years, line by line and oldest first."""
    query = {name.lower(): value for name, value in request.query.items()}
    if request.path != "data" or query.get("method", "").lower() != "getdata":
        return not_found()
    table, frequency, years = (query.get(name, "") for name in ("tablename", "frequency", "year"))
    if (table, frequency) not in _TABLES:
        return _answer(query, {"Error": {"APIErrorCode": "40", "APIErrorDescription": "Invalid Value for TableName"}})
    rows = [row for code in _TABLES[table, frequency] for row in _line(world, request, table, code, years.split(","))]
    if not rows:
        return _answer(query, {"Error": {"APIErrorCode": "201", "APIErrorDescription": "Error retrieving NIPA data."}})
    notes = [{"NoteRef": table, "NoteText": f"Table {table}"}]
    return _answer(query, {"Statistic": "NIPA Table", "Data": rows, "Notes": notes})


def _line(world: SimulatedWorld, request: SourceRequest, table: str, code: str, years: list[str]) -> list[object]:
    fact = load_facts()["bea", code]
    published = world.published(fact, request.now)
    at = published.visible(request.now)
    days, values = iso_dates(published.released.days[at]), published.values(request.now)[at].tolist()
    millions = table in _IN_MILLIONS
    return [
        {
            "TableName": table, "SeriesCode": code, "LineNumber": _LINES[code], "LineDescription": fact.title,
            "TimePeriod": f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}" if fact.frequency == "Q" else f"{day[:4]}M{day[5:7]}",
            "METRIC_NAME": "Chained Dollars" if millions else "Fisher Price Index", "CL_UNIT": "Level",
            "UNIT_MULT": "6" if millions else "0",
            "DataValue": f"{value * 1000:,.0f}" if millions else f"{value:.{published.released.decimals}f}",
            "NoteRef": table,
        }
        for day, value in zip(days, values, strict=True)
        if day[:4] in years
    ]  # fmt: skip


def _answer(query: dict[str, str], results: dict[str, object]) -> SourceResponse:
    """The request comes back with the data, in capitals, the key among it."""
    echo = [{"ParameterName": name.upper(), "ParameterValue": value.upper()} for name, value in query.items()]
    body = {"BEAAPI": {"Request": {"RequestParam": echo}, "Results": results}}
    return SourceResponse(json.dumps(body).encode())
