"""CFTC Commitments of Traders: Socrata JSON, by contract market code (names have changed over time, codes have not).

Every number is a string, and an absent count is a missing key. The report is as of Tuesday (Monday when Tuesday is a
holiday) and comes out on Friday. CFTC's own text files (cftc_files.py) are read as well: the first byte decides.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, NoReturn
from urllib.parse import quote

from desk.errors import BadPayload, NoData, UnknownSeries
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point
from tasks.connectors.base import Client, Connector, Fetched, Payload, Query, Request
from tasks.connectors.bodies import bad_payload, require_ok, text_body
from tasks.connectors.cftc_files import CommitmentsRow, plain_name, read_commitments

PAGE = 50_000
_DATE, _CODE = "report_date_as_yyyy_mm_dd", "cftc_contract_market_code"


class CftcCot(Connector):
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

    async def fetch(self, client: Client, query: Query) -> list[Fetched]:
        fetched: list[Fetched] = []
        while True:
            payload = await client.send(self.build_request(query))
            try:
                fetched.append(Fetched(payload, self.parse(payload)))
            except NoData:
                if not fetched:  # a last page that is empty ends the answer, an empty first page is the answer
                    raise
                return fetched
            if payload.body.lstrip()[:1] != b"[" or len(json.loads(payload.body)) < PAGE:
                return fetched
            query = replace(query, extra={"offset": int(query.extra.get("offset", 0)) + PAGE})

    def parse(self, payload: Payload) -> Frames:
        if payload.status == 400:
            self._refuse(payload)
        require_ok(payload)
        text = text_body(payload)
        try:
            rows = _socrata_rows(text) if text.lstrip()[:1] in ("[", "{") else read_commitments(text)
        except (ValueError, KeyError, TypeError) as error:
            raise BadPayload(self.source, str(error), url=payload.request.url, status=payload.status) from error
        return self._frames(payload, rows)

    def _frames(self, payload: Payload, rows: Sequence[CommitmentsRow]) -> Frames:
        query = payload.query
        wanted = {(series.code, plain_name(str(series.params["field"]))): series for series in query.series}
        found = {
            (series.id, row.day): count * float(series.scale)
            for row in rows
            if query.window.start <= row.day <= query.window.end
            for name, count in row.counts.items()
            if (series := wanted.get((row.code, name))) is not None
        }
        if not found:
            raise NoData(self.source, f"nothing for {query.label}", url=payload.request.url, status=payload.status)
        keys = sorted(found)
        columns = {
            "series_id": [series_id for series_id, _ in keys],
            "obs_date": [day for _, day in keys],
            "value": [found[key] for key in keys],
        }
        return {OBSERVATION.name: parsed_frame(OBSERVATION, columns)}

    def _refuse(self, payload: Payload) -> NoReturn:
        """Socrata's 400 names its reason: a column that the dataset does not have is a series it does not know."""
        text = payload.body[:1000].decode("utf-8", "replace")
        if "no-such-column" in text:
            raise UnknownSeries(self.source, text, url=payload.request.url, status=payload.status)
        require_ok(payload)
        bad_payload(payload, f"HTTP {payload.status}")


def _socrata_rows(text: str) -> list[CommitmentsRow]:
    answer = json.loads(text)
    if not isinstance(answer, list):
        raise ValueError(f"not a list of rows: {text[:80]!r}")
    return [
        CommitmentsRow(
            dt.datetime.fromisoformat(row[_DATE]).date(),
            row[_CODE].strip(),
            "",
            {
                plain_name(name): float(decimal_point(value))
                for name, value in row.items()
                if ("positions" in name or name.startswith("open_interest")) and value.strip() not in ("", ".")
            },
        )
        for row in answer
    ]
