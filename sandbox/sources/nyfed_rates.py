"""The New York Fed's markets API: reference rates of a span of days as JSON, newest first."""

from __future__ import annotations

import datetime as dt
import re

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.world import SimulatedWorld

_PATH = re.compile(r"rates/(secured|unsecured)/(\w+)/search\.json\Z")
_MARKETS = {"SOFR": "secured", "EFFR": "unsecured"}
_SINCE_VOLUMES = "2016-03-01"
_ROW = '{{"effectiveDate":"{day}","type":"{code}","percentRate":{rate}{more},"revisionIndicator":""}}'


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the search for one rate. The API knows no other days than ISO ones, and none of the future."""
    match = _PATH.match(request.path)
    code = match.group(2).upper() if match else ""
    if match is None or _MARKETS.get(code) != match.group(1):
        return not_found()
    start, end = request.query.get("startDate", ""), request.query.get("endDate", "")
    try:
        if dt.date.fromisoformat(start) > dt.date.fromisoformat(end):
            return SourceResponse(b'"Bad Request"', 400)
    except ValueError:
        return SourceResponse(b'"Bad Request"', 400)
    published = world.published(load_facts()["nyfed_rates", code], request.now)
    at = published.visible(request.now)
    days, rates = iso_dates(published.released.days[at]), published.values(request.now)[at].tolist()
    targets = _targets(world, request) if code == "EFFR" else {}
    rows = [
        _ROW.format(day=day, code=code, rate=f"{rate:.2f}".rstrip("0").rstrip("."), more=_more(day, rate, targets))
        for day, rate in zip(days, rates, strict=True)
        if start <= day <= end
    ]
    return SourceResponse(f'{{"refRates":[{",".join(reversed(rows))}]}}'.encode(), media="application/json")


def _targets(world: SimulatedWorld, request: SourceRequest) -> dict[str, tuple[float, float]]:
    """Day -> the range that was in force."""
    low, high = (world.published(load_facts()["fred", code], request.now).released for code in ("DFEDTARL", "DFEDTARU"))
    pairs = zip(low.values.tolist(), high.values.tolist(), strict=True)
    return dict(zip(iso_dates(low.days), pairs, strict=True))


def _more(day: str, rate: float, targets: dict[str, tuple[float, float]]) -> str:
    """What else a row has: the trades' percentiles and volume since 2016, the target range of EFFR."""
    found = ""
    if day >= _SINCE_VOLUMES:
        steps = {"1": -0.05, "25": -0.01, "75": 0.01, "99": 0.06}
        found += "".join(f',"percentPercentile{name}":{rate + step:.2f}' for name, step in steps.items())
    if day in targets:
        found += ',"targetRateFrom":{:.2f},"targetRateTo":{:.2f}'.format(*targets[day])
    return found + (',"volumeInBillions":1234' if day >= _SINCE_VOLUMES else "")
