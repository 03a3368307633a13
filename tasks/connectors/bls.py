"""US Bureau of Labor Statistics, public API v2: monthly series as JSON, a request a series for at most ten years.

A key is no must: without one 25 requests a day and ten years a request are allowed. Every answer has status 200: what
it means is in `status` and `message`. `-` is a month without a value; `M13` is a year's mean. There are no vintages.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import ClassVar, NoReturn

from desk.errors import BadRequest, MissingKey, NoData, Outage, RateLimited, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import field, listed, number_in_text, record, records, text

MOST_DAYS = 3_280
"""Whole years are asked for, ten at most: nine years of days lie in ten calendar years."""
NO_VALUE, YEARLY_MEAN = "-", "M13"
_MONTH = re.compile(r"M(0[1-9]|1[0-2])\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")


class Bls(Connector):
    """The public API of the Bureau of Labor Statistics."""

    source: ClassVar[str] = "bls"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), part) for one in series for part in window.split(MOST_DAYS)]

    def build_request(self, query: Query) -> Request:
        code, span = query.series[0].code, query.window
        url = (
            f"{self.config.base_urls['api']}/timeseries/data/{code}?startyear={span.start.year}&endyear={span.end.year}"
        )
        key = self.config.api_key
        return Request(query, url, secret_params={} if key is None else {"registrationkey": key})

    def parse(self, payload: Payload) -> Frames:
        query, series, span = payload.query, payload.query.series[0], payload.query.window
        require_ok(payload)
        answer = record(json_body(payload))
        status = text(field(answer, "status"))
        words = " ".join(text(one) for one in listed(field(answer, "message")))
        if status != "REQUEST_SUCCEEDED" or "does not exist" in words:
            self._refuse(payload, status, words)
        (found,) = records(field(record(field(answer, "Results")), "series"))
        if text(field(found, "seriesID")) != series.code:
            raise ValueError(f"{found['seriesID']!r:.40} in answer to {series.code}")
        days, values = [], []
        rows = records(field(found, "data"))
        for row in rows:
            year, period, value = (text(field(row, name)) for name in ("year", "period", "value"))
            if period == YEARLY_MEAN:
                continue
            if not _YEAR.match(year) or not _MONTH.match(period):
                raise ValueError(f"not a month: {year!r:.10} {period!r:.10}")
            day = dt.date(int(year), int(period[1:]), 1)
            if not span.start.year <= day.year <= span.end.year:
                raise ValueError(f"{day:%Y-%m} in answer to {span.start.year} to {span.end.year}")
            if value != NO_VALUE and span.start <= day <= span.end:
                days.append(day)
                values.append(scaled(number_in_text(value), series.scale))
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=payload.request.url, status=payload.status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _refuse(self, payload: Payload, status: str, words: str) -> NoReturn:
        """Raises what an answer without data means, by the bureau's own words."""
        url, code, message = payload.request.url, payload.query.series[0].code, words or status
        if "does not exist" in words:
            raise UnknownSeries(self.source, f"{code}: {message}", url=url, status=payload.status)
        if "threshold" in words or "number of requests" in words:
            raise RateLimited(self.source, f"its daily allowance is used up: {message}", url=url)
        if "provided by the User is invalid" in words:
            raise MissingKey(self.source, message, url=url, status=payload.status)
        if "OVER_CAPACITY" in status:
            raise Outage(self.source, f"{status}: {message}", url=url, status=payload.status)
        raise BadRequest(self.source, f"{status}: {message}", url=url, status=payload.status)
