"""Cboe's own history of the VIX: one CSV of every session since 1990, asked only where the desk holds a licence.

The file is whole each time, whatever the window; its columns are read by name, its days are American. Only the close is
taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from desk.errors import HtmlPayload, MissingKey, NoData
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import looks_like_html, require_body, require_ok, text_body
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import csv_rows, day_of

COLUMNS = ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]
_SIX_DECIMALS = re.compile(r"\d{1,3}\.\d{6}\Z")


class CboeVix(Connector):
    """Cboe's file of the VIX."""

    source: ClassVar[str] = "cboe_vix"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), window) for one in series]

    def build_request(self, query: Query) -> Request:
        if self.config.is_off:
            raise MissingKey(self.source, "off: its terms want a licence (ALVORADA_LICENSED)")
        return Request(query, f"{self.config.base_urls['cdn']}/daily_prices/{query.series[0].code}_History.csv")

    def parse(self, payload: Payload) -> Frames:
        query, url, status = payload.query, payload.request.url, payload.status
        series, span = query.series[0], query.window
        require_ok(payload)
        require_body(payload)
        if looks_like_html(payload.body):
            raise HtmlPayload(self.source, "a page in place of the history", url=url, status=status)
        text = text_body(payload)
        header, *lines = csv_rows(text, last_line_may_be_open=True)
        if header != COLUMNS:
            raise ValueError(f"not a history of the VIX: its columns are {','.join(header)[:60]!r}")
        if lines and not text.endswith("\n") and not _SIX_DECIMALS.match(lines[-1][-1]):
            raise ValueError(f"the last line does not end: {','.join(lines[-1])[-60:]!r}")
        days, values = [], []
        for line in lines:
            day = day_of(line[0], "yyyy-mm-dd" if "-" in line[0] else "mm/dd/yyyy")  # ISO as people re-save it
            close = scaled(decimal_point(line[-1]), series.scale)
            if span.start <= day <= span.end:
                days.append(day)
                values.append(close)
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=url, status=status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}
