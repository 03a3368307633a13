"""Without FRED, what the agents' models read comes from those who make the numbers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.transforms.chosen_vintages import chosen_vintages
from desk.transforms.month_means import calendar_month_means
from desk.transforms.panel import Panel
from desk.transforms.vintage_transforms import SeriesVintages
from tests.desk.conftest import panel_of

CATALOG = load_catalog()
SPEAK = ("us_cpi_yoy", "us_core_pce_yoy", "us_core_pce_3m_z", "mp_fed_r_star", "mp_fed_rule", "mp_fed_gap_2y")
SILENT = ("us_industrial_production_yoy", "fx_fair", "fx_beer_gap_z", "inf_phillips_12m", "reg_p_mixed")
"""The Board's G.17, the IMF's commodity prices and ICE's spreads have no first source here (docs/data-licences.md)."""


@pytest.fixture(scope="module")
def without_fred(sandbox_silver: dict[str, pl.DataFrame], late_panel: Panel) -> Panel:
    fred = [one.id for one in CATALOG.series.values() if one.source == "fred"]
    frames = {**sandbox_silver, "observation": sandbox_silver["observation"].filter(~pl.col("series_id").is_in(fred))}
    return panel_of(frames, late_panel.values["day"].to_list())


@pytest.mark.parametrize("name", SPEAK)
def test_without_fred_the_rule_of_the_fed_and_us_momentum_speak(
    without_fred: Panel, late_panel: Panel, name: str
) -> None:
    own, reference = without_fred.values[name].tail(60), late_panel.values[name].tail(60)
    assert reference.null_count() == 0
    assert own.null_count() == 0
    assert np.abs((own - reference).to_numpy()).max() < (0.35 if name.endswith("_z") else 0.004)


@pytest.mark.parametrize("name", SILENT)
def test_what_has_no_first_source_falls_silent(without_fred: Panel, late_panel: Panel, name: str) -> None:
    assert late_panel.values[name].tail(60).null_count() == 0
    assert without_fred.values[name].tail(60).null_count() == 60


def effr(*spans: tuple[str, str, float]) -> pl.DataFrame:
    """Weekdays of the spans, each rate known on the next day."""
    rows = []
    for start, end, rate in spans:
        day = dt.date.fromisoformat(start)
        while day <= dt.date.fromisoformat(end):
            if day.weekday() < 5:
                rows.append((day, dt.datetime.combine(day, dt.time(14), dt.UTC) + dt.timedelta(days=1), rate))
            day += dt.timedelta(days=1)
    schema = {"obs_date": pl.Date(), "knowledge_time": pl.Datetime("us", "UTC"), "value": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_the_mean_counts_calendar_days_as_the_published_month_does() -> None:
    """December 2025: 3.89% to the cut of the 10th, 3.64% after it. H.15 has 3.72%; trading days alone, 3.73%."""
    daily = effr(("2025-11-28", "2025-12-10", 0.0389), ("2025-12-11", "2026-01-05", 0.0364))
    found = calendar_month_means(daily)
    assert found["obs_date"].to_list() == [dt.date(2025, 12, 1)]
    assert found["value"].to_list() == [0.0372]
    assert found["knowledge_time"].to_list() == [dt.datetime(2026, 1, 1, 14, tzinfo=dt.UTC)]


def test_a_month_that_is_not_over_or_has_a_gap_has_no_mean() -> None:
    whole = effr(("2026-03-31", "2026-05-29", 0.04))  # the last weekday of May, with two days left
    assert calendar_month_means(whole)["obs_date"].to_list() == [dt.date(2026, 4, 1), dt.date(2026, 5, 1)]
    assert calendar_month_means(whole.head(-1))["obs_date"].to_list() == [dt.date(2026, 4, 1)]
    gap = pl.concat([effr(("2026-03-31", "2026-04-10", 0.04)), effr(("2026-04-20", "2026-04-30", 0.04))])
    assert calendar_month_means(gap).is_empty()
    assert calendar_month_means(effr(("2026-04-02", "2026-04-30", 0.04))).is_empty(), "its first day has no rate"
    assert calendar_month_means(whole.clear()).is_empty()


def test_a_month_whose_last_weekday_is_a_holiday_is_over_with_the_next_rate() -> None:
    may = effr(("2027-04-30", "2027-05-28", 0.04))  # 31 May 2027 is Memorial Day
    assert calendar_month_means(may)["obs_date"].to_list() == []
    june = calendar_month_means(pl.concat([may, effr(("2027-06-01", "2027-06-01", 0.05))]))
    assert june["value"].to_list() == [0.04]
    assert june["knowledge_time"].to_list() == [dt.datetime(2027, 6, 2, 14, tzinfo=dt.UTC)]


def vintages(first: str, rows: list[int], values: list[list[float]]) -> SeriesVintages:
    months = np.arange(np.datetime64(first, "M"), np.datetime64(first, "M") + len(values[0]))
    return SeriesVintages(np.array(rows, dtype=np.int64), months.astype("datetime64[D]"), np.array(values))


def test_one_source_is_itself_and_a_change_of_source_is_a_vintage() -> None:
    nan = np.nan
    fred = vintages("2026-01", [0, 3], [[1.0, nan], [1.1, 2.0]])
    first = vintages("2025-12", [1, 4], [[9.0, 1.0, nan, nan], [9.0, 1.0, 2.0, 3.0]])
    assert chosen_vintages([fred, first], np.array([0, 0, 0, -1, -1, -1])) is fred
    assert chosen_vintages([fred, first], np.array([-1] * 6)) is fred
    found = chosen_vintages([fred, first], np.array([0, 0, 0, 0, 1, 1]))
    assert found.rows.tolist() == [0, 3, 4]
    assert [str(day) for day in found.dates] == ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]
    expected = [[nan, 1.0, nan, nan], [nan, 1.1, 2.0, nan], [9.0, 1.0, 2.0, 3.0]]
    np.testing.assert_array_equal(found.values, np.array(expected))
