"""Random silver frames: every catalogue series, curves and Focus, with revisions, from one seed.

The numbers are independent of what the desk computes and only have plausible sizes. Monthly series have two vintages,
the second a month after the first.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
import polars as pl

from desk import calendars
from desk.catalog import load_catalog
from desk.model import SILVER
from desk.point_in_time.publication_rules import publication_times

FIRST, LAST = dt.date(2019, 1, 2), dt.date(2025, 6, 30)
DAILY_FROM, MONTHLY_FROM = dt.date(2018, 1, 1), dt.date(2009, 1, 1)
TENORS = (1, 21, 42, 63, 126, 189, 252, 378, 504, 630, 756, 1008, 1260, 1764, 2520, 3000)
CATALOG = load_catalog()


def decision_days(count: int = 900) -> list[dt.date]:
    return calendars.b3().days(FIRST, LAST)[-count:]


@lru_cache(maxsize=2)
def made_silver(seed: int = 7) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    observations: list[pl.DataFrame] = []
    bars: list[pl.DataFrame] = []
    for series in CATALOG.series.values():
        rows = _series(rng, series.id)
        (bars if series.source == "yahoo_finance" else observations).append(rows)
    price_bar = pl.concat(bars).rename({"series_id": "instrument_id", "value": "close"})
    empty = [pl.lit(None, dtype=pl.Float64).alias(name) for name in ("open", "high", "low", "volume")]
    return {
        "observation": pl.concat(observations),
        "price_bar": price_bar.with_columns(empty).select(list(SILVER["price_bar"].parsed_schema)),
        "curve_point": _curves(rng),
        "settlement": pl.DataFrame(schema=SILVER["settlement"].parsed_schema),
        "expectation": _focus(rng),
    }


def _series(rng: np.random.Generator, series_id: str) -> pl.DataFrame:
    series = CATALOG.series[series_id]
    if series.frequency in ("M", "Q"):
        dates = pl.date_range(MONTHLY_FROM, LAST, "1mo" if series.frequency == "M" else "3mo", eager=True)
    elif series.frequency == "W":
        dates = pl.date_range(DAILY_FROM + dt.timedelta(days=1), LAST, "1w", eager=True)
    else:
        dates = pl.Series(calendars.by_name("weekdays").days(DAILY_FROM, LAST))
    first = pl.DataFrame({"obs_date": dates}).with_columns(
        pl.lit(series_id).alias("series_id"),
        publication_times(CATALOG.rules[series.rule], dates).alias("knowledge_time"),
        pl.Series("value", _path(rng, series.unit, series_id, len(dates))),
    )
    columns = ["series_id", "obs_date", "knowledge_time", "value"]
    if series.frequency == "D":
        return first.select(columns)
    revised = first.with_columns(
        (pl.col("knowledge_time") + pl.duration(days=31)), pl.col("value") * (1 + rng.normal(0, 0.01))
    )
    return pl.concat([first.select(columns), revised.select(columns)])


def _path(rng: np.random.Generator, unit: str, series_id: str, count: int) -> np.ndarray:
    if "flow" in series_id or "account" in series_id or "balance" in series_id:
        return rng.normal(0, 500, count)
    if unit == "fraction per day":
        return 0.0004 + _reverting(rng, count, 0.0, 0.00002)
    if unit.startswith("fraction per month"):
        return 0.004 + rng.normal(0, 0.003, count)
    if unit == "fraction of the basket":
        return np.full(count, 1.0 / 9.0)
    if "fraction" in unit:
        return (0.11 if series_id.startswith(("cdi", "selic")) else 0.06) + _reverting(rng, count, 0.0, 0.002)
    scale = {"usdbrl": 5.0, "vix": 20.0, "ibovespa": 1e5}.get(series_id.split("_")[0], 100.0)
    return np.asarray(scale * np.exp(_reverting(rng, count, 0.0, 0.01)))


def _reverting(rng: np.random.Generator, count: int, mean: float, sd: float) -> np.ndarray:
    noise = rng.normal(0, sd, count)
    path = np.empty(count)
    level = mean
    for index, shock in enumerate(noise):
        level += 0.01 * (mean - level) + shock
        path[index] = level
    return path


def _curves(rng: np.random.Generator) -> pl.DataFrame:
    days = pl.Series(calendars.b3().days(DAILY_FROM, LAST))
    known = publication_times(CATALOG.rules["b3_close"], days)
    frames = []
    for curve_id, level in (("PRE", 0.11), ("REAL", 0.06), ("CUPOM", 0.05), ("UST", 0.04)):
        shift, tilt = _reverting(rng, len(days), level, 0.0008), _reverting(rng, len(days), 0.0, 0.0004)
        for tenor in TENORS:
            frames.append(
                pl.DataFrame({"obs_date": days, "knowledge_time": known}).with_columns(
                    pl.lit(curve_id).alias("curve_id"),
                    pl.lit(tenor, dtype=pl.Int32).alias("tenor_bd"),
                    pl.Series("rate", shift + tilt * np.log(tenor / 252)),
                )
            )
    return pl.concat(frames).select(list(SILVER["curve_point"].parsed_schema))


def _focus(rng: np.random.Generator) -> pl.DataFrame:
    fridays = pl.date_range(DAILY_FROM + dt.timedelta(days=4), LAST, "1w", eager=True)
    known = publication_times(CATALOG.rules["focus"], fridays)
    frames = []
    for indicator, level in (("IPCA", 0.04), ("Selic", 0.1), ("Câmbio", 5.2), ("PIB Total", 0.02)):
        references = [str(year) for year in range(2018, 2029)] + (["12m_smoothed"] if indicator == "IPCA" else [])
        for reference in references:
            frames.append(
                pl.DataFrame({"obs_date": fridays, "knowledge_time": known}).with_columns(
                    pl.lit(indicator).alias("indicator"),
                    pl.lit(reference).alias("reference"),
                    pl.lit(0, dtype=pl.Int32).alias("base"),
                    pl.Series("median", level * np.exp(_reverting(rng, len(fridays), 0.0, 0.02))),
                    *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("mean", "std_dev", "minimum", "maximum")),
                    pl.lit(None, dtype=pl.Int32).alias("respondents"),
                )
            )
    return pl.concat([*frames, *_focus_by_month_and_meeting(rng, frames[0])]).select(
        list(SILVER["expectation"].parsed_schema)
    )


def _focus_by_month_and_meeting(rng: np.random.Generator, like: pl.DataFrame) -> list[pl.DataFrame]:
    """Medians about each month's IPCA and each of eight yearly Copom decisions, surveyed in the half year before."""
    survey_dates, found = like["obs_date"], []
    for year in range(2018, 2027):
        months = [(f"{month:02d}/{year}", "IPCA", dt.date(year, month, 28), 0.004) for month in range(1, 13)]
        meetings = [(f"R{k}/{year}", "Selic", dt.date(year, k * 3 // 2 + 1, 15), 0.11) for k in range(1, 8)]
        meetings.append((f"R8/{year}", "Selic", dt.date(year, 12, 15), 0.11))
        for reference, indicator, end, level in months + meetings:
            near = (survey_dates > end - dt.timedelta(days=180)) & (survey_dates <= end)
            rows = like.filter(near)
            made = level * (1.0 + rng.normal(0.0, 0.05, len(rows)))
            found.append(
                rows.with_columns(
                    pl.lit(indicator).alias("indicator"),
                    pl.lit(reference).alias("reference"),
                    pl.Series("median", made),
                )
            )
    return found
