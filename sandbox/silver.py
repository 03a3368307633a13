"""Silver frames of the whole simulated history, without HTTP: as if every source had been fetched every day.

Numbers and release times are those that the sources serve. Curves are taken at the panel's terms instead of the
vertices of the files. Prices have closes only. The only single contracts are Tesouro Direto's inflation-linked bonds.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.model import SILVER, Series
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy
from sandbox.economy.bonds import listed_bonds, quote
from sandbox.economy.rates import linear_360
from sandbox.facts import Fact, fact
from sandbox.releases import expectations
from sandbox.releases.markets import YAHOO_ASSETS, asset
from sandbox.releases.positions import DISAGG, TFF, Report, report
from sandbox.releases.released_series import business_days
from sandbox.sources.ibge_sidra import fact_of
from sandbox.sources.yahoo_finance import venue_of
from sandbox.world import Instants, SimulatedWorld

TERMS_BD = (1, 21, 42, 63, 126, 189, 252, 378, 504, 630, 756, 1008, 1260, 1764, 2520, 3780, 5040)
UST_MONTHS = (1, 2, 3, 6, 12, 24, 36, 60, 84, 120, 240, 360)
_FOCUS_YEARS = {"IPCA": 5, "PIB Total": 5, "Câmbio": 5, "Selic": 5}
_FOCUS_SCALE = {"IPCA": 0.01, "PIB Total": 0.01, "Câmbio": 1.0, "Selic": 0.01}
_RULES = {"pre": "b3_close", "ust": "us_close", "focus": "focus", "bonds": "tesouro_direto"}


def silver(world: SimulatedWorld, until: dt.date) -> dict[str, pl.DataFrame]:
    """Frames of desk.model.SILVER by table, observations up to `until`, each with its own knowledge time."""
    now = dt.datetime.combine(until, dt.time(23, 59), dt.UTC)
    economy = world.economy(now)
    series = [record for record in world.catalog.series.values() if record.source != "yahoo_finance"]
    prices = [record for record in world.catalog.series.values() if record.source == "yahoo_finance"]
    frames = {
        "observation": pl.concat([_observations(world, record, now) for record in series]),
        "price_bar": pl.concat([_closes(world, record, economy) for record in prices]),
        "curve_point": _curves(world, economy),
        "settlement": _bonds(world, economy),
        "expectation": _focus(world, economy),
    }
    return {
        name: frame.filter(pl.col("obs_date") <= until).select(list(SILVER[name].parsed_schema))
        for name, frame in frames.items()
    }


def _observations(world: SimulatedWorld, series: Series, now: dt.datetime) -> pl.DataFrame:
    """Each number as first released and, where the source revises it, as revised.

    Raises KeyError for a series that the sandbox does not simulate.
    """
    if series.source == "cftc_cot":
        return _positions(world, series, now)
    published = world.published(behind(series), now)
    numbers = published.released
    first = numbers.values if numbers.first is None else numbers.first
    parts = [_long(numbers.days, published.known, first)]
    if published.revised is not None:
        parts.append(_long(numbers.days, published.revised, numbers.values))
    return pl.concat(parts).with_columns(pl.lit(series.id).alias("series_id"), pl.col("value") * float(series.scale))


def behind(series: Series) -> Fact:
    """The sandbox's own record of the code of a series. Raises KeyError for a code that is not in it."""
    if series.source == "ibge_sidra":
        return fact_of(str(series.params["variable"]), str(series.params["category"]))
    code = f"{series.code}/{series.params['side']}" if series.source == "bcb_ptax" else series.code
    return fact(series.source, code)


def _positions(world: SimulatedWorld, series: Series, now: dt.datetime) -> pl.DataFrame:
    """One field of one market's weekly report."""
    economy = world.economy(now)
    market = next(market for market in (*TFF, *DISAGG) if market.code == series.code)
    found = world.cached(("silver", "cot", market.code, now.year), lambda: report(economy, market))
    assert isinstance(found, Report)
    known = world.known_times(series.rule, found.days)
    return _long(found.days, known, found.fields[series.params["field"]]).with_columns(
        pl.lit(series.id).alias("series_id")
    )


def _closes(world: SimulatedWorld, series: Series, economy: Economy) -> pl.DataFrame:
    venue = venue_of(series.code)
    at = business_days(economy, venue.calendar)
    days = economy.timeline.days[at]
    decimals = 4 if venue.kind == "CURRENCY" else 2
    close = np.round(asset(economy, YAHOO_ASSETS[series.code])[at], decimals)
    blank = [pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "volume")]
    return (
        _long(days, world.known_times(series.rule, days), close * float(series.scale))
        .rename({"value": "close"})
        .with_columns(pl.lit(series.id).alias("instrument_id"), *blank)
    )


def _curves(world: SimulatedWorld, economy: Economy) -> pl.DataFrame:
    at = business_days(economy, "b3")
    days = economy.timeline.days[at]
    known = world.known_times(_RULES["pre"], days)
    terms = np.array(TERMS_BD)
    years = terms[None, :] / DAYS_PER_YEAR
    calendar_days = terms[None, :] * 365.0 / DAYS_PER_YEAR
    row = at[:, None]
    cupom = linear_360(economy.rates.cupom(row, calendar_days / 365.0), calendar_days)
    frames = [
        _points("PRE", days, known, terms, economy.rates.pre(row, years)),
        _points("REAL", days, known, terms[1:], economy.rates.real(row, years[:, 1:])),
        _points("CUPOM", days, known, terms, cupom),
    ]
    months = np.array(UST_MONTHS)
    at = business_days(economy, "us_government")
    days = economy.timeline.days[at]
    known = world.known_times(_RULES["ust"], days)
    par = economy.rates.us(at[:, None], months[None, :] / 12.0)
    return pl.concat([*frames, _points("UST", days, known, months * 21, par)])


def _bonds(world: SimulatedWorld, economy: Economy) -> pl.DataFrame:
    """Tesouro Direto's inflation-linked bonds, which extend beyond the eleven years of the swap file."""
    at = business_days(economy, "anbima")
    days = economy.timeline.days[at]
    known = world.known_times(_RULES["bonds"], days)
    frames = []
    for bond in listed_bonds(int(days[-1].astype("datetime64[Y]").astype(int)) + 1970):
        rows = np.flatnonzero((days >= np.datetime64(bond.issued)) & (days < np.datetime64(bond.maturity)))
        if not bond.kind.startswith("NTN-B") or not len(rows):
            continue
        quotes = quote(economy, bond, at[rows])
        frames.append(
            _long(days[rows], known[rows], quotes.prices)
            .rename({"value": "price"})
            .with_columns(
                pl.lit(f"TD:{bond.kind}_{bond.maturity}").alias("contract_id"), pl.Series("rate", quotes.rates)
            )
        )
    blank = [pl.lit(None, pl.Float64).alias(name) for name in ("open_interest", "volume")]
    return pl.concat(frames).with_columns(*blank)


def _points(curve_id: str, days: Days, known: Instants, terms: IntArray, rates: FloatArray) -> pl.DataFrame:
    """Points of one curve: `rates` (days, terms) as fractions of six decimals: the hundredth of a basis point that B3's
    file quotes.
    """
    count = len(terms)
    frame = _long(np.repeat(days, count), np.repeat(known, count), np.round(rates, 6).ravel())
    return frame.rename({"value": "rate"}).with_columns(
        pl.lit(curve_id).alias("curve_id"), pl.Series("tenor_bd", np.tile(terms, len(days)), dtype=pl.Int32)
    )


def _focus(world: SimulatedWorld, economy: Economy) -> pl.DataFrame:
    """Medians of the answers of thirty days (base 0)."""
    at = business_days(economy, "anbima")
    days = economy.timeline.days[at]
    known = world.known_times(_RULES["focus"], days)
    months = economy.timeline.months.astype("datetime64[D]")
    evening = (days + 1).astype("datetime64[us]").astype(np.int64)
    released = np.searchsorted(world.known_times("ibge_ipca", months), evening, side="left").astype(np.int64) - 1
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    frames = []
    for indicator, horizon in _FOCUS_YEARS.items():
        for ahead in range(horizon):
            survey = expectations.by_year(economy, indicator, at, released, ahead)
            references = pl.Series("reference", (year + ahead).astype(str))
            frames.append(_medians(indicator, days, known, survey.median, references))
    smoothed = pl.Series("reference", ["12m_smoothed"] * len(at))
    frames.append(_medians("IPCA", days, known, expectations.inflation_12m(economy)[at] + 0.012, smoothed))
    place = {int(position): index for index, position in enumerate(at)}
    for name, survey in expectations.by_meeting(economy, at):
        rows = np.array([place[int(position)] for position in survey.at])
        frames.append(
            _medians("Selic", days[rows], known[rows], survey.median, pl.Series("reference", [name] * len(rows)))
        )
    for month, survey in expectations.by_month(economy, at, released):
        rows = np.array([place[int(position)] for position in survey.at])
        references = pl.Series("reference", [f"{str(month)[5:]}/{str(month)[:4]}"] * len(rows))
        frames.append(_medians("IPCA", days[rows], known[rows], survey.median, references))
    blank = [pl.lit(None, pl.Float64).alias(name) for name in ("mean", "std_dev", "minimum", "maximum")]
    return pl.concat(frames).with_columns(
        pl.lit(0, pl.Int32).alias("base"), *blank, pl.lit(None, pl.Int32).alias("respondents")
    )


def _medians(indicator: str, days: Days, known: Instants, median: FloatArray, references: pl.Series) -> pl.DataFrame:
    values = np.round(median, 4) * _FOCUS_SCALE[indicator]
    return (
        _long(days, known, values)
        .rename({"value": "median"})
        .with_columns(references, pl.lit(indicator).alias("indicator"))
    )


def _long(days: Days, known: Instants, values: FloatArray) -> pl.DataFrame:
    moments = pl.Series("knowledge_time", known).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return pl.DataFrame(
        {"obs_date": pl.Series(days.astype("datetime64[D]")), "knowledge_time": moments, "value": values}
    )
