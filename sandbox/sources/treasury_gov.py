"""US Treasury par yields: CSV by year (columns grow, newest first, blanks) and the XML feed."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from desk import calendars
from sandbox.economy import OPENING, Economy
from sandbox.releases.markets import REAL_TENORS, US_TENORS, us_par, us_real_par
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.world import SimulatedWorld, instant

_CSV = re.compile(
    r"resource-center/data-chart-center/interest-rates/daily-treasury-rates\.csv/(\d{4}|all)/(\d{6}|all)\Z"
)
_XML = "resource-center/data-chart-center/interest-rates/pages/xml"
_NOMINAL, _REAL = "daily_treasury_yield_curve", "daily_treasury_real_yield_curve"
_SINCE = {"2 Mo": "2018-10-16", "4 Mo": "2022-10-19", "1.5 Month": "2025-02-18"}
_BLANK_DAY = np.datetime64("2010-10-11")
_FEED = """<?xml version="1.0" encoding="utf-8" standalone="yes" ?>
<feed xml:base="https://home.treasury.gov/resource-center/data-chart-center/interest-rates/pages/xml" \
xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" \
xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns="http://www.w3.org/2005/Atom">
<title type="text">{name}Data</title>
<id>https://home.treasury.gov/resource-center/data-chart-center/interest-rates/pages/xml-item?data={kind}</id>
  <updated>{updated}</updated>
  <link rel="self" title="{name}Data" href="{name}Data"/>
"""
_ENTRY = """<entry>
<id>https://home.treasury.gov/resource-center/data-chart-center/interest-rates/pages/xml-item?data={kind}&amp;id={id}</id>
<title type="text"></title>
<updated>{updated}</updated>
<author><name /></author>
<category term="TreasuryDataWarehouseModel.{name}Datum" \
scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />
{content}
</entry>
"""
_FEED_NAMES = {_NOMINAL: "DailyTreasuryYieldCurveRate", _REAL: "DailyTreasuryRealYieldCurveRate"}

Cells = list[list[str]]
"""By day, by column."""


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the CSV of a year or month and to the XML feed."""
    if request.path == _XML:
        return _feed(world, request)
    match = _CSV.match(request.path)
    if match is None:
        return not_found()
    year, month = match.groups()
    if month != "all":
        prefix = f"{month[:4]}-{month[4:]}"
    else:
        prefix = "" if year == "all" else year
    days, columns, cells = _table(world, request, request.query.get("type", ""), prefix)
    header = "Date," + ",".join(f'"{name}"' for name in columns)
    rows = [
        f"{day[5:7]}/{day[8:10]}/{day[:4]},{','.join(row)}"
        for day, row in zip(reversed(days), reversed(cells), strict=True)
    ]
    return SourceResponse("\n".join([header, *rows]).encode(), media="text/csv; charset=UTF-8")


def _feed(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    kind = request.query.get("data", "")
    month, year = request.query.get("field_tdr_date_value_month", ""), request.query.get("field_tdr_date_value", "")
    prefix = f"{month[:4]}-{month[4:]}" if month else ("" if year == "all" else year)
    days, columns, cells = _table(world, request, kind, prefix)
    head = "BC" if kind == _NOMINAL else "TC"
    about = {
        "kind": kind,
        "name": _FEED_NAMES.get(kind, "DailyTreasury"),
        "updated": f"{request.now:%Y-%m-%dT%H:%M:%SZ}",
    }
    entries = []
    for place, (day, row) in enumerate(zip(days, cells, strict=True)):
        fields = [f'<d:NEW_DATE m:type="Edm.DateTime">{day}T00:00:00</d:NEW_DATE>']
        for name, value in zip(columns, row, strict=True):
            tag = f"{head}_{_xml_name(name)}"
            if value:
                fields.append(f'<d:{tag} m:type="Edm.Double">{value}</d:{tag}>')
            else:
                fields.append(f'<d:{tag} m:type="Edm.Double" m:null="true" />')
            if name == "30 Yr":
                fields.append(f'<d:BC_30YEARDISPLAY m:type="Edm.Double">{value or "0"}</d:BC_30YEARDISPLAY>')
        properties = "\n".join([f'<d:Id m:type="Edm.Int32">{place + 1}</d:Id>', *fields])
        content = f'<content type="application/xml">\n<m:properties>\n{properties}\n</m:properties>\n</content>'
        entries.append(_ENTRY.format(id=place + 1, content=content, **about))
    return SourceResponse(
        (_FEED.format(**about) + "".join(entries) + "</feed>").encode(), media="text/xml; charset=UTF-8"
    )


def _xml_name(column: str) -> str:
    number, unit = column.split()
    return f"{number.replace('.', '_')}{'YEAR' if unit.upper() == 'YR' else 'MONTH'}"


def _table(world: SimulatedWorld, request: SourceRequest, kind: str, prefix: str) -> tuple[list[str], list[str], Cells]:
    """ISO days that begin with `prefix`, ascending; the columns that a file of those days has; the cells."""
    every: tuple[list[str], dict[str, list[str]]] = world.cached(  # type: ignore[assignment]
        ("treasury", kind, request.now.year), lambda: _all(world.economy(request.now), kind)
    )
    days, values = every
    cut = _last_public(world, request)
    span = [place for place, day in enumerate(days) if day.startswith(prefix) and day <= cut]
    chosen = [days[place] for place in span]
    columns = [name for name in values if name not in _SINCE or (chosen and chosen[-1] >= _SINCE[name])]
    return chosen, columns, [[values[name][place] for name in columns] for place in span]


def _all(economy: Economy, kind: str) -> tuple[list[str], dict[str, list[str]]]:
    """Every day since the opening and each column's texts: percent, two decimals, blank before a tenor was issued."""
    weekdays = economy.timeline.days
    open_days = np.is_busday(weekdays, busdaycal=calendars.us_government().busday) | (weekdays == _BLANK_DAY)
    at = np.flatnonzero(open_days & (weekdays >= np.datetime64(OPENING)))
    days = weekdays[at]
    tenors, par = (US_TENORS, us_par) if kind == _NOMINAL else (REAL_TENORS if kind == _REAL else {}, us_real_par)
    columns = {}
    for name, years in tenors.items():
        blank = (days < np.datetime64(_SINCE.get(name, "1990-01-02"))) | (days == _BLANK_DAY)
        texts = [f"{value:.2f}" for value in (par(economy, years)[at] + 0.0).tolist()]
        columns[name] = ["" if gone else text for gone, text in zip(blank.tolist(), texts, strict=True)]
    return iso_dates(days), columns


def _last_public(world: SimulatedWorld, request: SourceRequest) -> str:
    """The latest ISO day whose rates are out by the rule."""
    recent = np.arange(np.datetime64(request.now.date()) - 6, np.datetime64(request.now.date()) + 1)
    recent = recent[np.is_busday(recent)]
    out = recent[world.known_times("us_close", recent) <= instant(request.now)]
    return str(out[-1]) if len(out) else dt.date.min.isoformat()
