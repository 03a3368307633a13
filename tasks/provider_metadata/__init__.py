"""The check of the catalogue against the providers' own metadata: name, unit, frequency, last value of each series.

The comparison is pure (desk/catalog/provider_metadata.py). Nothing is stored: a person sets `verified` in the
catalogue after a live check without differences.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping

from desk.catalog import Catalog
from desk.catalog.provider_metadata import Metadata, Verdict, verdict
from desk.errors import SourceError
from desk.model import Series
from tasks.connectors.exchange import Client, SourceConfig
from tasks.provider_metadata import brazil, files, international, us_agencies
from tasks.provider_metadata.request import CheckDatasets, Describe, Provider

DESCRIBE: Mapping[str, Describe] = {
    "bcb_sgs": brazil.sgs,
    "bcb_fx_flow": brazil.sgs,
    "bcb_ptax": brazil.ptax,
    "ibge_sidra": brazil.sidra,
    "fred": international.fred,
    "yahoo_finance": international.yahoo,
    "cboe_vix": international.cboe,
    "cftc_cot": international.cot,
    "bls": us_agencies.bls_series,
    "bea": us_agencies.bea_lines,
    "eia": us_agencies.eia_prices,
    "fed_board": international.board_packages,
    "nyfed_rates": international.reference_rates,
}
"""Source -> function that reads the metadata of its series: every source with series in the catalogue."""
DATASETS: Mapping[str, CheckDatasets] = {
    "bcb_focus": brazil.focus,
    "b3_market_data": files.files,
    "stn_fiscal": files.files,
    "treasury_gov": files.files,
}
"""Source -> function that checks its datasets: sources without series."""


async def check_catalog(
    catalog: Catalog,
    configs: Mapping[str, SourceConfig],
    client: Client,
    today: dt.date,
    sources: Iterable[str] | None = None,
    pauses: tuple[float, ...] = (),
) -> list[Verdict]:
    """One verdict for each series, in the catalogue's order, and for each dataset of a source without series.

    All sources at once; `sources` None: all of them. A series whose question fails is `unreachable` with its reason,
    whatever became of the others; where one question is for a whole source, it is that of all of its series.
    """
    names = [name for name in (*DESCRIBE, *DATASETS) if sources is None or name in set(sources)]
    providers = [Provider(catalog, client, configs[name], today, pauses) for name in names]
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
    return [_verdict(provider, series, found[series.id]) for series in provider.series()]


def _verdict(provider: Provider, series: Series, found: Metadata | SourceError | None) -> Verdict:
    if isinstance(found, SourceError):
        return Verdict(series.id, provider.source, "unreachable", note=str(found))
    return verdict(series, found, provider.today)
