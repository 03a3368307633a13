"""CFTC Commitments of Traders: Socrata JSON, by contract market code (names have changed over time, codes have not).

Every number is a string, and an absent count is a missing key. The report is as of Tuesday (Monday when Tuesday is a
holiday) and comes out on Friday. CFTC's own text files (cftc_files.py) are read as well: the first byte decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NoReturn
from urllib.parse import quote

from desk.errors import NoData, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.bodies import bad_payload, json_body, require_ok, text_body
from tasks.connectors.cftc_files import CommitmentsRow, plain_name, read_commitments
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.strict_values import day_of, number_in_text, records, text

PAGE = 50_000
_DATE, _CODE = "report_date_as_yyyy_mm_dd", "cftc_contract_market_code"


class CftcCot(Connector):
    """The CFTC's Commitments of Traders, by Socrata."""

    source: ClassVar[str] = "cftc_cot"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query for all markets of the dataset."""
        return [Query(dataset, tuple(series), window)] if series else []

    def build_request(self, query: Query) -> Request:
        codes = ",".join(f"'{code}'" for code in sorted({series.code for series in query.series}))
        fields = sorted({str(series.params["field"]) for series in query.series})
        start, end = f"'{query.window.start}T00:00:00.000'", f"'{query.window.end}T00:00:00.000'"
        clauses = {
            "$select": ",".join([_DATE, _CODE, *fields]),
            "$where": f"{_CODE} in ({codes}) and {_DATE} between {start} and {end}",
            "$order": f"{_DATE},{_CODE}",
            "$limit": str(PAGE),
            "$offset": str(query.extra.get("offset", 0)),
        }
        search = "&".join(f"{name}={quote(value, safe='')}" for name, value in clauses.items())
        return Request(
            query, f"{self.config.base_urls['socrata']}/resource/{query.dataset.params['resource']}.json?{search}"
        )

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        fetched: list[FetchResult] = []
        while True:
            payload = await client.send(self.build_request(query))
            rows = await self.beside(payload, partial(border.held, partial(self._rows, payload), payload))
            try:
                fetched.append(await self.opened(payload, partial(self._frames, rows=rows)))
            except NoData:
                if not fetched:  # a last page that is empty ends the answer, an empty first page is the answer
                    raise
                return fetched
            if len(rows) < PAGE:
                return fetched
            query = replace(query, extra={"offset": int(query.extra.get("offset", 0)) + PAGE})

    def parse(self, payload: Payload) -> Frames:
        return self._frames(payload, self._rows(payload))

    def _rows(self, payload: Payload) -> list[CommitmentsRow]:
        if payload.status == 400:
            self._refuse(payload)
        require_ok(payload)
        if payload.body.lstrip()[:1] not in (b"[", b"{"):
            return read_commitments(text_body(payload))
        rows = _socrata_rows(records(json_body(payload)))
        queried = {series.code for series in payload.query.series}
        if others := sorted({row.code for row in rows} - queried):
            raise ValueError(f"market {others[0]!r:.20} in answer to {', '.join(sorted(queried))}")
        span = payload.query.window
        if rows and not any(span.start <= row.day <= span.end for row in rows):
            raise ValueError(f"a report of {rows[0].day} in answer to {span.start}..{span.end}")
        return rows

    def _frames(self, payload: Payload, rows: Sequence[CommitmentsRow]) -> Frames:
        query = payload.query
        series_of_field = {(series.code, plain_name(str(series.params["field"]))): series for series in query.series}
        found = [
            (series.id, row.day, count * float(series.scale))
            for row in rows
            if query.window.start <= row.day <= query.window.end
            for name, count in row.counts.items()
            if (series := series_of_field.get((row.code, name))) is not None
        ]
        if not found:
            raise NoData(self.source, f"nothing for {query.label}", url=payload.request.url, status=payload.status)
        columns = dict(zip(("series_id", "obs_date", "value"), zip(*found, strict=True), strict=True))
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _refuse(self, payload: Payload) -> NoReturn:
        """Socrata's 400 names its reason: a column that the dataset does not have is a series it does not know."""
        words = payload.body[:1000].decode("utf-8", "replace")
        if "no-such-column" in words:
            raise UnknownSeries(self.source, words, url=payload.request.url, status=payload.status)
        require_ok(payload)
        bad_payload(payload, f"HTTP {payload.status}")


def _socrata_rows(answer: list[dict[str, Any]]) -> list[CommitmentsRow]:
    """Every count is a text, and an absent one a missing key or `.`: a null is another format. Raises ValueError."""
    return [
        CommitmentsRow(
            day_of(row.get(_DATE), "yyyy-mm-dd hh:mm"),
            text(row.get(_CODE)).strip(),
            "",
            {
                plain_name(name): float(number_in_text(value))
                for name, value in row.items()
                if ("positions" in name or name.startswith("open_interest")) and value not in ("", ".")
            },
        )
        for row in answer
    ]
