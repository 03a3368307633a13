"""Metadata of US agencies: EIA, BLS and BEA."""

from __future__ import annotations

import datetime as dt

from desk.catalog.provider_metadata import Metadata
from desk.errors import MissingKey, UnknownSeries
from desk.model import OBSERVATION, Series, Window
from tasks.connectors.bea import Bea
from tasks.connectors.bls import Bls
from tasks.connectors.bodies import bad_payload, json_body, require_ok
from tasks.connectors.eia import Eia
from tasks.provider_metadata.request import Found, Provider, each, spacing

_UNITS = {"$/BBL": "Dollars per Barrel"}
_MEASURES = {"Fisher Price Index": "Index", "Chained Dollars": "Billions of Dollars"}
"""BEA's measure -> its unit as the connector reads it: dollars come with their power of ten, and become billions."""


async def eia_prices(provider: Provider) -> Found:
    """From the rows of forty days: each has the series' title and unit. None where there is no row."""
    connector, (dataset,) = Eia(provider.config), provider.datasets()
    window = Window(provider.today - dt.timedelta(days=40), provider.today)

    async def one(series: Series) -> Metadata | None:
        (query,) = connector.plan(dataset, [series], window)
        try:
            payload = await provider.client.send(connector.build_request(query))
        except MissingKey as error:
            return Metadata(note=f"no metadata: {error}")
        require_ok(payload)
        try:
            rows = json_body(payload)["response"]["data"]
            days = [dt.date.fromisoformat(row["period"]) for row in rows]
            if not rows:
                return None
            unit = str(rows[0]["units"])
            name = str(rows[0]["series-description"]).partition(" (")[0]
            return Metadata(name, _UNITS.get(unit, unit), spacing(days), last=max(days))
        except (KeyError, TypeError, ValueError) as error:
            bad_payload(payload, f"no prices in it ({type(error).__name__})")

    return await each(provider, one)


async def bls_series(provider: Provider) -> Found:
    """From the months of two years: the answer names the code and nothing else, so name and unit are unknown."""
    connector, (dataset,) = Bls(provider.config), provider.datasets()
    window = Window(provider.today - dt.timedelta(days=600), provider.today)

    async def one(series: Series) -> Metadata | None:
        (query,) = connector.plan(dataset, [series], window)
        payload = await provider.client.send(connector.build_request(query))
        try:
            days = connector.read(payload)[OBSERVATION.name]["obs_date"].sort().to_list()
        except UnknownSeries:
            return None
        return Metadata(
            frequency=spacing(days), last=days[-1], note="no metadata: BLS gives titles to those with a key"
        )

    return await each(provider, one)


async def bea_lines(provider: Provider) -> Found:
    """From the rows of two years: each has the line's words and its measure. None where the table has no such line."""
    connector, (dataset,) = Bea(provider.config), provider.datasets()
    window = Window(provider.today - dt.timedelta(days=600), provider.today)

    async def one(series: Series) -> Metadata | None:
        (query,) = connector.plan(dataset, [series], window)
        try:
            payload = await provider.client.send(connector.build_request(query))
            days = connector.read(payload)[OBSERVATION.name]["obs_date"].sort().to_list()
        except MissingKey as error:
            return Metadata(note=f"no metadata: {error}")
        except UnknownSeries:
            return None
        rows = json_body(payload)["BEAAPI"]["Results"]["Data"]
        line = next(row for row in rows if row["SeriesCode"] == series.code)
        return Metadata(line["LineDescription"], _MEASURES[line["METRIC_NAME"]], spacing(days), last=days[-1])

    return await each(provider, one)
