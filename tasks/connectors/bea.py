"""US Bureau of Economic Analysis, data API: one line of a NIPA table as JSON, by the desk's own key.

A table comes whole, all of its lines for whole years, and the line is found in it by its code. Every answer has status
200: an error is an object in the place of the data. Numbers are texts with commas, times ten to `UNIT_MULT`. The answer
repeats the request, the key with it, which the client masks. There are no vintages.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from desk.errors import BadRequest, MissingKey, NoData, Outage, RateLimited, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.strict_values import field, record, records, text

MEASURES: Mapping[str, tuple[str, int]] = {
    "index 2017 = 100": ("Fisher Price Index", 0),
    "USD billion of 2017, annual rate": ("Chained Dollars", 9),
}
"""Unit of the catalogue -> the table's measure, and the power of ten that the unit counts in."""
NO_VALUE = ("", "...", "---", "(NA)", "(NM)")
_PERIOD = re.compile(r"((?:19|20)\d\d)(?:M(0[1-9]|1[0-2])|Q([1-4]))\Z")
_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?\Z")


class Bea(Connector):
    """The data API of the Bureau of Economic Analysis."""

    source: ClassVar[str] = "bea"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        return [Query(dataset, (one,), window) for one in series]

    def build_request(self, query: Query) -> Request:
        if self.config.is_off:
            raise MissingKey(self.source, "off: it wants a key (BEA_API_KEY)")
        series, span = query.series[0], query.window
        years = ",".join(str(year) for year in range(span.start.year, span.end.year + 1))
        url = (
            f"{self.config.base_urls['api']}/data?method=GetData&datasetname=NIPA&TableName={series.params['table']}"
            f"&Frequency={series.frequency}&Year={years}&ResultFormat=JSON"
        )
        key = self.config.api_key
        return Request(query, url, secret_params={} if key is None else {"UserID": key})

    def parse(self, payload: Payload) -> Frames:
        query, series, span = payload.query, payload.query.series[0], payload.query.window
        require_ok(payload)
        results = self._results(payload)
        rows = records(field(results, "Data"))
        if other := {text(field(row, "TableName")) for row in rows} - {series.params["table"]}:
            raise ValueError(f"{min(other)!r:.20} in answer to {series.params['table']}")
        line = [row for row in rows if text(field(row, "SeriesCode")) == series.code]
        if rows and not line:
            message = f"{series.code} is no line of {series.params['table']}"
            raise UnknownSeries(self.source, message, url=payload.request.url, status=payload.status)
        days, values = [], []
        for row in line:
            day, value = _period(row, series), text(field(row, "DataValue")).strip()
            if not span.start.year <= day.year <= span.end.year:
                raise ValueError(f"{day:%Y-%m} in answer to {span.start.year} to {span.end.year}")
            number = None if value in NO_VALUE else _number(row, value, series)
            if number is not None and span.start <= day <= span.end:
                days.append(day)
                values.append(scaled(number, series.scale))
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=payload.request.url, status=payload.status)
        columns = {"series_id": [series.id] * len(days), "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _results(self, payload: Payload) -> dict[str, Any]:
        """What stands in the place of the data, unless that is an error, in it or beside it."""
        answer = record(field(record(json_body(payload)), "BEAAPI"))
        results = record(answer.get("Results", {}))
        error = answer.get("Error", results.get("Error"))
        if error is not None:
            self._refuse(payload, record(error))
        return results

    def _refuse(self, payload: Payload, error: Mapping[str, Any]) -> NoReturn:
        """Raises what an error means, by the bureau's own words."""
        url, status = payload.request.url, payload.status
        words = str(error.get("APIErrorDescription", ""))
        description = f"{error.get('APIErrorCode', '')} {words}".strip() or "an error without words"
        if "userid" in words.lower():
            raise MissingKey(self.source, description, url=url, status=status)
        if "limit" in words.lower() or "exceeded" in words.lower():
            raise RateLimited(self.source, description, url=url)
        if "error retrieving" in words.lower() or "unknown error" in words.lower():
            raise Outage(self.source, description, url=url, status=status)
        raise BadRequest(self.source, description, url=url, status=status)


def _period(row: Mapping[str, Any], series: Series) -> dt.date:
    """The first day of the row's month or quarter; ValueError for a row of another frequency."""
    match = _PERIOD.match(text(field(row, "TimePeriod")))
    if match is None or (match[2] is None) == (series.frequency == "M"):
        raise ValueError(f"not a period of frequency {series.frequency}: {row['TimePeriod']!r:.20}")
    month = int(match[2]) if match[2] else 3 * int(match[3]) - 2
    return dt.date(int(match[1]), month, 1)


def _number(row: Mapping[str, Any], value: str, series: Series) -> Decimal:
    """The row's number in the unit of the catalogue."""
    measure, exponent = MEASURES[series.unit]
    found = (text(field(row, "METRIC_NAME")), text(field(row, "CL_UNIT")))
    if found != (measure, "Level"):
        raise ValueError(f"{series.code} in {found!r:.60}, not {measure}")
    power = text(field(row, "UNIT_MULT"))
    if not _NUMBER.match(value) or power not in ("0", "3", "6", "9"):
        raise ValueError(f"not a number: {value!r:.40} times ten to {power!r:.10}")
    return decimal_point(value.replace(",", "")).scaleb(int(power) - exponent)
