"""B3: swap reference curves (TSyymmdd.ex_) and futures settlements (SPRDyymmdd.zip), one file per session day.

Both come from `pesquisapregao/download`. A day without a file is an archive of a few bytes; a page of HTML or JSON in
its place is a failure and never "no session". A file of another day than the requested one is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, NoReturn

from desk import calendars
from desk.errors import BadPayload, HtmlPayload, NoData, NotYet
from desk.model import CURVE_POINT, SAO_PAULO, SETTLEMENT, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors.b3_archive import EmptyArchive, unpacked
from tasks.connectors.b3_price_report import read_price_report
from tasks.connectors.b3_swap_file import read_swap_file
from tasks.connectors.base import Connector
from tasks.connectors.bodies import require_ok
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.wanted import missing_from

_FILES = {"b3_swap_curves": "TS{:%y%m%d}.ex_", "b3_settlements": "SPRD{:%y%m%d}.zip"}


class B3MarketData(Connector):
    """B3's daily files: swap curves (TaxaSwap) and settlements (price report)."""

    source: ClassVar[str] = "b3_market_data"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per trading day of `window`, the newest first: where the time ends, the oldest days are left open.
        The datasets have no series: curves and roots are their params."""
        sessions = reversed(calendars.by_name(dataset.calendar).days(window.start, window.end))
        return [Query(dataset, tuple(series), Window(day, day)) for day in sessions]

    def build_request(self, query: Query) -> Request:
        file = _FILES[query.dataset.id].format(query.window.start)
        return Request(query, f"{self.config.base_urls['site']}/pesquisapregao/download?filelist={file}")

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """The day's file; a wanted curve or future that is missing from a recent one is a finding; the rest is good."""
        return [replace(one, finding=_missing(one)) for one in await super().fetch(client, query)]

    def parse(self, payload: Payload) -> Frames:
        self._refuse_other_answers(payload)
        dataset = payload.query.dataset
        try:
            if dataset.id == "b3_swap_curves":
                return self._curves(payload)
            return self._settlements(payload)
        except EmptyArchive as error:
            self._no_file(payload, str(error))

    def _curves(self, payload: Payload) -> Frames:
        _, text = unpacked(payload.body, ".txt", self.config.max_body_bytes)[-1]
        curves = read_swap_file(text, payload.query.dataset.params["curves"])
        self._check_day(payload, curves.day)
        rows = {
            "curve_id": curves.curve_ids,
            "tenor_bd": curves.tenor_bd.tolist(),
            "obs_date": [curves.day] * len(curves.curve_ids),
            "rate": curves.rates,
        }
        return {CURVE_POINT.name: parsed_frame(CURVE_POINT, rows)}

    def _settlements(self, payload: Payload) -> Frames:
        # Several versions of a day's report lie in one archive; the last by name is the newest.
        _, xml = unpacked(payload.body, ".xml", self.config.max_body_bytes)[-1]
        found = read_price_report(xml, payload.query.dataset.params["roots"])
        if not found:
            raise ValueError("no settlement of any contract that was requested")
        for day in {settlement.day for settlement in found}:
            self._check_day(payload, day)
        rows = {
            "contract_id": [settlement.contract for settlement in found],
            "obs_date": [settlement.day for settlement in found],
            "price": [settlement.price for settlement in found],
            "rate": [settlement.rate for settlement in found],
            "open_interest": [settlement.open_interest for settlement in found],
            "volume": [settlement.volume for settlement in found],
        }
        return {SETTLEMENT.name: parsed_frame(SETTLEMENT, rows)}

    def _check_day(self, payload: Payload, day: dt.date) -> None:
        if day != payload.query.window.start:
            raise ValueError(f"a file of {day} in answer to {payload.query.window.start}")

    def _refuse_other_answers(self, payload: Payload) -> None:
        start, url, status = payload.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n"), payload.request.url, payload.status
        if status == 404:
            self._no_file(payload, "HTTP 404")
        require_ok(payload)
        if not start:
            raise BadPayload(self.source, "an empty body", url=url, status=status)
        if start[:1] == b"<" and not start.startswith((b"<?xml", b"<Document")):
            raise HtmlPayload(self.source, "a page in place of the file", url=url, status=status)
        if start[:1] in (b"{", b"["):
            raise BadPayload(self.source, "JSON in place of the file", url=url, status=status)

    def _no_file(self, payload: Payload, why: str) -> NoReturn:
        """A session day without a file: not out yet on the day itself, a gap of the source's later."""
        day = payload.query.window.start
        error = NotYet if payload.fetched_at.astimezone(SAO_PAULO).date() <= day else NoData
        raise error(self.source, f"no file for {day}: {why}", url=payload.request.url, status=payload.status)


def _missing(fetched: FetchResult) -> str | None:
    if CURVE_POINT.name in fetched.frames:
        codes = {curve: code for code, curve in fetched.payload.query.dataset.params["curves"].items()}
        return missing_from(fetched, CURVE_POINT.name, "curve_id", str, lambda curve: f"{curve} ({codes[str(curve)]})")
    return missing_from(fetched, SETTLEMENT.name, "contract_id", lambda contract: str(contract)[:3])
