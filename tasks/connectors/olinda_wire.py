"""The wire of BCB's Olinda (OData): pages of JSON under `value`, numbers as JSON numbers, 200 for everything.

Shared by PTAX and Focus. Source: sources.md sections 0, 2 and 3. The query string is written out in full: `$`, `@` and
`'` stay as they are and a blank is `%20` (a `+`, or `%24`, was answered with HTTP 500).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from desk.errors import NoData
from desk.model import Frames
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Client, FetchResult, Payload, Query
from tasks.connectors.strict_values import record, records

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

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        fetched: list[FetchResult] = []
        nothing: NoData | None = None
        skip = 0
        while True:
            payload = await client.send(self.build_request(replace(query, extra={**query.extra, "skip": skip})))
            rows = await self.beside(payload, partial(border.held, partial(olinda_rows, payload), payload))
            try:
                fetched.append(await self.opened(payload, partial(self.frames, rows=rows)))
            except NoData as error:
                nothing = error
            if len(rows) < self.page_rows:
                break
            skip += len(rows)
        if not fetched and nothing is not None:
            raise nothing
        return fetched

    def page_options(self, query: Query) -> str:
        """The part of the query string that asks for one page."""
        return f"$top={self.page_rows}&$skip={query.extra.get('skip', 0)}&$format=json"


def olinda_rows(payload: Payload) -> list[Row]:
    """The rows under `value`, numbers as Decimals. An empty list is an answer.

    Raises ValueError, BadPayload, and by status. The answer's context, where it has one, ends with the name of the set
    or function of the request.
    """
    require_ok(payload)
    body = record(json_body(payload))
    context, path = body.get("@odata.context"), urlsplit(unquote(payload.request.url)).path
    if isinstance(context, str) and "#" in context:
        answer_name, query_name = context.rpartition("#")[2], path.rpartition("/")[2]
        if _thing(answer_name) != _thing(query_name):
            raise ValueError(f"{answer_name!r:.60} in answer to {query_name!r:.60}")
    if "value" not in body:
        raise ValueError("no list under `value`")
    return list(records(body["value"]))


def _thing(name: str) -> str:
    """`_CotacaoDolarDia`, `CotacaoDolarPeriodo(...)` -> `CotacaoDolar`: of one day or of several, it is the same."""
    plain = name.lstrip("_").partition("(")[0]
    return plain.removesuffix("Dia").removesuffix("Periodo")


def odata(text: str) -> str:
    """A piece of an OData expression for the URL: blanks and letters beyond ASCII as %XX, the rest as written."""
    return quote(text, safe="$@'(),=:")


def no_rows(payload: Payload, what: str) -> NoData:
    """The NoData error for an answer without a row in the window."""
    window = payload.query.window
    return NoData(payload.request.source, f"{what}: no row in {window.start}..{window.end}", url=payload.request.url)
