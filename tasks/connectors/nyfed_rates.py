"""Federal Reserve Bank of New York: its reference rates, SOFR and EFFR, from the markets API. Percent at the source.

One request a rate, whatever the window. Each row names its rate (`type`) and its day (`effectiveDate`); the newest
comes first. A rate is published again at about 14:30 where it was wrong: the publication rule waits for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from desk.errors import NoData, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import day_of, field, number, record, records, text


class NyFedRates(Connector):
    """The New York Fed's overnight reference rates."""

    source: ClassVar[str] = "nyfed_rates"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), window) for one in series]

    def build_request(self, query: Query) -> Request:
        one, span = query.series[0], query.window
        path = f"rates/{one.params['market']}/{one.code.lower()}/search.json"
        url = f"{self.config.base_urls['api']}/{path}?startDate={span.start}&endDate={span.end}"
        return Request(query, url)

    def parse(self, payload: Payload) -> Frames:
        query, url, status = payload.query, payload.request.url, payload.status
        series, span = query.series[0], query.window
        if status == 404:
            raise UnknownSeries(self.source, f"{series.code} is not known", url=url, status=status)
        require_ok(payload)
        days, values = [], []
        rows = records(field(record(json_body(payload)), "refRates"))
        for row in rows:
            if text(field(row, "type")) != series.code:
                raise ValueError(f"{row['type']!r:.20} in answer to {series.code}")
            day = day_of(field(row, "effectiveDate"))
            value = scaled(number(field(row, "percentRate")), series.scale)
            if span.start <= day <= span.end:
                days.append(day)
                values.append(value)
        if rows and not days:
            raise ValueError(f"days of {rows[0]['effectiveDate']} in answer to {span.start} to {span.end}")
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=url, status=status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}
