"""What a source says of itself about the series that was asked for, or in the file that came, beside the catalogue."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from desk.catalog import Catalog
from desk.catalog.provider_metadata import Verdict
from tasks.connectors.exchange import Client, FetchResult, Query, SourceConfig
from tasks.provider_metadata import check_catalog
from tasks.provider_metadata.files import READERS, file_verdict


async def described(
    catalog: Catalog, config: SourceConfig, client: Client, query: Query, answer: FetchResult, now: dt.datetime
) -> Verdict:
    """The verdict of the catalogue check on this one series: of a file that says what it holds, without a request."""
    dataset = query.dataset
    if dataset.id in READERS:
        return file_verdict(dataset, answer)
    alone = replace(catalog, datasets={dataset.id: dataset}, series={one.id: one for one in query.series})
    (found,) = await check_catalog(alone, {dataset.source: config}, client, now.date(), [dataset.source])
    return found


def both_names(query: Query, label: Verdict) -> tuple[str, str]:
    """Name and unit of the catalogue and of the source, in words."""
    ours = query.dataset.name
    if query.series:
        (one,) = query.series
        ours = f"{one.id}: {one.name}, {one.unit}"
    found = label.found
    stated = [found.name, found.unit, found.frequency] if found is not None else []
    return ours, ", ".join(filter(None, stated)) or label.note or label.state
