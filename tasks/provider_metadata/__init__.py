"""The catalogue held against its providers' own metadata: every source that has some is asked, all at once.

What is compared, and how, is pure (desk/catalog/provider_metadata.py). Nothing is stored: `verified` in the catalogue is a
person's to set, after a live check has agreed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping

from desk.catalog import Catalog
from desk.catalog.provider_metadata import Verdict, verdict
from desk.errors import SourceError
from tasks.connectors.base import Client, SourceConfig
from tasks.provider_metadata import brazil, international
from tasks.provider_metadata.request import CheckDatasets, Describe, Provider

DESCRIBE: Mapping[str, Describe] = {
    "bcb_sgs": brazil.sgs,
    "bcb_fx_flow": brazil.sgs,
    "bcb_ptax": brazil.ptax,
    "ibge_sidra": brazil.sidra,
    "fred": international.fred,
    "yahoo_finance": international.yahoo,
    "cftc_cot": international.cot,
}
"""Every source that has series in the catalogue."""
DATASETS: Mapping[str, CheckDatasets] = {"bcb_focus": brazil.focus}
"""Sources without series of their own, whose datasets can be looked at."""


async def check_catalog(
    catalog: Catalog,
    configs: Mapping[str, SourceConfig],
    client: Client,
    today: dt.date,
    sources: Iterable[str] | None = None,
) -> list[Verdict]:
    """One verdict a series, in the catalogue's order, and one a dataset of Focus. A source that cannot be asked makes
    its own verdicts `unreachable`, with the reason, and no one else's."""
    wanted = [name for name in (*DESCRIBE, *DATASETS) if sources is None or name in set(sources)]
    providers = [Provider(catalog, client, configs[name], today) for name in wanted]
    answers = await asyncio.gather(*(_verdicts(provider) for provider in providers))
    return [one for answer in answers for one in answer]


async def _verdicts(provider: Provider) -> list[Verdict]:
    source = provider.source
    try:
        if source in DATASETS:
            return await DATASETS[source](provider)
        found = await DESCRIBE[source](provider)
    except SourceError as error:
        subjects = [one.id for one in provider.series()] or [one.id for one in provider.datasets()]
        return [Verdict(subject, source, "unreachable", note=str(error)) for subject in subjects]
    return [verdict(series, found[series.id], provider.today) for series in provider.series()]
