"""Yahoo Finance chart v8 (unofficial): daily bars, one query per symbol.

A bar's date is its stamp in the exchange's own zone (FX lives in Europe/London), never the UTC date. Prices are float32
that went through double: `meta.priceHint` says how many decimals they have. A session that is still open is left out:
its "close" is only the last trade, and would otherwise stand as the day's until the next request.
The volume of indices and currencies is 0 at the source and stays so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np

from desk.catalog.provider_metadata import our_measure, provider_measure
from desk.errors import BadRequest, NoData, Outage, RateLimited, UnknownSeries
from desk.model import PRICE_BAR, UTC, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors.base import Connector
from tasks.connectors.bodies import text_body
from tasks.connectors.cboe_history import is_cboe_history, read_cboe_history
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import json_value, listed, number, record, records, text, whole

_CENTS = {"USX": "US cents", "GBp": "GBP cents"}
_FIRST_STAMP, _LAST_STAMP = -2_208_988_800, 7_289_654_399
_COLUMNS = ("open", "high", "low", "close", "volume")
Bars = dict[dt.date, dict[str, float | None]]


class YahooFinance(Connector):
    """Daily bars from Yahoo's chart endpoint."""

    source: ClassVar[str] = "yahoo_finance"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), window) for one in series]

    def build_request(self, query: Query) -> Request:
        """A day of margin on both sides: bars are stamped at the session's opening in the exchange's zone."""
        first = _epoch(query.window.start - dt.timedelta(days=1))
        last = _epoch(query.window.end + dt.timedelta(days=2))
        symbol = quote(query.series[0].code, safe="=.-")
        url = (
            f"{self.config.base_urls['chart']}/v8/finance/chart/{symbol}"
            f"?period1={first}&period2={last}&interval=1d&events=div%2Csplits&includePrePost=false"
        )
        return Request(query, url)

    def parse(self, payload: Payload) -> Frames:
        query = payload.query
        if is_cboe_history(payload.body):  # the index's own publisher, where a recording holds that instead
            bars: Bars = read_cboe_history(payload.body)
        else:
            bars = self._bars(payload, self._result(payload))
        days = sorted(day for day in bars if query.window.start <= day <= query.window.end)
        if not days:
            raise NoData(self.source, f"no bar for {query.label}", url=payload.request.url, status=payload.status)
        rows: dict[str, Any] = {"instrument_id": [query.series[0].id] * len(days), "obs_date": days}
        rows |= {column: [bars[day][column] for day in days] for column in _COLUMNS}
        return {PRICE_BAR.name: parsed_frame(PRICE_BAR, rows)}

    def _result(self, payload: Payload) -> dict[str, Any]:
        """chart.result[0], or the error that the answer means."""
        url, status = payload.request.url, payload.status
        head = payload.body[:2000].decode("utf-8", "replace")
        if "Will be right back" in head:
            raise Outage(self.source, "'Will be right back' page", url=url, status=status)
        if status in (401, 403) or not payload.body.strip():
            refusal = "an empty body" if status == 200 else f"HTTP {status}"
            raise Outage(self.source, f"{refusal}: refused, not a format", url=url, status=status)
        if status == 429 or head.startswith("Too Many Requests"):
            raise RateLimited(self.source, "too many requests", url=url)
        try:
            chart = record(record(json_value(text_body(payload)))["chart"])
            error, results = chart["error"], chart["result"]
        except (ValueError, KeyError) as cause:
            raise ValueError(f"not a chart answer: {cause}") from cause
        if error is not None:
            words = record(error)
            raise self._error(payload, str(words.get("code", "")), str(words.get("description", "")))
        if status != 200 or not results:
            raise ValueError(f"HTTP {status} without result and without error")
        return records(results)[0]

    def _error(self, payload: Payload, code: str, description: str) -> Exception:
        """Only the wordings for an unknown symbol and for a time before its history are final; the rest can heal."""
        query, url, status = payload.query, payload.request.url, payload.status
        if code == "Not Found":
            return UnknownSeries(self.source, f"{query.series[0].code}: {description}", url=url, status=status)
        if description.startswith("Data doesn't exist for startDate"):
            return NoData(self.source, f"{query.series[0].code}: {description}", url=url, status=status)
        if status in (400, 422):
            return BadRequest(self.source, f"{code}: {description}", url=url, status=status)
        return Outage(self.source, f"{code}: {description}", url=url, status=status)

    def _bars(self, payload: Payload, result: dict[str, Any]) -> Bars:
        try:
            meta, quotes = record(result["meta"]), record(listed(record(result["indicators"])["quote"])[0])
            stamps = result.get("timestamp")
            if stamps is None:
                if quotes:
                    raise ValueError("prices without timestamps")
                return {}  # a window without a session
            _require_identity(meta, payload.query.series[0])
            zone = ZoneInfo(text(meta["exchangeTimezoneName"]))
            columns = {name: listed(quotes[name]) for name in _COLUMNS}
        except (KeyError, IndexError, OSError) as error:  # an unknown zone is a KeyError, a forbidden one an OSError
            raise ValueError(f"chart without {error}") from None
        if any(len(values) != len(listed(stamps)) for values in columns.values()):
            raise ValueError("columns and timestamps differ in length")
        open_session = _open_session(meta, _answered_at(payload), zone)
        places = None if meta.get("priceHint") is None else whole(meta["priceHint"])
        bars: Bars = {}
        opened: dict[dt.date, int] = {}
        for index, stamp in enumerate(stamps):
            day = _moment(stamp).astimezone(zone).date()
            if columns["close"][index] is None or day == open_session:
                continue
            bar = {name: _decimal_places(columns[name][index], name, places) for name in _COLUMNS}
            # A second bar of one day is the live one, set beside the regular: it is the later word.
            if day in bars and stamp <= opened[day] and bar != bars[day]:
                raise ValueError(f"two different bars of {day}")
            bars[day], opened[day] = bar, stamp
        return bars


def yahoo_unit(series: Series, meta: Mapping[str, Any]) -> str:
    """Yahoo says a currency and a kind; what a future is counted in (bushels, barrels) it does not say: ours stands."""
    currency = _CENTS.get(meta["currency"], str(meta["currency"]))
    if meta["instrumentType"] == "INDEX":
        return "index points"
    if meta["instrumentType"] == "CURRENCY":
        base = series.code.removesuffix("=X")
        return f"{currency} per {base[:3] if len(base) == 6 else 'USD'}"
    counted = series.unit.partition(" per ")[2]
    return f"{currency} per {counted}" if counted else currency


def _require_identity(meta: Mapping[str, Any], series: Series) -> None:
    """The answer's own symbol, granularity and currency, where it says them, are those of the question.

    Raises ValueError, KeyError.
    """
    if meta["dataGranularity"] != "1d":
        raise ValueError(f"bars of {meta['dataGranularity']!r:.20} in answer to '1d'")
    symbol = meta.get("symbol")
    if symbol is not None and symbol != series.code:
        raise ValueError(f"{symbol!r:.40} in answer to {series.code!r}")
    if meta.get("currency") is not None and meta.get("instrumentType") is not None:
        unit = yahoo_unit(series, meta)
        if provider_measure(unit) != our_measure(series):
            raise ValueError(f"{unit!r:.40} in answer to {series.unit!r}")


def _epoch(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), UTC).timestamp())


def _moment(stamp: object) -> dt.datetime:
    """Seconds since 1970 as UTC. Raises ValueError."""
    seconds = whole(stamp)
    if not _FIRST_STAMP <= seconds <= _LAST_STAMP:
        raise ValueError(f"not a time of 1900-2200: {stamp!r:.40}")
    return dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=seconds)


def _answered_at(payload: Payload) -> dt.datetime | None:
    """When the answer was given: its Date header (it outlives a recording), else our receipt; None where neither is
    known."""
    try:
        return parsedate_to_datetime(payload.headers["date"])
    except (KeyError, ValueError):
        return payload.fetched_at if payload.is_dated else None


def _open_session(meta: Mapping[str, Any], answered_at: dt.datetime | None, zone: ZoneInfo) -> dt.date | None:
    """The day of the current session where the source's last trade lies before its end, and the answer is not known to
    have been given after it."""
    period = record(meta.get("currentTradingPeriod") or {}).get("regular")
    traded = meta.get("regularMarketTime")
    if period is None or traded is None:
        return None
    start, end = _moment(record(period).get("start")), _moment(record(period).get("end"))
    if not start <= _moment(traded) < end or (answered_at is not None and answered_at >= end):
        return None
    return start.astimezone(zone).date()


def _decimal_places(value: object, column: str, places: int | None) -> float | None:
    if value is None:
        return None
    price = float(number(value))
    if column == "volume":
        return price
    if places is None:  # the shortest decimal that is the same float32
        return float(str(np.float32(price)))
    return round(price, places)
