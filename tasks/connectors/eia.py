"""US Energy Information Administration, API v2: daily spot prices of crude oil as JSON, by its key.

One request a series and window of at most `MOST_DAYS`, which fit into one answer (5,000 rows are the most). Each row
names its series and unit; the prices are texts. An unknown series is answered like a window without prices: after such
an answer, and no other, the route's list of its series is asked for, and tells. There are no vintages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NoReturn

from desk.errors import BadPayload, BadRequest, MissingKey, NoData, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok, text_body
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.strict_values import day_of, field, json_value, number_in_text, record, records, text

MOST_ROWS = 5_000
MOST_DAYS = 4_900
UNITS: Mapping[str, str] = {"USD per barrel": "$/BBL"}
"""Unit of the catalogue -> as the rows have it."""


class Eia(Connector):
    """EIA's API v2."""

    source: ClassVar[str] = "eia"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), part) for one in series for part in window.split(MOST_DAYS)]

    def build_request(self, query: Query) -> Request:
        if self.config.is_off:
            raise MissingKey(self.source, "off: it wants a key (EIA_API_KEY)")
        series, span = query.series[0], query.window
        url = (
            f"{self.config.base_urls['api']}/{query.dataset.params['route']}/data/?frequency=daily&data[0]=value"
            f"&facets[series][]={series.code}&start={span.start}&end={span.end}"
            f"&sort[0][column]=period&sort[0][direction]=asc&offset=0&length={MOST_ROWS}"
        )
        return self._keyed(query, url)

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        try:
            return await super().fetch(client, query)
        except NoData:
            url = f"{self.config.base_urls['api']}/{query.dataset.params['route']}/facet/series/"
            payload = await client.send(self._keyed(query, url))
            if query.series[0].code in border.held(partial(self._listed, payload), payload):
                raise
        message = f"{query.series[0].code} is not among the series of {query.dataset.params['route']}"
        raise UnknownSeries(self.source, message, url=payload.request.url, status=payload.status)

    def parse(self, payload: Payload) -> Frames:
        query, series, url, status = payload.query, payload.query.series[0], payload.request.url, payload.status
        answer = self._response(payload)
        if text(field(answer, "frequency")) != "daily":
            raise ValueError(f"{answer['frequency']!r:.20} in answer to daily prices")
        rows = records(field(answer, "data"))
        if len(rows) >= MOST_ROWS:
            raise ValueError(f"{len(rows)} rows: the answer is full, and may end before the window does")
        days, values = [], []
        for row in rows:
            if text(field(row, "series")) != series.code:
                raise ValueError(f"{row['series']!r:.40} in answer to {series.code}")
            if text(field(row, "units")) != UNITS[series.unit]:
                raise ValueError(f"{series.code} in {row['units']!r:.20}, not {UNITS[series.unit]}")
            day = day_of(field(row, "period"))
            if not query.window.start <= day <= query.window.end:
                raise ValueError(f"a price of {day} in answer to {query.window.start} to {query.window.end}")
            if field(row, "value") is not None:
                days.append(day)
                values.append(scaled(number_in_text(row["value"]), series.scale))
        if rows and not days:
            raise ValueError(f"no number in {len(rows)} rows")
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=url, status=status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _keyed(self, query: Query, url: str) -> Request:
        key = self.config.api_key
        return Request(query, url, secret_params={} if key is None else {"api_key": key})

    def _response(self, payload: Payload) -> dict[str, Any]:
        if payload.status in (400, 403, 404):
            self._refuse(payload)
        require_ok(payload)
        return record(field(record(json_body(payload)), "response"))

    def _listed(self, payload: Payload) -> set[str]:
        """The codes of the route's series. A list without any tells nothing: ValueError."""
        codes = {text(field(one, "id")) for one in records(field(self._response(payload), "facets"))}
        if not codes:
            raise ValueError("a list of no series")
        return codes

    def _refuse(self, payload: Payload) -> NoReturn:
        """Raises MissingKey for a key that is missing or wrong, Outage for another 403, BadRequest with EIA's words."""
        url, status = payload.request.url, payload.status
        code, message = _error_of(payload)
        if code.startswith("API_KEY"):
            raise MissingKey(self.source, message, url=url, status=status)
        if status == 403:
            require_ok(payload)
        raise BadRequest(self.source, message or f"HTTP {status}", url=url, status=status)


def _error_of(payload: Payload) -> tuple[str, str]:
    """Code and words of an error, by the gateway (`{"error": {"code": ..., "message": ...}}`) or by EIA (a text)."""
    try:
        error: Any = record(json_value(text_body(payload)))["error"]
    except (ValueError, KeyError, BadPayload):
        return "", ""
    if isinstance(error, dict):
        return str(error.get("code", "")), str(error.get("message", ""))
    return "", error if isinstance(error, str) else json.dumps(error, default=str)
