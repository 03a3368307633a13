"""The wildest days of the collected history, as they would have been judged that morning: nothing true is held."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest

from bench.plausibility import DECISIONS, history_points
from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.catalog.siblings import load_siblings
from desk.plausibility.day_by_day import known_on_the_day
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge

HISTORY = Path(os.environ.get("ALVORADA_REAL_HISTORY", Path(__file__).parents[4] / "shared" / "real-history"))


@pytest.fixture(scope="module")
def points() -> pl.DataFrame:
    if not HISTORY.is_dir():
        pytest.skip(f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
    return history_points(HISTORY.resolve(), load_catalog())


@pytest.mark.real
@pytest.mark.parametrize("day", DECISIONS, ids=str)
def test_nothing_true_is_held_on_the_wildest_days(points: pl.DataFrame, day: dt.date) -> None:
    catalog, rules = load_catalog(), load_plausibility()
    near = points.filter(pl.col("obs_date").is_between(day - dt.timedelta(days=420), day))
    new = near.filter(pl.col("obs_date") > day - dt.timedelta(days=4))
    history = near.filter(pl.col("obs_date") <= day - dt.timedelta(days=4))
    peers = known_on_the_day(every_peer(near, load_siblings(), rules, catalog), near)
    held = judge(new, history, peers, rules, catalog).having("held")
    assert held.select("key", "obs_date", "value", "rule").rows() == []
    assert new.height > 150


@pytest.mark.real
def test_oil_below_zero_was_true(points: pl.DataFrame) -> None:
    day = dt.date(2020, 4, 20)
    prices = dict(
        points.filter((pl.col("obs_date") == day) & pl.col("key").str.contains("wti")).select("key", "value").rows()
    )
    assert prices == {"observation.value:wti_fred": -36.98, "price_bar.close:wti": -37.63}
