"""Yahoo chart v8: daily bars stamped at the session's opening in its zone, float32 noise, nulls, a live bar."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from desk import calendars
from desk.arrays import FloatArray, IntArray
from sandbox.economy import OPENING
from sandbox.releases.markets import YAHOO_ASSETS, asset
from sandbox.source_http import JSON, SourceRequest, SourceResponse, not_found, whole_number
from sandbox.sources.yahoo_titles import CENTS, names_of
from sandbox.world import SimulatedWorld

_PATH = "v8/finance/chart/"
_RANGES = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]
_NULL_SHARE = 0.003
_DOLLAR_QUOTED = ("EURUSD=X", "GBPUSD=X", "AUDUSD=X")


@dataclass(frozen=True)
class Venue:
    """Where a symbol trades: session in local time, the calendar of its bars."""

    name: str
    zone: str
    calendar: str
    kind: str
    opening: dt.time
    closing: dt.time
    currency: str = "USD"


_FX = Venue("CCY", "Europe/London", "weekdays", "CURRENCY", dt.time(0, 0), dt.time(23, 59))
_SAO_PAULO = Venue("SAO", "America/Sao_Paulo", "b3", "INDEX", dt.time(10, 0), dt.time(17, 0), "BRL")
_NEW_YORK = Venue("NYQ", "America/New_York", "nyse", "ETF", dt.time(9, 30), dt.time(16, 0))
_INDEX = Venue("SNP", "America/New_York", "nyse", "INDEX", dt.time(9, 30), dt.time(16, 0))
_FUTURE = Venue("CMX", "America/New_York", "nyse", "FUTURE", dt.time(0, 0), dt.time(17, 0))
_SHARE = replace(_SAO_PAULO, kind="EQUITY")
_EUROPE = Venue("ZRH", "Europe/Zurich", "weekdays", "INDEX", dt.time(9, 0), dt.time(17, 50), "EUR")
_MEXICO = Venue("MEX", "America/Mexico_City", "nyse", "INDEX", dt.time(8, 30), dt.time(15, 0), "MXN")
_BY_SYMBOL = {"^BVSP": _SAO_PAULO, "DX-Y.NYB": _INDEX, "^STOXX50E": _EUROPE, "^MXX": _MEXICO}


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the chart API of one symbol."""
    if not request.path.startswith(_PATH):
        return not_found()
    symbol = request.path.removeprefix(_PATH)
    if symbol not in YAHOO_ASSETS:
        return _error(404, "Not Found", "No data found, symbol may be delisted")
    if request.query.get("interval", "1d") != "1d":
        return _error(
            422, "Unprocessable Entity", f"Invalid input - interval={request.query['interval']} is not supported"
        )
    end = whole_number(request.query, "period2", int(request.now.timestamp()))
    start = whole_number(request.query, "period1", end - 7 * 86_400)
    bars = _bars(world, request, symbol)
    if end <= bars.stamps[0]:
        return _error(400, "Bad Request", f"Data doesn't exist for startDate = {start}, endDate = {end}")
    return SourceResponse(_chart(symbol, bars, start, end, request.now), media=f"{JSON};charset=utf-8")


@dataclass(frozen=True, eq=False)
class _Bars:
    """A symbol's whole simulated history; `stamps` and `ends` are epoch seconds of the sessions."""

    venue: Venue
    hint: int
    stamps: IntArray
    ends: IntArray
    columns: dict[str, FloatArray]


def _bars(world: SimulatedWorld, request: SourceRequest, symbol: str) -> _Bars:
    return world.cached(("yahoo", symbol, request.now.year), lambda: _history(world, request, symbol))  # type: ignore[return-value]


def _history(world: SimulatedWorld, request: SourceRequest, symbol: str) -> _Bars:
    economy = world.economy(request.now)
    venue, days = venue_of(symbol), economy.timeline.days
    open_days = np.is_busday(days, busdaycal=calendars.by_name(venue.calendar).busday)
    at = np.flatnonzero(open_days & (days >= np.datetime64(OPENING)))
    close = asset(economy, YAHOO_ASSETS[symbol])[at]
    size = len(at)
    # drawn by weekday and then taken, so that a longer history begins with the shorter one
    noise = {name: economy.draws.normal(f"bar.{symbol}.{name}", len(days))[at] for name in ("open", "high", "low")}
    previous = np.concatenate([close[:1], close[:-1]])
    day_range = np.maximum(np.abs(np.log(close / previous)), 0.004)
    opening = previous * np.exp(0.25 * day_range * noise["open"])
    high = np.maximum(opening, close) * np.exp(0.35 * day_range * np.abs(noise["high"]))
    low = np.minimum(opening, close) * np.exp(-0.35 * day_range * np.abs(noise["low"]))
    volume = np.zeros(size)
    if venue.kind not in ("CURRENCY",) and symbol not in ("^VIX", "DX-Y.NYB"):
        volume = np.round(1_000_000.0 * np.exp(0.3 * noise["high"]) * (1.0 + 20.0 * day_range))
    lost = economy.draws.uniform(f"bar.{symbol}.lost", len(days))[at] < _NULL_SHARE
    columns = {"open": opening, "high": high, "low": low, "close": close, "volume": volume}
    hint = 4 if venue.kind == "CURRENCY" else 2
    columns["close"] = close * world.slip_factors(symbol, days[at])
    for name, values in columns.items():
        if name != "volume":
            columns[name] = np.round(values, hint).astype(np.float32).astype(np.float64)
        columns[name][lost] = np.nan
    return _Bars(venue, hint, _epochs(days[at], venue, venue.opening), _epochs(days[at], venue, venue.closing), columns)


def venue_of(symbol: str) -> Venue:
    """The exchange of a symbol."""
    if symbol in _BY_SYMBOL:
        return _BY_SYMBOL[symbol]
    if symbol.endswith("=X"):
        return replace(_FX, currency="USD" if symbol in _DOLLAR_QUOTED else symbol[:3])
    if symbol.endswith(".SA"):
        return _SHARE
    if symbol.endswith("=F"):
        return _FUTURE
    return _INDEX if symbol.startswith("^") else _NEW_YORK


def _epochs(days: npt.NDArray[np.datetime64], venue: Venue, clock: dt.time) -> IntArray:
    zone = ZoneInfo(venue.zone)
    return np.array(
        [int(dt.datetime.combine(day, clock, zone).timestamp()) for day in days.astype(object)], dtype=np.int64
    )


def _chart(symbol: str, bars: _Bars, start: int, end: int, now: dt.datetime) -> bytes:
    clock = int(now.timestamp())
    started = int(np.searchsorted(bars.stamps, clock, side="right"))
    first = int(np.searchsorted(bars.stamps, start))
    after = min(int(np.searchsorted(bars.stamps, end, side="right")), started)
    columns = {name: _nullable(values[first:after]) for name, values in bars.columns.items()}
    last = started - 1
    live = clock < int(bars.ends[last])
    price = _live_price(bars, last, clock) if live else _last_close(bars, last)
    if live and first <= last < after:
        columns["close"][-1] = price
    result: dict[str, Any] = {"meta": _meta(symbol, bars, last, clock, price, _last_close(bars, max(first - 1, 0)))}
    if after > first:
        result["timestamp"] = bars.stamps[first:after].tolist()
        quote = {name: columns[name] for name in ("low", "open", "close", "volume", "high")}
        result["indicators"] = {"quote": [quote], "adjclose": [{"adjclose": columns["close"]}]}
    else:
        result["indicators"] = {"quote": [{}]}
    body = {"chart": {"result": [result], "error": None}}
    return json.dumps(body, separators=(",", ":")).encode()


def _nullable(values: FloatArray) -> list[float | int | None]:
    return [None if value != value else value for value in values.tolist()]


def _last_close(bars: _Bars, place: int) -> float:
    known = bars.columns["close"][: place + 1]
    known = known[~np.isnan(known)]
    return float(known[-1]) if len(known) else float(bars.columns["close"][0])


def _live_price(bars: _Bars, place: int, clock: int) -> float:
    """The price during a session: linear in time from the last close to the day's close."""
    done = (clock - int(bars.stamps[place])) / (int(bars.ends[place]) - int(bars.stamps[place]))
    before, close = _last_close(bars, place - 1), _last_close(bars, place)
    return float(np.float32(round(before + (close - before) * done, bars.hint)))


def _meta(symbol: str, bars: _Bars, last: int, clock: int, price: float, previous: float) -> dict[str, Any]:
    venue, zone = bars.venue, ZoneInfo(bars.venue.zone)
    begin, end = int(bars.stamps[last]), int(bars.ends[last])
    local = dt.datetime.fromtimestamp(clock, zone)
    offset = int((local.utcoffset() or dt.timedelta()).total_seconds())
    session = {"timezone": local.tzname(), "end": end, "start": begin, "gmtoffset": offset}
    window = bars.columns["close"][max(0, last - 251) : last + 1]
    return {
        "currency": "USX" if symbol in CENTS else venue.currency, "symbol": symbol,
        "exchangeName": venue.name, "fullExchangeName": venue.name,
        "instrumentType": venue.kind, "firstTradeDate": int(bars.stamps[0]), "regularMarketTime": min(clock, end),
        "hasPrePostMarketData": False, "gmtoffset": offset, "timezone": local.tzname(),
        "exchangeTimezoneName": venue.zone, "regularMarketPrice": price,
        "fiftyTwoWeekHigh": float(np.nanmax(window)), "fiftyTwoWeekLow": float(np.nanmin(window)),
        "regularMarketDayHigh": price, "regularMarketDayLow": price, "regularMarketVolume": 0,
        "longName": names_of(symbol)[1], "shortName": names_of(symbol)[0], "chartPreviousClose": previous,
        "priceHint": bars.hint,
        "currentTradingPeriod": {
            "pre": {**session, "end": begin}, "regular": session, "post": {**session, "start": end},
        },
        "dataGranularity": "1d", "range": "", "validRanges": _RANGES,
    }  # fmt: skip


def _error(status: int, code: str, description: str) -> SourceResponse:
    body = {"chart": {"result": None, "error": {"code": code, "description": description}}}
    return SourceResponse(json.dumps(body, separators=(",", ":")).encode(), status, f"{JSON};charset=utf-8")
