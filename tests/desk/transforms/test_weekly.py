"""The regime model's weeks: a column chosen between sources holds the declared stand-in where the first is absent."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import Catalog, load_catalog
from desk.catalog.fallbacks import load_fallbacks
from desk.point_in_time.as_of_grid import Grid
from desk.transforms.model_inputs import WeeklySamples, weekly_samples
from desk.transforms.monthly import WEEKLY_FALLBACKS, WEEKLY_SERIES, WEEKLY_TRANSFORMS

DAYS = calendars.b3().days(dt.date(2024, 1, 2), dt.date(2024, 3, 28))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def rows(series_id: str, days: list[dt.date], values: np.ndarray, lag: int) -> pl.DataFrame:
    known = [dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=lag) for day in days]
    return pl.DataFrame(
        {"series_id": [series_id] * len(days), "obs_date": days, "knowledge_time": known, "value": values},
        schema_overrides={"knowledge_time": pl.Datetime("us", "UTC")},
    )


def weeks(published: pl.DataFrame, catalog: Catalog) -> WeeklySamples:
    chosen = [spec for spec in load_fallbacks().columns if spec.name in WEEKLY_FALLBACKS]
    return weekly_samples(published, Grid.of(DAYS), WEEKLY_SERIES, WEEKLY_TRANSFORMS, chosen, catalog)


def months(count: int) -> list[dt.date]:
    return [dt.date(2020 + month // 12, month % 12 + 1, 1) for month in range(count)]


def test_ptax_and_adjusted_activity_speak_where_sgs_and_the_plain_index_are_absent(catalog: Catalog) -> None:
    index = 100.0 * 1.002 ** np.arange(48)
    published = pl.concat(
        [
            rows("usdbrl_ptax_sell", DAYS, np.linspace(4.8, 5.1, len(DAYS)), 0),
            rows("ibc_br_sa", months(48), index, 75),
        ]
    )
    found = weeks(published, catalog)
    inside = found.rows > 0
    assert inside.sum() >= 11
    assert np.isnan(found.columns["usdbrl_sgs_sell"]).all()
    assert np.isfinite(found.columns["usdbrl"][inside]).all()
    assert found.columns["activity_yoy"][inside] == pytest.approx(1.002**12 - 1.0)


def test_the_plain_index_speaks_where_both_are_known_and_nothing_where_neither(catalog: Catalog) -> None:
    plain, adjusted = (100.0 * growth ** np.arange(48) for growth in (1.003, 1.002))
    published = pl.concat([rows("ibc_br", months(48), plain, 75), rows("ibc_br_sa", months(48), adjusted, 75)])
    found = weeks(published, catalog)
    assert found.columns["activity_yoy"][found.rows > 0] == pytest.approx(1.003**12 - 1.0)
    assert np.isnan(found.columns["usdbrl"]).all()
