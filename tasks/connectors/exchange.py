"""What passes between a connector and a client: configuration, query, request, payload, fetched frames."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from desk.model import Dataset, Frames, Series, SourceSpec, Window

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
    shut_seconds: float = 0.0
    refusals_shut: int = 3
    is_off: bool = False
    """Nothing may be asked of it: its terms want a key or a licence that is not set."""

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
            spec.shut_seconds,
            spec.refusals_shut,
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
    _digest: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Hex digest of the opened body: the name of the payload. Taken once: a body may have a hundred megabytes."""
        if not self._digest:
            self._digest.append(hashlib.sha256(self.body).hexdigest())
        return self._digest[0]

    @property
    def query(self) -> Query:
        """The query that it answers."""
        return self.request.query


@dataclass(frozen=True, slots=True)
class FetchResult:
    """A payload and what it says. Frames may be empty only for a payload that carries no data by design (a token).

    `finding`: what is wrong with an answer whose rows are good all the same, such as a curve that is not in the file;
    `unknown`: series of the query that the answer itself shows to be gone, with the words for it.
    """

    payload: Payload
    frames: Frames
    finding: str | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)


class Client(Protocol):
    """Sends one request, once. Raises Outage, RateLimited, HtmlPayload, BadPayload; every other status comes back.

    Whoever makes the client decides where payloads are kept (bronze) before anything is parsed.
    """

    async def send(self, request: Request) -> Payload:
        """The response to one request."""
        ...
