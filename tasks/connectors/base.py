"""What every source connector is: plan, build_request, parse, fetch. No Prefect and no SQL in here.

plan(dataset, series, window) -> queries    window limits, one query per series or per day
build_request(query)          -> request    the exact URL, without secrets
parse(payload)                -> frames     silver rows, or the SourceError that the answer means
read(payload)                 -> frames     parse behind the border: the same for every source
fetch(client, query)          -> fetched    one or more round trips: pages, tokens
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from desk.errors import BadPayload
from desk.model import Dataset, Frames, Series, SourceSpec, Window
from tasks.connectors import border

BESIDE_BYTES = 1 << 20
"""A larger body is read in a thread beside the event loop, and given up after `PARSE_SECONDS`."""
PARSE_SECONDS = 120.0
UNDATED = "alvorada_undated"
"""An extension of an HTTP response that does not know when it was given (a recording without `fetched_at`)."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A source as this run sees it: base URLs by name, its key if any, its manners."""

    source: str
    base_urls: Mapping[str, str]
    api_key: str | None = field(default=None, repr=False)
    rate_per_second: float = 5.0
    concurrency: int = 4
    timeout_seconds: float = 30.0
    budget_seconds: float = 300.0
    max_body_bytes: int = 64 << 20

    @classmethod
    def from_spec(
        cls, spec: SourceSpec, *, base_urls: Mapping[str, str] | None = None, api_key: str | None = None
    ) -> SourceConfig:
        """The configuration of a catalogue source; `base_urls` replaces its public addresses."""
        return cls(
            spec.id,
            dict(base_urls or spec.base_urls),
            api_key,
            spec.rate_per_second,
            spec.concurrency,
            spec.timeout_seconds,
            spec.budget_seconds,
            spec.max_body_mb << 20,
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What we want to know: some series of one dataset over one window (`extra`: page, set, month, ...)."""

    dataset: Dataset
    series: tuple[Series, ...]
    window: Window
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Dataset, first codes and window, for messages."""
        codes = ",".join(series.code for series in self.series[:3])
        return f"{self.dataset.id} {codes} {self.window.start}..{self.window.end}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `url` is complete and holds no secret; `secret_params` join the query string when sent."""

    query: Query
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    html_is_data: bool = False

    @property
    def source(self) -> str:
        """The id of the source."""
        return self.query.dataset.source


@dataclass(frozen=True, slots=True)
class Payload:
    """One response, its encoding opened. `fetched_at` is UTC; a recording that does not know it is not `is_dated`."""

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime
    is_dated: bool = True

    @property
    def sha256(self) -> str:
        """Hex digest of the opened body: the name of the payload."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def query(self) -> Query:
        """The query that it answers."""
        return self.request.query


@dataclass(frozen=True, slots=True)
class Fetched:
    """A payload and what it says. Frames may be empty only for a payload that carries no data by design (a token)."""

    payload: Payload
    frames: Frames


class Client(Protocol):
    """Sends one request, once. Raises Outage, RateLimited, HtmlPayload, BadPayload; every other status comes back.

    Whoever makes the client decides where payloads are kept (bronze) before anything is parsed.
    """

    async def send(self, request: Request) -> Payload:
        """The response to one request."""
        ...


@dataclass(frozen=True)
class Connector(ABC):
    """One source: plans queries, builds requests, parses answers. Subclasses hold no state besides `config`."""

    config: SourceConfig
    source: ClassVar[str]

    @abstractmethod
    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """The queries that cover `window` for `series` (those of this dataset) within the source's limits."""

    @abstractmethod
    def build_request(self, query: Query) -> Request:
        """The request for `query`. Raises MissingKey where the source cannot be asked without one."""

    @abstractmethod
    def parse(self, payload: Payload) -> Frames:
        """Rows of the query's window, by silver table. Raises NoData, NotYet, UnknownSeries, BadRequest, BadPayload;
        any other exception is taken for a BadPayload."""

    def read(self, payload: Payload) -> Frames:
        """`parse` behind the border. Raises SourceError."""
        return border.read(self.parse, payload)

    async def opened(self, payload: Payload, parse: Callable[[Payload], Frames] | None = None) -> Fetched:
        """`read` (or `parse` behind the border), what may take long beside the event loop. Raises SourceError."""
        if len(payload.body) < BESIDE_BYTES:
            return Fetched(payload, border.read(parse or self.parse, payload))
        try:
            async with asyncio.timeout(PARSE_SECONDS):
                return Fetched(payload, await asyncio.to_thread(border.read, parse or self.parse, payload))
        except TimeoutError:
            raise BadPayload(self.source, f"not read in {PARSE_SECONDS:g} s", url=payload.request.url) from None

    async def fetch(self, client: Client, query: Query) -> list[Fetched]:
        """Everything that answers `query`, in as many round trips as the source wants."""
        return [await self.opened(await client.send(self.build_request(query)))]
