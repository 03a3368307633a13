"""What a decision rests on: how each dataset stands, and the receipt of every input. Pure.

A dataset's newest observation known at `as_of` is held against its own promise; an input's receipt names the vintage
that the panel used and the payload that it came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.catalog.fallbacks import CurveSource, load_fallbacks
from desk.errors import BadCatalog
from desk.gold import DATASET_STATUS, INPUT_RECEIPT
from desk.model import SILVER, Dataset, desk_day
from desk.transforms.expectations import input_id
from desk.transforms.index_future import INDEX_FUTURE, contracts_of
from desk.transforms.maturities import curve_points

USABLE_PROMISES = 3
"""Older than this many times its promise, a dataset's newest number is no longer an input: it is absent."""


def rows_of(dataset: Dataset, silver: Mapping[str, pl.DataFrame], catalog: Catalog) -> pl.DataFrame:
    """The silver rows of `dataset`, as (input_id, value, obs_date, knowledge_time, stamp, payload_id, part).

    `part` tells apart the rows of one input: the contracts of a file, the tenors of a curve.
    """
    ids = [series.id for series in catalog.series_of(dataset.id)]
    parts = []
    for table in dataset.tables:
        frame = silver.get(table)
        if frame is None or frame.is_empty():
            continue
        parts.append(_selected(table, frame, dataset, ids))
    return pl.concat(parts) if parts else pl.DataFrame(schema=_ROWS)


_RECEIPT: dict[str, pl.DataType] = {
    "input_id": pl.String(),
    "value": pl.Float64(),
    "obs_date": pl.Date(),
    "knowledge_time": pl.Datetime("us", "UTC"),
    "stamp": pl.String(),
    "payload_id": pl.Int64(),
}
_ROWS = {**_RECEIPT, "part": pl.String()}
_ONE_INPUT = ("obs_date", "knowledge_time", "part")
"""The order of an input's rows; the last one makes the receipt. Never by payload_id, which is the order of arrival."""


def _selected(table: str, frame: pl.DataFrame, dataset: Dataset, ids: list[str]) -> pl.DataFrame:
    if table == "observation":
        chosen, name, value = pl.col("series_id").is_in(ids), pl.col("series_id"), pl.col("value")
    elif table == "price_bar":
        chosen, name, value = pl.col("instrument_id").is_in(ids), pl.col("instrument_id"), pl.col("close")
    elif table == "curve_point":
        curves = list(dataset.params.get("curves", {}).values()) or [dataset.params["curve"]]
        chosen, name, value = pl.col("curve_id").is_in(curves), pl.col("curve_id"), pl.lit(None, pl.Float64)
    elif table == "settlement":
        chosen = pl.any_horizontal([pl.col("contract_id").str.starts_with(prefix) for prefix in _prefixes(dataset)])
        name, value = pl.col("contract_id"), pl.col("price")
    else:
        kinds = {name: pl.col("reference").str.contains(shape) for name, shape in _REFERENCES.items()}
        chosen = kinds[dataset.params["set"]] & pl.col("base").is_in([0, -1])
        name = input_id()
        value = pl.col("median")
    number = value.cast(pl.Float64)
    if table in ("observation", "price_bar", "expectation"):  # what is no number is no input
        chosen = chosen & number.is_finite()
    return frame.filter(chosen).select(
        name.alias("input_id"),
        number.alias("value"),
        "obs_date",
        "knowledge_time",
        "stamp",
        "payload_id",
        _part(table),
    )


def _part(table: str) -> pl.Expr:
    """The row's entity as text. Tenors have five digits, so that the longest one is the last."""
    names = SILVER[table].entity
    columns = [pl.col(n).cast(pl.String).str.zfill(5) if n == "tenor_bd" else pl.col(n).cast(pl.String) for n in names]
    return pl.concat_str(columns, separator="|").alias("part")


_REFERENCES = {
    "ExpectativasMercadoAnuais": r"^\d{4}$",
    "ExpectativaMercadoMensais": r"^\d{2}/\d{4}$",
    "ExpectativasMercadoSelic": r"^R",
    "ExpectativasMercadoInflacao12Meses": r"^12m",
}
"""How each set of Focus writes what a row is about."""


def _prefixes(dataset: Dataset) -> list[str]:
    return list(dataset.params.get("roots") or [dataset.params["prefix"]])


def substitute_date(dataset: Dataset, silver: Mapping[str, pl.DataFrame]) -> dt.date | None:
    """The newest date of what may stand in for the dataset (bond prices for a swap curve), where it names something."""
    newest = stand_ins(dataset, silver)["obs_date"].max()
    return newest if isinstance(newest, dt.date) else None


def stand_ins(dataset: Dataset, silver: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows of the dataset's declared substitute, as `rows_of` gives its own; none where it declares nothing."""
    prefix, settlements = dataset.params.get("substitute"), silver.get("settlement")
    if prefix is None or settlements is None or settlements.is_empty():
        return pl.DataFrame(schema=_ROWS)
    chosen = settlements.filter(pl.col("contract_id").str.starts_with(prefix))
    return chosen.select(
        pl.lit(prefix.rstrip(":")).alias("input_id"),
        pl.lit(None, pl.Float64).alias("value"),
        "obs_date",
        "knowledge_time",
        "stamp",
        "payload_id",
        _part("settlement"),
    )


def dataset_status(
    silver: Mapping[str, pl.DataFrame], catalog: Catalog, as_of: dt.datetime, errors: Mapping[str, str]
) -> pl.DataFrame:
    """DATASET_STATUS rows. `silver` holds what was known at `as_of`; `errors`: dataset -> why this run's fetch failed.

    ok: within its promise; stale: older; failed: this run could not fetch it; absent: nothing usable is known.
    """
    rows = []
    for dataset in catalog.datasets.values():
        newest = rows_of(dataset, silver, catalog)["obs_date"].max()
        own = newest if isinstance(newest, dt.date) else None
        stands_in = substitute_date(dataset, silver)
        last = max((day for day in (own, stands_in) if day is not None), default=None)
        age = None if last is None else business_age(dataset, last, as_of)
        error = errors.get(dataset.id)
        if age is None or age > USABLE_PROMISES * dataset.freshness_bd:
            state = "absent"
        elif error is not None:
            state = "failed"
        else:
            state = "ok" if age <= dataset.freshness_bd else "stale"
        if error is None and last is not None and last != own:
            error = f"{dataset.params['substitute'].rstrip(':')} prices stand in"
        rows.append(
            {
                "as_of": as_of,
                "dataset": dataset.id,
                "source": dataset.source,
                "state": state,
                "last_obs_date": last,
                "age_bd": age,
                "promise_bd": dataset.freshness_bd,
                "error": error,
            }
        )
    return pl.DataFrame(rows, schema=DATASET_STATUS.schema)


def business_age(dataset: Dataset, last: dt.date, as_of: dt.datetime) -> int:
    """Business days of the dataset's calendar from `last` to the decision day."""
    return max(0, calendars.by_name(dataset.calendar).count(last, desk_day(as_of)))


def input_receipts(
    silver: Mapping[str, pl.DataFrame],
    catalog: Catalog,
    as_of: dt.datetime,
    sha256: Mapping[int, str],
) -> pl.DataFrame:
    """INPUT_RECEIPT rows: the newest vintage of the newest observation of each input, and of each one that is absent.

    Inputs: catalogue series, Focus medians, the newest settlements of a file, and what each curve may be made of (its
    id is that of the panel's provenance). Where several bodies brought the newest rows of one input, as FRED's eleven
    Treasury series make one curve, the receipt names that of the longest tenor. `sha256`: payload_id -> hash of a body.
    """
    frames = [
        _newest(pl.concat([rows_of(dataset, silver, catalog), stand_ins(dataset, silver)]), dataset, catalog)
        for dataset in catalog.datasets.values()
    ]
    of_files = pl.concat(frames)
    of_curves = _curve_inputs(silver, catalog).filter(~pl.col("input_id").is_in(of_files["input_id"].implode()))
    table = pl.concat([of_files, of_curves])
    ages = [
        None if last is None else business_age(catalog.datasets[name], last, as_of)
        for name, last in zip(table["dataset"], table["obs_date"], strict=True)
    ]
    promises = [catalog.datasets[name].freshness_bd for name in table["dataset"]]
    states = [
        "absent" if age is None else "known" if age <= promise else "stale"
        for age, promise in zip(ages, promises, strict=True)
    ]
    hashes = [None if number is None else sha256.get(number) for number in table["payload_id"]]
    return table.with_columns(
        pl.Series("age_bd", ages, dtype=pl.Int64),
        pl.Series("state", states, dtype=pl.String),
        pl.Series("sha256", hashes, dtype=pl.String),
        pl.lit(as_of, pl.Datetime("us", "UTC")).alias("as_of"),
    ).select(list(INPUT_RECEIPT.schema))


def _newest(rows: pl.DataFrame, dataset: Dataset, catalog: Catalog) -> pl.DataFrame:
    if "settlement" in dataset.tables:  # one line for the file, not one per contract
        name = f"{_prefixes(dataset)[0]}.." if dataset.params.get("roots") else _prefixes(dataset)[0].rstrip(":")
        rows = rows.with_columns(pl.lit(name).alias("input_id"), pl.lit(None, pl.Float64).alias("value"))
    newest = rows.sort(_ONE_INPUT).unique("input_id", keep="last", maintain_order=True)
    if dataset.id in ("bcb_focus_annual", "bcb_focus_monthly", "bcb_focus_selic") and newest.height:
        newest = newest.filter(pl.col("obs_date") == newest["obs_date"].max())  # meetings and years that have gone by
    series = {record.id: record for record in catalog.series_of(dataset.id)}
    missing = [name for name in series if name not in set(newest["input_id"])]
    absent = pl.DataFrame({"input_id": missing}, schema={"input_id": pl.String})
    units = {name: record.unit for name, record in series.items()}
    return (
        pl.concat([newest, absent], how="diagonal")
        .select(
            pl.lit(dataset.source).alias("source"),
            pl.lit(dataset.id).alias("dataset"),
            pl.col("input_id").replace_strict(units, default=None, return_dtype=pl.String).alias("unit"),
            *_RECEIPT,
        )
        .sort("input_id")
    )


def _curve_inputs(silver: Mapping[str, pl.DataFrame], catalog: Catalog) -> pl.DataFrame:
    """The newest points of every source of every curve, as `_newest` gives the other inputs."""
    full = {name: silver.get(name, pl.DataFrame(schema=table.stored_schema)) for name, table in SILVER.items()}
    rows: dict[str, dict[str, object]] = {}
    for spec in load_fallbacks().curves:
        for source in spec.sources:
            dataset = _dataset_of(source, catalog)
            points = curve_points(source, full, spec.longest_years)
            newest = points.sort("obs_date", "knowledge_time", "order").tail(1)
            seen = newest.row(0, named=True) if newest.height else {}
            names = {"source": dataset.source, "dataset": dataset.id, "unit": None, "input_id": source.input_id}
            rows.setdefault(source.input_id, {**names, "value": None, **{key: seen.get(key) for key in _SEEN}})
    future = contracts_of(full["settlement"]).sort("obs_date", "knowledge_time", "contract_id").tail(1)
    seen, dataset = future.row(0, named=True) if future.height else {}, _dataset_of_root(INDEX_FUTURE, catalog)
    names = {"source": dataset.source, "dataset": dataset.id, "unit": None, "input_id": INDEX_FUTURE}
    rows[INDEX_FUTURE] = {**names, "value": None, **{key: seen.get(key) for key in _SEEN}}
    return pl.DataFrame(
        list(rows.values()), schema={"source": pl.String, "dataset": pl.String, "unit": pl.String, **_RECEIPT}
    )


_SEEN = ("obs_date", "knowledge_time", "stamp", "payload_id")


def input_datasets(catalog: Catalog) -> dict[str, str]:
    """Input id of a series, of a curve's source or of the index future -> the dataset that brings it."""
    of_series = {series.id: series.dataset for series in catalog.series.values()}
    sources = [source for spec in load_fallbacks().curves for source in spec.sources]
    of_curves = {source.input_id: _dataset_of(source, catalog).id for source in sources}
    return of_series | of_curves | {INDEX_FUTURE: _dataset_of_root(INDEX_FUTURE, catalog).id}


def _dataset_of_root(root: str, catalog: Catalog) -> Dataset:
    """The dataset of a file of settlements that has the root. Raises BadCatalog when none has."""
    for dataset in catalog.datasets.values():
        if root in dataset.params.get("roots", ()):
            return dataset
    raise BadCatalog(f"datasets.toml: no file of settlements has {root}")


def _dataset_of(source: CurveSource, catalog: Catalog) -> Dataset:
    """The dataset that brings a curve's source. Raises BadCatalog when none does."""
    series = next(iter(source.series.values()), None)
    if series is not None:
        return catalog.datasets[catalog.series[series].dataset]
    for dataset in catalog.datasets.values():
        parts = dataset.params
        names = [*parts.get("curves", {}).values(), parts.get("curve"), *parts.get("roots", [])]
        issuers = [str(parts[key]).rstrip(":") for key in ("prefix", "substitute") if key in parts]
        if source.input_id in names or (source.kind == "bonds" and source.issuer in issuers):
            return dataset
    raise BadCatalog(f"fallbacks.toml: no dataset brings the curve source {source.name} ({source.input_id})")
