"""Yahoo Finance chart v8 (unofficial): daily bars, one query per symbol.

A bar's date is its stamp in the exchange's own zone (FX lives in Europe/London), never the UTC date. Prices are float32
that went through double: `meta.priceHint` says how many decimals they have. A session that is still open is left out:
its "close" is only the last trade, and would otherwise stand as the day's until somebody asked again.
The volume of indices and currencies is 0 at the source and stays so.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from desk.errors import BadPayload, BadRequest, NoData, Outage, RateLimited, UnknownSeries
from desk.model import PRICE_BAR, UTC, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors.base import Connector, Payload, Query, Request
from tasks.connectors.cboe_history import is_cboe_history, read_cboe_history

_COLUMNS = ("open", "high", "low", "close", "volume")
Bars = dict[dt.date, dict[str, float | None]]


class YahooFinance(Connector):
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
            try:
                bars: Bars = read_cboe_history(payload.body)
            except ValueError as error:
                raise self._bad(payload, str(error)) from error
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
        text = payload.body[:2000].decode("utf-8", "replace")
        if "Will be right back" in text:
            raise Outage(self.source, "'Will be right back' page", url=url, status=status)
        if status == 429 or text.startswith("Too Many Requests"):
            raise RateLimited(self.source, "too many requests", url=url)
        try:
            chart = json.loads(payload.body)["chart"]
            error, results = chart["error"], chart["result"]
        except (ValueError, KeyError, TypeError) as cause:
            raise self._bad(payload, "not a chart answer") from cause
        if error is not None:
            raise self._error(payload, str(error.get("code", "")), str(error.get("description", "")))
        if status != 200 or not results:
            raise self._bad(payload, f"HTTP {status} without result and without error")
        return results[0]  # type: ignore[no-any-return]

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
            meta, quotes = result["meta"], result["indicators"]["quote"][0]
            stamps = result.get("timestamp")
            if stamps is None:
                if quotes:
                    raise self._bad(payload, "prices without timestamps")
                return {}  # a window without a session
            if meta["dataGranularity"] != "1d":
                raise self._bad(payload, f"bars of {meta['dataGranularity']} in answer to 1d")
            zone = ZoneInfo(meta["exchangeTimezoneName"])
            columns = {name: quotes[name] for name in _COLUMNS}
        except (KeyError, IndexError, TypeError, ZoneInfoNotFoundError) as error:
            raise self._bad(payload, f"chart without {error}") from error
        if any(len(values) != len(stamps) for values in columns.values()):
            raise self._bad(payload, "columns and timestamps differ in length")
        open_session = _open_session(meta, _answered_at(payload), zone)
        bars: Bars = {}
        for index, stamp in enumerate(stamps):
            day = dt.datetime.fromtimestamp(stamp, zone).date()
            if columns["close"][index] is None or day == open_session:
                continue
            # A second bar of one day is the live one, set beside the regular: it is the later word.
            bars[day] = {name: _decimal_places(columns[name][index], name, meta) for name in _COLUMNS}
        return bars

    def _bad(self, payload: Payload, why: str) -> BadPayload:
        return BadPayload(self.source, why, url=payload.request.url, status=payload.status)


def _epoch(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), UTC).timestamp())


def _answered_at(payload: Payload) -> dt.datetime:
    """When the answer was given: its Date header (it outlives a recording), else our receipt."""
    try:
        return parsedate_to_datetime(payload.headers["date"])
    except (KeyError, ValueError):
        return payload.fetched_at


def _open_session(meta: dict[str, Any], answered_at: dt.datetime, zone: ZoneInfo) -> dt.date | None:
    """The day of the current session where both the source's last trade and the answer lie before its end."""
    period = meta.get("currentTradingPeriod", {}).get("regular")
    traded = meta.get("regularMarketTime")
    if period is None or traded is None or not period["start"] <= traded < period["end"]:
        return None
    if answered_at.timestamp() >= period["end"]:
        return None
    return dt.datetime.fromtimestamp(period["start"], zone).date()


def _decimal_places(value: float | None, column: str, meta: dict[str, Any]) -> float | None:
    if value is None or column == "volume":
        return None if value is None else float(value)
    hint = meta.get("priceHint")
    if hint is None:  # the shortest decimal that is the same float32
        return float(str(np.float32(value)))
    return round(float(value), int(hint))
