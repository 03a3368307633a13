"""Requests for a provider's metadata, with the HTTP client and the source settings of its connector."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from desk.catalog import Catalog
from desk.catalog.provider_metadata import Metadata, Verdict
from desk.errors import RateLimited, SourceError
from desk.model import Dataset, Series, Window
from tasks.connectors.exchange import Client, Payload, Query, Request, SourceConfig

T = TypeVar("T")
PAUSES = (2.0, 8.0)
"""Seconds before each further try of a question that may heal, at live sources; a host that is shut is left alone."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A source whose metadata is read. `today`: ages are counted from this day. `pauses`: before each further try."""

    catalog: Catalog
    client: Client
    config: SourceConfig
    today: dt.date
    pauses: tuple[float, ...] = ()

    @property
    def source(self) -> str:
        """The source's id."""
        return self.config.source

    def series(self) -> list[Series]:
        """The source's series, in the catalogue's order."""
        return [one for one in self.catalog.series.values() if one.source == self.source]

    def datasets(self) -> list[Dataset]:
        """The source's datasets, in the catalogue's order."""
        return self.catalog.datasets_of(self.source)

    async def get(self, base: str, path: str, secret: Mapping[str, str] | None = None) -> Payload:
        """One GET of `path` below the base URL of that name. Raises Outage, RateLimited, HtmlPayload."""
        query = Query(self.datasets()[0], (), Window(self.today, self.today))
        return await self.client.send(
            Request(query, f"{self.config.base_urls[base]}/{path}", secret_params=dict(secret or {}))
        )


Found = dict[str, Metadata | SourceError | None]
"""Series id -> the provider's metadata; None where the provider does not have the series; the error of a series whose
question failed, whatever became of the others."""
Describe = Callable[[Provider], Coroutine[Any, Any, "Found"]]
CheckDatasets = Callable[[Provider], Coroutine[Any, Any, list[Verdict]]]


async def retried(provider: Provider, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `ask` brings, asked for again where that may help; a host that is shut is left alone. Raises SourceError."""
    for pause in provider.pauses:
        try:
            return await ask()
        except SourceError as error:
            if not error.retryable or isinstance(error, RateLimited):
                raise
        await asyncio.sleep(pause)
    return await ask()


async def apart(provider: Provider, series: Iterable[Series], ask: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
    """What one question says of the series that share it; where it fails, they alone have its error."""
    try:
        return await retried(provider, ask)
    except SourceError as error:
        return {one.id: error for one in series}


async def each(provider: Provider, one: Callable[[Series], Coroutine[Any, Any, Metadata | None]]) -> Found:
    """`one` of every series of the provider, each with an end of its own."""

    async def found(series: Series) -> Found:
        return {series.id: await one(series)}

    series = provider.series()
    parts = await asyncio.gather(*(apart(provider, [listed], partial(found, listed)) for listed in series))
    return {name: answer for part in parts for name, answer in part.items()}


def spacing(days: Sequence[dt.date]) -> str | None:
    """D, W, M or Q by the median gap between observation dates; None for fewer than three dates."""
    if len(days) < 3:
        return None
    gap = float(np.median(np.diff(np.array(sorted(days), dtype="datetime64[D]")).astype(np.int64)))
    bounds = (("D", 0.5, 4.0), ("W", 5.0, 10.0), ("M", 26.0, 33.0), ("Q", 85.0, 95.0))
    return next((letter for letter, low, high in bounds if low <= gap <= high), f"every {gap:g} days")
