"""FRED: JSON with vintages where a key is set; recordings without one and the sandbox have the CSV of its graphs.

Macro series are requested with a real-time window, and each vintage's `realtime_start` is its knowledge time (17:00 in
Chicago of that date: FRED gives the day only). Vintages clipped to the requested window are not news: the window starts
with the observations, so no number can be older, and where a window must be split for FRED's cap of 2,000 vintages a
row that merely continues is dropped. Market series and CSV rows carry no vintage, and the publication rule applies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NoReturn
from zoneinfo import ZoneInfo

import polars as pl

from desk.errors import BadPayload, BadRequest, HtmlPayload, MissingKey, NoData, UnknownSeries
from desk.model import OBSERVATION, UTC, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.bodies import bad_payload, json_body, require_ok, text_body
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.strict_values import csv_rows, day_of, field, json_value, record, records, text, whole

VINTAGE_DATASETS = frozenset({"fred_macro"})
PAGE = 100_000
_CHICAGO = ZoneInfo("America/Chicago")
_RELEASED = dt.time(17)
_OPEN_END = dt.date(9999, 12, 31)  # "still current"; a day between today's US date and this one is refused


Row = tuple[str, str, str]
"""Date, value and realtime_start as FRED writes them; the last is empty in a CSV."""


class TooManyVintages(BadRequest):
    """More than 2,000 vintage dates in one real-time window."""


class NotInWindow(UnknownSeries):
    """FRED's one wording for a bogus code and for a real-time window before the first vintage."""


class Fred(Connector):
    """FRED: with a key by its API, with vintages; without one by the CSV of its graphs."""

    source: ClassVar[str] = "fred"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        extra: dict[str, Any] = {}
        if self.config.api_key and dataset.id in VINTAGE_DATASETS:
            extra = {"realtime_start": window.start, "realtime_end": _OPEN_END}
        return [Query(dataset, (one,), window, extra) for one in series]

    def build_request(self, query: Query) -> Request:
        if self.config.is_off:
            raise MissingKey(self.source, "off: its terms want a key (FRED_API_KEY)")
        code, span = query.series[0].code, query.window
        if self.config.api_key is None:
            graph = f"{self.config.base_urls['graph']}/graph/fredgraph.csv"
            return Request(query, f"{graph}?id={code}&cosd={span.start}&coed={span.end}")
        url = (
            f"{self.config.base_urls['api']}/fred/series/observations?series_id={code}&file_type=json"
            f"&observation_start={span.start}&observation_end={span.end}"
        )
        if "realtime_start" in query.extra:
            url += f"&realtime_start={query.extra['realtime_start']}&realtime_end={query.extra['realtime_end']}"
        url += f"&limit={PAGE}&offset={query.extra.get('offset', 0)}&sort_order=asc"
        return Request(query, url, secret_params={"api_key": self.config.api_key})

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        try:
            return await self._vintages(client, query)
        except NotInWindow:
            if "realtime_start" not in query.extra:
                raise
            # Asked without vintages, a bogus code is still unknown; a series outside ALFRED answers, by rule.
            return await self._pages(client, replace(query, extra={}))

    async def _vintages(self, client: Client, query: Query) -> list[FetchResult]:
        """The pages of `query`, its real-time window halved as often as FRED's cap demands."""
        try:
            return await self._pages(client, query)
        except TooManyVintages:
            halves = _halves(query)
        parts: list[list[FetchResult]] = []
        for half in halves:
            try:
                parts.append(await self._vintages(client, half))
            except (NoData, NotInWindow):  # the series exists: it has nothing in this half
                parts.append([])
        if not any(parts):
            raise NoData(self.source, f"nothing for {query.label}")
        return _without_continuations(*parts)

    async def _pages(self, client: Client, query: Query) -> list[FetchResult]:
        fetched: list[FetchResult] = []
        while True:
            payload = await client.send(self.build_request(query))
            count, rows = await self.beside(payload, partial(border.held, partial(self._rows, payload), payload))
            fetched.append(await self.opened(payload, partial(self._frames, rows=rows)))
            offset = int(query.extra.get("offset", 0)) + PAGE
            if offset >= count:
                return fetched
            query = replace(query, extra={**query.extra, "offset": offset})

    def parse(self, payload: Payload) -> Frames:
        return self._frames(payload, self._rows(payload)[1])

    def _rows(self, payload: Payload) -> tuple[int, list[Row]]:
        """How many rows the whole answer has on all its pages, and this page's."""
        if payload.status != 200:
            self._refuse(payload)
        start = payload.body[:64].lstrip(b"\xef\xbb\xbf \r\n")
        if start[:1] == b"<":
            raise HtmlPayload(self.source, "a page in place of the data", url=payload.request.url, status=200)
        if start[:1] == b"{":
            return _json_rows(record(json_body(payload)))
        rows = _csv_rows(text_body(payload), payload.query.series[0])
        return len(rows), rows

    def _frames(self, payload: Payload, rows: list[Row]) -> Frames:
        """Missing values are `.` or empty, and skipped."""
        query, series = payload.query, payload.query.series[0]
        span, vintages = query.window, "realtime_start" in query.extra
        days, values, known = [], [], []
        for date, value, realtime_start in rows:
            day = day_of(date)
            if value.strip() in ("", ".") or not span.start <= day <= span.end:
                continue
            days.append(day)
            values.append(scaled(decimal_point(value), series.scale))
            known.append(_known(realtime_start) if vintages else None)
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=payload.request.url, status=payload.status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "knowledge_time": known, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _refuse(self, payload: Payload) -> NoReturn:
        url, status, code = payload.request.url, payload.status, payload.query.series[0].code
        try:
            message = " ".join(text(record(json_value(text_body(payload)))["error_message"]).split())
        except (ValueError, KeyError, BadPayload):
            if status == 404:
                raise UnknownSeries(self.source, f"{code} is not known", url=url, status=status) from None
            require_ok(payload)
            bad_payload(payload, f"HTTP {status} without an error message")
        if "api_key" in message or "api key" in message.lower():
            raise MissingKey(self.source, message, url=url, status=status)
        if "maximum number of vintage dates" in message:
            raise TooManyVintages(self.source, message, url=url, status=status)
        if "does not exist" in message:
            raise NotInWindow(self.source, f"{code}: {message}", url=url, status=status)
        raise BadRequest(self.source, message, url=url, status=status)


def _json_rows(answer: dict[str, Any]) -> tuple[int, list[Row]]:
    """Raises ValueError."""
    if answer.get("units", "lin") != "lin":
        raise ValueError(f"units {answer['units']!r:.20} in answer to the levels")
    observations = records(field(answer, "observations"))
    offset, count, limit = (whole(field(answer, name)) for name in ("offset", "count", "limit"))
    promised = min(limit, count - offset)
    if len(observations) != promised:
        raise ValueError(f"{promised} observations promised and {len(observations)} there")
    return count, [
        (text(field(one, "date")), text(field(one, "value")), text(field(one, "realtime_start")))
        for one in observations
    ]


def _csv_rows(body: str, series: Series) -> list[Row]:
    lines = csv_rows(body)
    header = lines[0] if lines else []
    if len(header) != 2 or header[0] not in ("DATE", "observation_date"):
        raise ValueError(f"the header is {','.join(header)[:60]!r}")
    if header[1] != series.code:
        raise ValueError(f"{header[1]!r:.60} in answer to {series.code}")
    return [(date, value, "") for date, value in lines[1:]]


def _known(realtime_start: str) -> dt.datetime:
    return dt.datetime.combine(day_of(realtime_start), _RELEASED, _CHICAGO).astimezone(UTC)


def _halves(query: Query) -> tuple[Query, Query]:
    """The real-time window in two, cut inside the days that have passed. Raises TooManyVintages when it is one day."""
    start, end = query.extra["realtime_start"], query.extra["realtime_end"]
    cut = start + (min(end, query.window.end) - start) // 2
    if cut <= start:
        raise TooManyVintages(query.dataset.source, f"{query.label}: too many vintages from {start} to {end}")
    return (
        replace(query, extra={**query.extra, "realtime_end": cut}),
        replace(query, extra={**query.extra, "realtime_start": cut + dt.timedelta(days=1)}),
    )


def _without_continuations(earlier: list[FetchResult], later: list[FetchResult]) -> list[FetchResult]:
    """The later window's first day repeats what the earlier one left standing: those rows are no new vintages."""
    if not earlier:
        return later
    seen = pl.concat([one.frames[OBSERVATION.name] for one in earlier]).sort("knowledge_time")
    standing = seen.unique(["series_id", "obs_date"], keep="last").select("series_id", "obs_date", "value")
    kept = []
    for one in later:
        frame = one.frames[OBSERVATION.name]
        edge = pl.col("knowledge_time") == _known(str(one.payload.query.extra["realtime_start"]))
        news = frame.filter(edge).join(standing, on=["series_id", "obs_date", "value"], how="anti")
        kept.append(FetchResult(one.payload, {OBSERVATION.name: pl.concat([news, frame.filter(~edge)])}))
    return [*earlier, *kept]
