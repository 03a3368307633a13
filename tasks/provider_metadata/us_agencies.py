"""Metadata of US agencies: EIA and BLS."""

from __future__ import annotations

import datetime as dt

from desk.catalog.provider_metadata import Metadata
from desk.errors import MissingKey, UnknownSeries
from desk.model import OBSERVATION, Series, Window
from tasks.connectors.bls import Bls
from tasks.connectors.bodies import bad_payload, json_body, require_ok
from tasks.connectors.eia import Eia
from tasks.provider_metadata.request import Found, Provider, each, spacing

_UNITS = {"$/BBL": "Dollars per Barrel"}


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
