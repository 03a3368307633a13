"""The sandbox's silver frames hold what its sources serve over HTTP."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.model import SILVER
from desk.transforms.panel import build_panel
from sandbox.silver import behind, silver
from sandbox.sources.b3_swap_file import swap_file
from sandbox.world import SimulatedWorld, instant

UNTIL = dt.date(2019, 3, 29)
NOW = dt.datetime(2019, 3, 29, 23, 59, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    return SimulatedWorld(7, load_catalog())


@pytest.fixture(scope="module")
def frames(world: SimulatedWorld) -> dict[str, pl.DataFrame]:
    return silver(world, UNTIL)


def test_frames_are_silver_and_end_where_they_should(frames: dict[str, pl.DataFrame]) -> None:
    for name, frame in frames.items():
        assert dict(frame.schema) == SILVER[name].parsed_schema
        if len(frame):
            assert (frame["obs_date"] <= UNTIL).all()
            assert frame["knowledge_time"].null_count() == 0
    assert set(frames["observation"]["series_id"]) | set(frames["price_bar"]["instrument_id"]) == set(
        load_catalog().series
    )


@pytest.mark.parametrize("series_id", ["ipca_mom", "us_payrolls", "usdbrl_ptax_sell", "us_hy_spread"])
def test_what_is_known_at_an_instant_is_what_the_source_shows_then(
    world: SimulatedWorld, frames: dict[str, pl.DataFrame], series_id: str
) -> None:
    series = load_catalog().series[series_id]
    at = dt.datetime(2018, 9, 14, 9, 0, tzinfo=dt.UTC)
    published = world.published(behind(series), NOW)
    rows = published.visible(at)
    expected = dict(zip(published.released.days[rows].tolist(), published.values(at)[rows], strict=True))
    known = (
        frames["observation"]
        .filter(pl.col("series_id") == series_id, pl.col("knowledge_time") <= at)
        .sort("knowledge_time")
        .unique("obs_date", keep="last")
    )
    found = dict(known.select("obs_date", "value").rows())
    assert set(found) == set(expected)
    for day, value in found.items():
        assert value == pytest.approx(expected[day] * float(series.scale), abs=1e-12)


def test_curves_are_those_of_the_swap_file(world: SimulatedWorld, frames: dict[str, pl.DataFrame]) -> None:
    day = dt.date(2019, 3, 1)
    text = swap_file(world.economy(NOW), day).decode("latin-1")
    points = frames["curve_point"].filter(pl.col("obs_date") == day)
    for code, curve_id in (("PRE", "PRE"), ("DPL", "REAL"), ("DOC", "CUPOM")):
        lines = [line for line in text.splitlines() if line[21:26].strip() == code]
        bd = np.array([int(line[46:51]) for line in lines], dtype=np.float64)
        rate = np.array([int(line[51:66]) for line in lines]) / 1e9
        curve = points.filter(pl.col("curve_id") == curve_id, pl.col("tenor_bd").is_between(60, 2520))
        between = np.interp(curve["tenor_bd"].to_numpy(), bd, rate)
        assert np.abs(between - curve["rate"].to_numpy()).max() < 2e-4  # the chords of a curve at a few vertices


def test_a_survey_is_public_on_the_monday_after(frames: dict[str, pl.DataFrame]) -> None:
    survey = frames["expectation"].filter(pl.col("indicator") == "IPCA", pl.col("reference") == "12m_smoothed")
    row = survey.filter(pl.col("obs_date") == dt.date(2019, 3, 15)).row(0, named=True)  # a Friday
    assert row["knowledge_time"] == dt.datetime(2019, 3, 18, 11, 25, tzinfo=dt.UTC)
    assert 0.02 < row["median"] < 0.12
    assert instant(row["knowledge_time"]) < instant(NOW)


def test_bonds_give_back_the_long_end_of_the_economys_real_curve(
    world: SimulatedWorld, frames: dict[str, pl.DataFrame]
) -> None:
    """Bootstrapped from Tesouro Direto's rates of four decimals: within a few basis points."""
    days = calendars.b3().days(dt.date(2019, 3, 1), UNTIL)
    panel = build_panel(frames, days, world.catalog)
    economy = world.economy(NOW)
    known = panel.obs_dates["real_3780"]
    assert known.null_count() == 0
    at = np.array([economy.timeline.index(day) for day in known])
    gap = panel.array("real_3780") - economy.rates.real(at, 3780 / 252)
    assert np.abs(gap).max() < 0.0005
