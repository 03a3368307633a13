"""Metadata of FRED (with a key), Yahoo (the chart's), the New York Fed (its rows) and the CFTC (columns and rows)."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from urllib.parse import quote

from desk.catalog.provider_metadata import Metadata
from desk.errors import MissingKey
from desk.model import OBSERVATION, Dataset, Series, Window
from tasks.connectors.bodies import bad_payload, json_body, require_ok, text_body
from tasks.connectors.cboe_vix import CboeVix
from tasks.connectors.exchange import Query
from tasks.connectors.fed_board import NO_DATA, FedBoard, read_package
from tasks.connectors.strict_values import csv_rows
from tasks.connectors.yahoo_finance import yahoo_unit
from tasks.provider_metadata.request import Found, Provider, apart, each, spacing

_NO_KEY = "no metadata: FRED gives it to those with a key (FRED_API_KEY)"
_DATE, _CODE, _MARKET = "report_date_as_yyyy_mm_dd", "cftc_contract_market_code", "contract_market_name"


async def fred(provider: Provider) -> Found:
    """From fred/series, which needs a key; without one only a note."""
    key = provider.config.api_key
    if key is None:
        return {series.id: Metadata(note=_NO_KEY) for series in provider.series()}

    async def one(series: Series) -> Metadata | None:
        path = f"fred/series?series_id={series.code}&file_type=json"
        payload = await provider.get("api", path, {"api_key": key})
        if payload.status == 400 and b"does not exist" in payload.body:
            return None
        require_ok(payload)
        try:
            (found,) = json_body(payload)["seriess"]
            return Metadata(
                name=found["title"],
                unit=found["units"],
                frequency=found["frequency_short"],
                adjusted=not found["seasonal_adjustment_short"].startswith("NSA"),
                last=min(dt.date.fromisoformat(found["observation_end"]), provider.today),
            )
        except (KeyError, TypeError, ValueError) as error:
            bad_payload(payload, f"no series in it ({type(error).__name__})")

    return await each(provider, one)


async def yahoo(provider: Provider) -> Found:
    """From the `meta` of a chart of twelve days."""
    end = int(dt.datetime.combine(provider.today, dt.time(), dt.UTC).timestamp()) + 86_400

    async def one(series: Series) -> Metadata | None:
        symbol = quote(series.code, safe="=.-")
        path = f"v8/finance/chart/{symbol}?period1={end - 12 * 86_400}&period2={end}&interval=1d"
        payload = await provider.get("chart", path)
        if payload.status == 404:
            return None
        require_ok(payload)
        try:
            meta = json.loads(payload.body)["chart"]["result"][0]["meta"]
            return Metadata(
                name=f"{meta.get('shortName') or ''} {meta.get('longName') or ''}".strip() or None,
                unit=yahoo_unit(series, meta),
                frequency="D" if meta["dataGranularity"] == "1d" else str(meta["dataGranularity"]),
                last=dt.datetime.fromtimestamp(meta["regularMarketTime"], dt.UTC).date(),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            bad_payload(payload, f"a chart without its meta ({type(error).__name__})")

    return await each(provider, one)


async def reference_rates(provider: Provider) -> Found:
    """From the rows of forty days: each names its rate, and `percentRate` its unit."""

    async def one(series: Series) -> Metadata | None:
        since = provider.today - dt.timedelta(days=40)
        path = f"rates/{series.params['market']}/{series.code.lower()}/search.json"
        payload = await provider.get("api", f"{path}?startDate={since}&endDate={provider.today}")
        if payload.status == 404:
            return None
        require_ok(payload)
        try:
            rows = json_body(payload)["refRates"]
            days = [dt.date.fromisoformat(row["effectiveDate"]) for row in rows]
            unit = "Percent" if all("percentRate" in row for row in rows) else "no percentRate"
            return Metadata(name=rows[0]["type"], unit=unit, frequency=spacing(days), last=max(days))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            bad_payload(payload, f"no rates in it ({type(error).__name__})")

    return await each(provider, one)


async def cboe(provider: Provider) -> Found:
    """From the file's days: it says nothing of itself but its columns."""
    connector = CboeVix(provider.config)
    (dataset,) = provider.datasets()
    window = Window(provider.today - dt.timedelta(days=40), provider.today)
    found: Found = {}
    for query in connector.plan(dataset, provider.series(), window):
        try:
            request = connector.build_request(query)
        except MissingKey as error:
            found[query.series[0].id] = Metadata(note=f"no metadata: {error}")
            continue
        days = connector.read(await provider.client.send(request))[OBSERVATION.name]["obs_date"].to_list()
        found[query.series[0].id] = Metadata(query.series[0].code, "index", spacing(days), last=max(days))
    return found


async def board_packages(provider: Provider) -> Found:
    """From the labels of each package of the Board's, and its days of the last forty."""
    window = Window(provider.today - dt.timedelta(days=40), provider.today)
    connector = FedBoard(provider.config)
    queries = [
        query
        for dataset in provider.datasets()
        for query in connector.plan(dataset, [one for one in provider.series() if one.dataset == dataset.id], window)
    ]
    found: Found = {}
    for query in queries:
        found |= await apart(provider, query.series, partial(_package, provider, connector, query))
    return found


async def _package(provider: Provider, connector: FedBoard, query: Query) -> Found:
    """One package: the series that have no column in it are unknown."""
    payload = await provider.client.send(connector.build_request(query))
    require_ok(payload)
    try:
        columns, lines = read_package(text_body(payload), query.dataset)
        labels = csv_rows(text_body(payload), last_line_may_be_open=True)[:4]
    except ValueError as error:
        bad_payload(payload, str(error))
    found: Found = {}
    for series in query.series:
        place = columns.get(series.code)
        if place is None:
            found[series.id] = None
            continue
        days = [dt.date.fromisoformat(line[0]) for line in lines if line[place + 1] not in (NO_DATA, "")]
        name, unit, multiplier, currency = (row[place + 1] for row in labels)
        unit_of = _board_unit(unit, multiplier, currency)
        found[series.id] = Metadata(name, unit_of, spacing(days), last=max(days, default=None))
    return found


def _board_unit(unit: str, multiplier: str, currency: str) -> str | None:
    """`Currency:_Per_USD` and `BRL` -> `BRL per USD`, millions of `Currency` and `USD` -> `USD million`; an index
    stays; None where the file does not say."""
    if unit == "Currency" and multiplier == "1000000":
        return f"{currency} million"
    if unit.startswith("Currency"):
        return f"{currency} per {unit.rpartition('_')[2]}" if "_Per_" in unit else None
    return unit


async def cot(provider: Provider) -> Found:
    """From the Socrata view and rows of each report."""
    found: Found = {}
    for dataset in provider.datasets():
        series = provider.catalog.series_of(dataset.id)
        found |= await apart(provider, series, partial(_report, provider, dataset))
    return found


async def _report(provider: Provider, dataset: Dataset) -> Found:
    """One report: its columns from the view; names, frequency and last date of its markets from seven weeks of rows."""
    resource = dataset.params["resource"]
    view = await provider.get("socrata", f"api/views/{resource}.json")
    require_ok(view)
    columns = {str(column["fieldName"]): str(column["name"]) for column in json_body(view)["columns"]}
    since = provider.today - dt.timedelta(days=50)
    clauses = {
        "$select": f"{_DATE},{_CODE},{_MARKET}",
        "$where": f"{_DATE} >= '{since}T00:00:00.000'",
        "$order": _DATE,
        "$limit": "50000",
    }
    rows = await provider.get(
        "socrata", f"resource/{resource}.json?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in clauses.items())
    )
    require_ok(rows)
    names: dict[str, str] = {}
    days: dict[str, list[dt.date]] = {}
    for row in json_body(rows):
        names[row[_CODE]] = row[_MARKET]
        days.setdefault(row[_CODE], []).append(dt.datetime.fromisoformat(row[_DATE]).date())
    return {
        series.id: Metadata(
            name=f"{names[series.code]}, {columns[series.params['field']]}",
            frequency=spacing(days[series.code]),
            last=max(days[series.code]),
        )
        if series.code in names and series.params["field"] in columns
        else None
        for series in provider.catalog.series_of(dataset.id)
    }
