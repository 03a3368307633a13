"""What every source connector is: plan, build_request, parse, fetch. No Prefect and no SQL in here.

plan(dataset, series, window) -> queries    window limits, one query per series or per day
build_request(query)          -> request    the exact URL, without secrets
parse(payload)                -> frames     silver rows, or the SourceError that the answer means
read(payload)                 -> frames     parse behind the border: the same for every source
fetch(client, query)          -> fetched    one or more round trips: pages, tokens
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar

from desk.errors import BadPayload
from desk.model import Dataset, Frames, Series, Window
from tasks.connectors import border
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request, SourceConfig

T = TypeVar("T")
BESIDE_BYTES = 1 << 20
"""A larger body is read in a thread beside the event loop, and given up after `PARSE_SECONDS`."""
PARSE_SECONDS = 120.0


@dataclass(frozen=True)
class Connector(ABC):
    """One source: plans queries, builds requests, parses answers. Subclasses hold no state besides `config`."""

    config: SourceConfig
    source: ClassVar[str]
    html_means_unknown: ClassVar[bool] = False
    """The source answers a code that it does not know with an HTML page and status 200."""

    @abstractmethod
    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """The queries that cover `window` for `series` (those of this dataset) within the source's limits."""

    @abstractmethod
    def build_request(self, query: Query) -> Request:
        """The request for `query`. Raises MissingKey where the source requires a key."""

    @abstractmethod
    def parse(self, payload: Payload) -> Frames:
        """Rows of the query's window, by silver table. Raises NoData, NotYet, UnknownSeries, BadRequest, BadPayload;
        any other exception is taken for a BadPayload."""

    def read(self, payload: Payload) -> Frames:
        """`parse` behind the border. Raises SourceError."""
        return border.read(self.parse, payload)

    async def opened(self, payload: Payload, parse: Callable[[Payload], Frames] | None = None) -> FetchResult:
        """`read` (or `parse` behind the border), what may take long beside the event loop. Raises SourceError."""
        return FetchResult(payload, await self.beside(payload, partial(border.read, parse or self.parse, payload)))

    async def beside(self, payload: Payload, work: Callable[[], T]) -> T:
        """What `work` makes of `payload`: of a small body at once, of a large one in a thread, so that the other
        sources go on. Raises what it raises, and BadPayload where it takes too long."""
        if len(payload.body) < BESIDE_BYTES:
            return work()
        try:
            async with asyncio.timeout(PARSE_SECONDS):
                return await asyncio.to_thread(work)
        except TimeoutError:
            raise BadPayload(self.source, f"not read in {PARSE_SECONDS:g} s", url=payload.request.url) from None

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """Everything that answers `query`, in as many round trips as the source wants."""
        return [await self.opened(await client.send(self.build_request(query)))]
