"""Federal Reserve Board, Data Download Program: packages of H.10 (noon rates of exchange, dollar indexes) and H.4.1
(the Federal Reserve's balance sheet) as CSV.

One request a package, whatever the window. Six lines of labels come before the days: description, unit, multiplier,
currency, unique identifier, name. Columns are read by their identifier (`H10/H10/RXI_N.B.BZ`), `ND` is no data. There
are no vintages. Values are in the package's own multiple, which is the dataset's `multiplier` (H.4.1: millions) or 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import ClassVar

from desk.errors import BadPayload, HtmlPayload, NoData
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import looks_like_html, require_body, require_ok, text_body
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.strict_values import csv_rows, day_of

LABELS = ("Series Description", "Unit:", "Multiplier:", "Currency:", "Unique Identifier:", "Time Period")
NO_DATA = "ND"
_WHOLE_CELL = {"H10": re.compile(r"(?:ND|\d{1,6}\.\d{4})\Z"), "H41": re.compile(r"(?:ND|\d{1,9}\.0)\Z")}
"""Release -> what a cell is that surely ends, where the last line does not."""


class FedBoard(Connector):
    """The Board's Data Download Program."""

    source: ClassVar[str] = "fed_board"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        by_package = groupby(sorted(series, key=_package), key=_package)
        return [Query(dataset, tuple(of_package), window) for _, of_package in by_package]

    def build_request(self, query: Query) -> Request:
        params, span = query.dataset.params, query.window
        url = (
            f"{self.config.base_urls['ddp']}/Output.aspx?rel={params['release']}"
            f"&series={params['packages'][_package(query.series[0])]}&lastobs="
            f"&from={span.start:%m/%d/%Y}&to={span.end:%m/%d/%Y}&filetype=csv&label=include&layout=seriescolumn"
            "&type=package"
        )
        return Request(query, url)

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """A series that is no longer in its package is unknown; the others are good."""
        return [replace(one, unknown=_missing(one)) for one in await super().fetch(client, query)]

    def parse(self, payload: Payload) -> Frames:
        query, url, status = payload.query, payload.request.url, payload.status
        require_ok(payload)
        require_body(payload)
        if looks_like_html(payload.body):
            raise HtmlPayload(self.source, "a page in place of the package", url=url, status=status)
        columns, lines = read_package(text_body(payload), query.dataset)
        places = {columns[one.code]: one for one in query.series if one.code in columns}
        if not places:
            raise BadPayload(self.source, f"none of its columns in answer to {query.label}", url=url, status=status)
        ids, days, values = [], [], []
        for day_text, *cells in lines:
            day = day_of(day_text)
            for place, series in places.items():
                if cells[place] in (NO_DATA, "") or not query.window.start <= day <= query.window.end:
                    continue
                ids.append(series.id)
                days.append(day)
                values.append(scaled(decimal_point(cells[place]), series.scale))
        if lines and not any(query.window.start <= day_of(line[0]) <= query.window.end for line in lines):
            raise ValueError(f"days of {lines[0][0]} in answer to {query.window.start} to {query.window.end}")
        if not days:
            raise NoData(self.source, f"nothing for {query.label}", url=url, status=status)
        rows = {"series_id": ids, "obs_date": days, "value": values}
        return {OBSERVATION.name: parsed_frame(OBSERVATION, rows)}


def read_package(text: str, dataset: Dataset) -> tuple[dict[str, int], list[list[str]]]:
    """Name of each series of the package (`RXI_N.B.BZ`) -> its place, and the lines of days. Raises ValueError."""
    release, multiplier = dataset.params["release"], Decimal(dataset.params.get("multiplier", 1))
    table = csv_rows(text, last_line_may_be_open=True)
    labels = tuple(row[0].strip() for row in table[: len(LABELS)])
    if labels != LABELS:
        raise ValueError(f"not a package of the Board's: it begins {labels!r:.80}")
    if not text.endswith("\n") and not all(_WHOLE_CELL[release].match(cell) for cell in table[-1][-1:]):
        raise ValueError(f"the last line does not end: {','.join(table[-1])[-60:]!r}")
    multipliers, identifiers, names = table[2][1:], table[4][1:], table[5][1:]
    for name, identifier, written in zip(names, identifiers, multipliers, strict=True):
        if identifier.strip() != f"{release}/{release}/{name}":
            raise ValueError(f"{identifier!r:.40} over the column {name!r:.40}")
        if decimal_point(written) != multiplier:
            raise ValueError(f"a multiplier of {written!r:.20} for {name}, not {multiplier}")
    if len(set(names)) != len(names):
        raise ValueError("a column comes twice")
    return {name: place for place, name in enumerate(names)}, table[len(LABELS) :]


def _package(series: Series) -> str:
    return str(series.params["package"])


def _missing(fetched: FetchResult) -> dict[str, str]:
    """Series without a column in the package, with the words for it."""
    query = fetched.payload.query
    columns, _ = read_package(text_body(fetched.payload), query.dataset)
    return {one.id: f"{one.code}: not in its package" for one in query.series if one.code not in columns}
