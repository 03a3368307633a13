"""The wire of BCB's Olinda (OData): pages of JSON under `value`, numbers as JSON numbers, 200 for everything.

Shared by PTAX and Focus. Source: sources.md sections 0, 2 and 3. The query string is written out in full: `$`, `@` and
`'` stay as they are and a blank is `%20` (a `+`, or `%24`, was answered with HTTP 500).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from desk.errors import NoData
from desk.model import Frames
from tasks.connectors.base import Client, Connector, Fetched, Payload, Query
from tasks.connectors.bodies import bad_payload, json_body, require_ok, snippet

PAGE_ROWS = 10_000

Row = Mapping[str, Any]


class OlindaConnector(Connector):
    """Pages through a query with `$top` and `$skip` until a page comes back short."""

    page_rows: ClassVar[int] = PAGE_ROWS

    @abstractmethod
    def frames(self, payload: Payload, rows: list[Row]) -> Frames:
        """Silver rows of one page. Raises NoData, BadPayload."""

    def parse(self, payload: Payload) -> Frames:
        return self.frames(payload, olinda_rows(payload))

    async def fetch(self, client: Client, query: Query) -> list[Fetched]:
        fetched: list[Fetched] = []
        nothing: NoData | None = None
        skip = 0
        while True:
            payload = await client.send(self.build_request(replace(query, extra={**query.extra, "skip": skip})))
            rows = olinda_rows(payload)
            try:
                fetched.append(Fetched(payload, self.frames(payload, rows)))
            except NoData as error:
                nothing = error
            if len(rows) < self.page_rows:
                break
            skip += len(rows)
        if not fetched and nothing is not None:
            raise nothing
        return fetched

    def page_options(self, query: Query) -> str:
        return f"$top={self.page_rows}&$skip={query.extra.get('skip', 0)}&$format=json"


def olinda_rows(payload: Payload) -> list[Row]:
    """The rows under `value`, numbers as Decimals. An empty list is an answer. Raises BadPayload, and by status."""
    require_ok(payload)
    body = json_body(payload)
    if not isinstance(body, dict) or not isinstance(body.get("value"), list):
        bad_payload(payload, f"no list under `value`: {snippet(payload)}")
    rows: list[Row] = body["value"]
    if any(not isinstance(row, dict) for row in rows):
        bad_payload(payload, "a row under `value` is not an object")
    return rows


def odata(text: str) -> str:
    """A piece of an OData expression for the URL: blanks and letters beyond ASCII as %XX, the rest as written."""
    return quote(text, safe="$@'(),=:")


def no_rows(payload: Payload, what: str) -> NoData:
    window = payload.query.window
    return NoData(payload.request.source, f"{what}: no row in {window.start}..{window.end}", url=payload.request.url)
