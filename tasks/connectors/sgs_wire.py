"""The wire of BCB's SGS: one series per request, JSON rows of `data` and `valor`, and its own ways to say no.

Shared by the two connectors that read SGS. Source: sources.md section 1 (bodies of 13 series and four error bodies).
Values are strings with a decimal point; dates are dd/mm/yyyy; monthly rows are dated day 01. There are no vintages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from desk.errors import BadRequest, NoData, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import day_of, field, json_value, records

DAILY_WINDOW_DAYS = 3600
"""SGS refuses more than ten calendar years of a daily series (HTTP 406), and a daily series without a start date."""


class SgsConnector(Connector):
    """Base URL `api`: https://api.bcb.gov.br."""

    html_means_unknown: ClassVar[bool] = True

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per series; a daily one is split under the ten-year limit, a monthly one is not."""
        return [
            Query(dataset, (one,), part)
            for one in series
            for part in (window.split(DAILY_WINDOW_DAYS) if one.frequency == "D" else [window])
        ]

    def build_request(self, query: Query) -> Request:
        (series,) = query.series
        window = query.window
        return Request(
            query,
            f"{self.config.base_urls['api']}/dados/serie/bcdata.sgs.{series.code}/dados?formato=json"
            f"&dataInicial={window.start:%d/%m/%Y}&dataFinal={window.end:%d/%m/%Y}",
            headers={"Accept": "application/json"},
        )

    def parse(self, payload: Payload) -> Frames:
        """Rows inside the window only: SGS announces the Selic target ahead, and its old path answered an empty
        window with the last value before it."""
        _require_answer(payload)
        rows = records(json_body(payload))
        query = payload.query
        (series,), window = query.series, query.window
        days, values = [], []
        for row in rows:
            day, text = _cells(row)
            if text and window.start <= day <= window.end:
                days.append(day)
                values.append(scaled(decimal_point(text), series.scale))
        if not days:
            raise NoData(series.source, f"series {series.code}: no value in {window.start}..{window.end}")
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}


def _require_answer(payload: Payload) -> None:
    """Raises what SGS's own error bodies mean; leaves every other status to the rule for all sources."""
    detail = _error_detail(payload)
    source, url, status = payload.request.source, payload.request.url, payload.status
    if detail is None:
        require_ok(payload)
    elif "Value(s) not found" in detail:
        raise NoData(source, "no value in this window", url=url, status=status)
    elif status == 404:
        raise UnknownSeries(source, detail, url=url, status=status)
    elif status < 500:
        raise BadRequest(source, detail, url=url, status=status)
    else:
        require_ok(payload)


def _error_detail(payload: Payload) -> str | None:
    """What an error body says: `{"erro": {"detail"}}`, or `{"error"}` for a window too wide; None for other bodies."""
    if not payload.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        body = json_value(payload.body.decode("utf-8-sig"))
    except ValueError:
        return None
    inner = body.get("erro")
    detail = inner.get("detail") if isinstance(inner, dict) else body.get("error")
    return detail.rpartition("SGSNegocioException: ")[2] if isinstance(detail, str) else None


def _cells(row: Mapping[str, Any]) -> tuple[dt.date, str]:
    """The day and the value's text, blank when SGS has none. Interval series carry `dataFim` too: not needed.
    Raises ValueError."""
    text = field(row, "valor")
    if text is not None and not isinstance(text, str):
        raise ValueError(f"valor is not text: {row!r:.80}")
    return day_of(field(row, "data"), "dd/mm/yyyy"), (text or "").strip()
