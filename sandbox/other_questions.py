"""Which other question a source answers when it answers the wrong one: another series, day, currency or contract."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from desk import calendars
from sandbox.source_http import SourceRequest

Change = Callable[[str], str]


def _either(one: str, other: str) -> Change:
    """`one`, and `other` where the request is for `one` itself."""
    return lambda request: other if request == one else one


def _session_before(digits: str) -> str:
    day = dt.datetime.strptime(digits, "%y%m%d").replace(tzinfo=dt.UTC).date()
    return f"{calendars.b3().offset(day, -1):%y%m%d}"


def _week_before(text: str) -> str:
    day = dt.datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=dt.UTC).date()
    return f"{day - dt.timedelta(days=7):%d/%m/%Y}"


def _ten_weeks_before(text: str) -> str:
    return str(dt.date.fromisoformat(text) - dt.timedelta(weeks=10))


_RULES: Mapping[str, tuple[tuple[str, Change], ...]] = {
    "bcb_sgs": ((r"(?<=sgs\.)\d+", _either("432", "11")),),
    "bcb_fx_flow": ((r"(?<=sgs\.)\d+", _either("13961", "13962")),),
    "bcb_ptax": (
        (r"(?<=')[A-Z]{3}(?=')", _either("EUR", "GBP")),
        (r"CotacaoDolarPeriodo\(", lambda request: "CotacaoMoedaPeriodo("),
    ),
    "bcb_focus": ((r"(?<=Indicador eq ')[^']+", _either("IPCA", "PIB Total")),),
    "ibge_sidra": (
        (r"(?<=t/)\d{4}", _either("1737", "7060")),
        (r"(?<=agregados/)\d{4}", _either("1737", "7060")),
        (r"/c315/[\d,]+", lambda request: ""),
    ),
    "stn_fiscal": ((r"\d\d/\d\d/\d{4}", _week_before),),
    "b3_market_data": ((r"(?<=TS|RD)\d{6}", _session_before),),
    "fred": ((r".+", _either("DGS10", "DGS2")),),
    "treasury_gov": (
        (r"daily_treasury_\w+", _either("daily_treasury_yield_curve", "daily_treasury_real_yield_curve")),
    ),
    "fed_board": (
        (r"60f3\w{28}|122e\w{28}", _either("60f32914ab61dfab590e0e470153e3ae", "122e3bcb627e8e53f1bf72a1a09cfb81")),
        (r"1739\w{28}|2704\w{28}", _either("17398fbf71bc6a47df150bceebdea2bc", "2704b6bc9b50bc034baf9660364dfb26")),
    ),
    "bls": ((r"(?<=data/)[A-Z0-9]+", _either("LNS14000000", "CUSR0000SA0")),),
    "bea": (
        (r"T20804|T20806", _either("T20806", "T20804")),
        (r"T10106", lambda request: "T20804"),
        (r"\AQ\Z", lambda request: "M"),
    ),
    "eia": ((r"RBRTE|RWTC", _either("RWTC", "RBRTE")),),
    "cboe_vix": ((r"(?:VIX|OVX)(?=_History)", _either("OVX", "VIX")),),
    "nyfed_rates": ((r"(?:un)?secured/\w+", _either("secured/sofr", "unsecured/effr")),),
    "yahoo_finance": ((r"(?<=chart/).+", _either("EWZ", "^VIX")),),
    "cftc_cot": ((r"\d{4}-\d\d-\d\d(?=T)", _ten_weeks_before),),
}
_FIELDS = {"fred": ("series_id", "id")}
"""Query fields that alone are changed; elsewhere all are, and the path."""


def other_question(source: str, request: SourceRequest) -> SourceRequest:
    """`request` with something else in the place of what it names."""
    fields = _FIELDS.get(source)
    changed = {
        name: _changed(source, value) if fields is None or name in fields else value
        for name, value in request.query.items()
    }
    if source == "bcb_ptax" and "CotacaoDolarPeriodo" in request.path:
        changed["@moeda"] = "'EUR'"
    return replace(request, path=request.path if fields else _changed(source, request.path), query=changed)


def _changed(source: str, text: str) -> str:
    for pattern, change in _RULES[source]:
        text = re.sub(pattern, lambda match, change=change: change(match.group(0)), text)  # type: ignore[misc]
    return text
