"""EIA's API v2: spot prices of crude oil as JSON, a row a day with all of its labels."""

from __future__ import annotations

import json

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found, whole_number
from sandbox.world import SimulatedWorld

_ROUTE, _SERIES = "petroleum/pri/spt/data/", "petroleum/pri/spt/facet/series/"
_LABELS = {
    "RBRTE": ("ZEU", "EPCBRENT", "UK Brent Crude Oil"),
    "RWTC": ("YCUOK", "EPCWTI", "WTI Crude Oil"),
}
"""Series -> area, product and the product's name; the area's own name is NA for both."""
_INCOMPLETE = {
    "warning": "incomplete return",
    "description": "The API can only return 5000 rows in JSON format.  Please consider constraining your request with "
    "facet, start, or end, or using offset to paginate results.",
}


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to one series between two days, oldest first, and to the list of its series. A series that it does not
    know has no rows."""
    if request.path == _SERIES:
        return _series_list()
    if request.path != _ROUTE or request.query.get("frequency") != "daily":
        return not_found()
    code, start, end = (request.query.get(name, "") for name in ("facets[series][]", "start", "end"))
    rows = []
    if code in _LABELS:
        fact = load_facts()["eia", code]
        area, product, name = _LABELS[code]
        published = world.published(fact, request.now)
        at = published.visible(request.now)
        days, prices = iso_dates(published.released.days[at]), published.values(request.now)[at].tolist()
        rows = [
            {
                "period": day, "duoarea": area, "area-name": "NA", "product": product, "product-name": name,
                "process": "PF4", "process-name": "Spot Price FOB", "series": code, "series-description": fact.title,
                "value": f"{price:.2f}".rstrip("0").rstrip("."), "units": "$/BBL",
            }
            for day, price in zip(days, prices, strict=True)
            if start <= day <= end
        ]  # fmt: skip
    length = min(whole_number(request.query, "length", 5000), 5000)
    data = rows[whole_number(request.query, "offset", 0) :][:length]
    answer = {"total": str(len(rows)), "dateFormat": "YYYY-MM-DD", "frequency": "daily", "data": data}
    warnings = {"warnings": [_INCOMPLETE]} if len(data) < len(rows) else {}
    return SourceResponse(json.dumps({**warnings, "response": answer, "apiVersion": "2.1.13"}).encode())


def _series_list() -> SourceResponse:
    facets = [{"id": code, "name": load_facts()["eia", code].title} for code in _LABELS]
    answer = {"totalFacets": len(facets), "facets": facets}
    return SourceResponse(json.dumps({"response": answer, "apiVersion": "2.1.13"}).encode())
