"""CFTC on Socrata: numbers as strings, absent counts as missing keys, 1,000 rows unless request otherwise."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable

import numpy as np

from sandbox.economy import Economy
from sandbox.releases.positions import DISAGG, TFF, Market, report
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found, whole_number
from sandbox.sources.metadata import socrata_view
from sandbox.world import SimulatedWorld, instant

_DATE, _CODE = "report_date_as_yyyy_mm_dd", "cftc_contract_market_code"
_RESOURCES = {"gpe5-46if": TFF, "72hh-3qpy": DISAGG}
_DEFAULT_LIMIT = 1000
_CLAUSE = re.compile(
    rf"\s*(?:(?P<between>{_DATE})\s+between\s+'(?P<low>[^']+)'\s+and\s+'(?P<high>[^']+)'"
    rf"|(?P<column>\w+)\s*(?P<sign>>=|<=|=|>|<)\s*'(?P<value>[^']*)'"
    rf"|(?P<member>\w+)\s+in\s*\((?P<list>[^)]*)\))\s*(?:and\b|\Z)",
    re.IGNORECASE,
)
Row = dict[str, str]


_NAMES = {"gpe5-46if": "TFF - Futures Only", "72hh-3qpy": "Disaggregated Futures Only"}


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to SoQL queries of two reports, and to their metadata."""
    match = re.match(r"(?:resource|api/views)/([\w-]+)\.json\Z", request.path)
    if match is None or match.group(1) not in _RESOURCES:
        return not_found()
    markets = _RESOURCES[match.group(1)]
    every: list[tuple[int, Row]] = world.cached(  # type: ignore[assignment]
        ("cot", match.group(1), request.now.year), lambda: _rows(world, request, markets)
    )
    now = instant(request.now)
    rows = [row for known, row in every if known <= now]
    columns = set().union(*(row.keys() for _, row in every))
    if request.path.startswith("api/views"):
        released = max(known for known, _ in every if known <= now) // 1_000_000
        return socrata_view(match.group(1), _NAMES[match.group(1)], columns, released)
    try:
        rows = _where(rows, request.query.get("$where", ""), columns)
        rows = _ordered(rows, request.query.get("$order", ""), columns)
        rows = _selected(rows, request.query.get("$select", ""), columns)
    except KeyError as error:
        name = error.args[0]
        return _refused("query.soql.no-such-column", f"No such column: {name}")
    except ValueError as error:
        return _refused("query.compiler.malformed", str(error))
    offset, limit = whole_number(request.query, "$offset", 0), whole_number(request.query, "$limit", _DEFAULT_LIMIT)
    texts = [json.dumps(row, separators=(",", ":")) for row in rows[offset : offset + limit]]
    return SourceResponse(f"[{chr(10).join(_comma(texts))}]\n".encode(), media="application/json; charset=utf-8")


def _comma(texts: list[str]) -> list[str]:
    """Socrata puts the comma at the head of the next line."""
    return [text if place == 0 else f",{text}" for place, text in enumerate(texts)]


def _rows(world: SimulatedWorld, request: SourceRequest, markets: tuple[Market, ...]) -> list[tuple[int, Row]]:
    """When each row is public, and the row."""
    economy = world.economy(request.now)
    return [row for market in markets for row in _market_rows(world, economy, market)]


def _market_rows(world: SimulatedWorld, economy: Economy, market: Market) -> list[tuple[int, Row]]:
    found = report(economy, market)
    known = world.known_times("cot", found.days).tolist()
    dates = iso_dates(found.days)
    names = list(found.fields)
    columns = [values.astype(np.int64).tolist() for values in found.fields.values()]
    # CFTC sometimes omits a count of the smallest group
    absent = (economy.draws.uniform(f"cot.absent.{market.code}", len(dates)) < 0.02).tolist()
    rows = []
    for place, (date, counts) in enumerate(zip(dates, zip(*columns, strict=True), strict=True)):
        row = {
            _DATE: f"{date}T00:00:00.000",
            _CODE: market.code,
            "market_and_exchange_names": f"{market.name} - {market.exchange}",
            "contract_market_name": market.name,
            **{name: str(count) for name, count in zip(names, counts, strict=True)},
        }
        if absent[place]:
            del row["other_rept_positions_short"]
        rows.append((known[place], row))
    return rows


def _where(rows: list[Row], text: str, columns: set[str]) -> list[Row]:
    """Conditions joined by `and`. Raises KeyError for a column that does not exist, ValueError for any other error."""
    place = 0
    while text[place:].strip():
        match = _CLAUSE.match(text, place)
        if match is None:
            raise ValueError(f"Could not parse SoQL query at character {place + 1}")
        place = match.end()
        if match["between"]:
            rows = [row for row in rows if _moment(match["low"]) <= row[_DATE] <= _moment(match["high"])]
        elif match["member"]:
            name, values = match["member"], set(re.findall(r"'([^']*)'", match["list"]))
            _require(name, columns)
            rows = [row for row in rows if row.get(name) in values]
        else:
            name, value = match["column"], match["value"]
            _require(name, columns)
            expected = _moment(value) if name == _DATE else value
            compare = _SIGNS[match["sign"]]
            rows = [row for row in rows if name in row and compare(row[name], expected)]
    return rows


_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def _moment(text: str) -> str:
    """A date in a condition, with or without its time, as the rows have it."""
    return text if "T" in text else f"{text}T00:00:00.000"


def _ordered(rows: list[Row], text: str, columns: set[str]) -> list[Row]:
    for part in reversed([part.strip() for part in text.split(",") if part.strip()]):
        name, _, direction = part.partition(" ")
        _require(name, columns)
        rows = sorted(rows, key=lambda row: row.get(name, ""), reverse=direction.strip().upper() == "DESC")
    return rows


def _selected(rows: list[Row], text: str, columns: set[str]) -> list[Row]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        return rows
    for name in names:
        _require(name, columns)
    return [{name: row[name] for name in names if name in row} for row in rows]


def _require(name: str, columns: set[str]) -> None:
    if name not in columns:
        raise KeyError(name)


def _refused(code: str, message: str) -> SourceResponse:
    body = {"message": f"Query coordinator error: {code}; {message}", "errorCode": code, "data": {}}
    return SourceResponse(json.dumps(body, separators=(",", ":")).encode(), 400, "application/json; charset=utf-8")
