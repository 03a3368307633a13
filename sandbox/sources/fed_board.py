"""The Board's Data Download Program: a package of H.10 or H.4.1 as CSV, six lines of labels before the days."""

from __future__ import annotations

import datetime as dt

import numpy as np

from desk import calendars
from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.world import SimulatedWorld

PACKAGES = {
    "60f32914ab61dfab590e0e470153e3ae": ("RXI$US_N.B.EU", "RXI$US_N.B.UK", "RXI_N.B.BZ", "RXI_N.B.JA", "RXI_N.B.MX"),
    "122e3bcb627e8e53f1bf72a1a09cfb81": ("JRXWTFB_N.B", "JRXWTFO_N.B"),
    "17398fbf71bc6a47df150bceebdea2bc": ("RESPPA_N.WW",),
    "2704b6bc9b50bc034baf9660364dfb26": ("RESPPLLDT_XAW_N.WW",),
}
"""Hash of a package -> its columns. The real ones have more: eighteen currencies, one index, the rest of the sheet."""
UNITS = {
    "RXI$US_N.B.EU": ("Currency:_Per_EUR", "USD"), "RXI$US_N.B.UK": ("Currency:_Per_GBP", "USD"),
    "RXI_N.B.BZ": ("Currency:_Per_USD", "BRL"), "RXI_N.B.JA": ("Currency:_Per_USD", "JPY"),
    "RXI_N.B.MX": ("Currency:_Per_USD", "MXN"), "JRXWTFB_N.B": ("Index:_January_2006_100", "NA"),
    "JRXWTFO_N.B": ("Index:_January_2006_100", "NA"), "RESPPA_N.WW": ("Currency", "USD"),
    "RESPPLLDT_XAW_N.WW": ("Currency", "USD"),
}  # fmt: skip
WEDNESDAY = 2


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to one package of H.10 or H.4.1 between two days."""
    columns, release = PACKAGES.get(request.query.get("series", "")), request.query.get("rel")
    if columns is None or request.path != "Output.aspx" or release != ("H41" if columns[0][-1] == "W" else "H10"):
        return not_found()
    is_weekly = release == "H41"
    facts = load_facts()
    labels = [
        ("Series Description", [facts["fed_board", name].title for name in columns]),
        ("Unit:", [UNITS[name][0] for name in columns]),
        ("Multiplier:", ["1000000" if is_weekly else "1"] * len(columns)),
        ("Currency:", [UNITS[name][1] for name in columns]),
        ("Unique Identifier: ", [f"{release}/{release}/{name}" for name in columns]),
        ("Time Period", list(columns)),
    ]
    lines = [",".join(f'"{cell}"' for cell in (head, *cells)) for head, cells in labels]
    cells: dict[str, dict[str, str]] = {name: {} for name in columns}
    for name in columns:
        published = world.published(facts["fed_board", name], request.now)
        at = published.visible(request.now)
        values = published.values(request.now)[at].tolist()
        days = iso_dates(published.released.days[at])
        cells[name] = {day: f"{value:.{1 if is_weekly else 4}f}" for day, value in zip(days, values, strict=True)}
    newest = max((day for of_name in cells.values() for day in of_name), default="")
    for day in _weekdays(request.query.get("from", ""), request.query.get("to", "")):
        if day <= newest and (not is_weekly or dt.date.fromisoformat(day).weekday() == WEDNESDAY):
            lines.append(",".join([day, *(cells[name].get(day, "ND") for name in columns)]))
    return SourceResponse(("\r\n".join(lines) + "\r\n").encode(), media="text/csv")


def _weekdays(start: str, end: str) -> list[str]:
    """The weekdays between two American dates; a blank is the far end."""
    low, high = (
        dt.datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=dt.UTC).date() if text else default
        for text, default in ((start, dt.date(1971, 1, 4)), (end, dt.date(2035, 12, 31)))
    )
    span = np.arange(np.datetime64(low), np.datetime64(high) + 1)
    return iso_dates(span[np.is_busday(span, busdaycal=calendars.weekdays().busday)])
