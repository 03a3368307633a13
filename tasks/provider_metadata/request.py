"""Requests for a provider's metadata, with the HTTP client and the source settings of its connector."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from desk.catalog import Catalog
from desk.catalog.provider_metadata import Metadata, Verdict
from desk.errors import RateLimited, SourceError
from desk.model import Dataset, Series, Window
from tasks.connectors.exchange import Client, Payload, Query, Request, SourceConfig

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


async def each(provider: Provider, one: Callable[[Series], Coroutine[Any, Any, Metadata | None]]) -> Found:
    """`one` of every series of the provider, each with an end of its own."""

    async def ended(series: Series) -> Metadata | SourceError | None:
        for pause in (*provider.pauses, None):
            try:
                return await one(series)
            except SourceError as error:
                if not error.retryable or pause is None or isinstance(error, RateLimited):
                    return error
            await asyncio.sleep(pause)
        return None

    series = provider.series()
    return dict(zip((one.id for one in series), await asyncio.gather(*(ended(one) for one in series)), strict=True))


def spacing(days: Sequence[dt.date]) -> str | None:
    """D, W, M or Q by the median gap between observation dates; None for fewer than three dates."""
    if len(days) < 3:
        return None
    gap = float(np.median(np.diff(np.array(sorted(days), dtype="datetime64[D]")).astype(np.int64)))
    bounds = (("D", 0.5, 4.0), ("W", 5.0, 10.0), ("M", 26.0, 33.0), ("Q", 85.0, 95.0))
    return next((letter for letter, low, high in bounds if low <= gap <= high), f"every {gap:g} days")
