"""Monthly transforms against published IPCA and by hand; series_vintages keep each vintage apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.model import decision_time
from desk.point_in_time.as_of_grid import Grid
from desk.transforms import vintage_transforms
from desk.transforms.monthly import VINTAGE_TRANSFORMS
from desk.transforms.vintage_transforms import OPERATIONS, VintageTransform, apply_transform, series_vintages

# IBGE, IPCA of 2024, percent a month; the year closed at 4.83%
IPCA_2024 = [0.42, 0.83, 0.16, 0.38, 0.46, 0.21, 0.38, -0.02, 0.44, 0.56, 0.39, 0.52]
DAYS = [dt.date(2025, 1, 9), dt.date(2025, 1, 10), dt.date(2025, 1, 13), dt.date(2025, 1, 14)]
GRID = Grid.of(DAYS)


def monthly(values: list[float], start: dt.date, known: dt.datetime) -> pl.DataFrame:
    dates = pl.date_range(start, interval="1mo", end=start + dt.timedelta(days=31 * len(values)), eager=True)
    return pl.DataFrame({"obs_date": dates[: len(values)], "value": values}).with_columns(
        pl.lit(known).cast(pl.Datetime("us", "UTC")).alias("knowledge_time")
    )


def spec(operation: str, n: int, z_window: int | None = None) -> VintageTransform:
    return VintageTransform("x", "x", operation, n, "", "", z_window)


def test_ipca_of_2024_as_published() -> None:
    changes = np.array([IPCA_2024]) / 100
    assert round(float(OPERATIONS["compounded"](changes, 12)[0, -1]) * 100, 2) == 4.83
    index = np.cumprod(np.concatenate([[1.0], 1 + changes[0]]))[None, :]
    assert round(float(OPERATIONS["growth"](index, 12)[0, -1]) * 100, 2) == 4.83


def test_three_month_rates_at_an_annual_pace() -> None:
    changes = np.array([IPCA_2024]) / 100
    quarter = (1.0056 * 1.0039 * 1.0052) ** 4 - 1
    assert OPERATIONS["compounded_annual"](changes, 3)[0, -1] == pytest.approx(quarter)
    assert OPERATIONS["growth_annual"](np.cumprod(1 + changes, axis=1).astype(np.float64), 3)[0, -1] == pytest.approx(
        quarter
    )


def test_sums_differences_and_averages_by_hand() -> None:
    row = np.array([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]])
    assert OPERATIONS["sum"](row, 3)[0].tolist()[2:] == [7.0, 14.0, 28.0, 56.0]
    assert np.isnan(OPERATIONS["sum"](row, 3)[0, :2]).all()
    assert OPERATIONS["difference"](row, 2)[0, -1] == 24.0
    assert OPERATIONS["average_growth"](row, 3)[0, -1] == pytest.approx(56 / 7 - 1)


def test_a_month_that_was_never_published_makes_its_growth_unknown() -> None:
    known = decision_time(DAYS[0])
    frame = monthly([100.0 + i for i in range(26)], dt.date(2022, 11, 1), known)
    holed = frame.filter(pl.col("obs_date") != dt.date(2023, 12, 1))
    whole, _, dates = apply_transform(spec("growth", 12), series_vintages(frame, GRID, monthly=True), GRID)
    value, _, _ = apply_transform(spec("growth", 12), series_vintages(holed, GRID, monthly=True), GRID)
    assert whole[0] == pytest.approx(125 / 113 - 1)
    assert dates[0] == np.datetime64("2024-12-01")
    assert np.isnan(value).all()


def test_each_day_sees_its_own_vintage() -> None:
    first = monthly([100.0] * 13, dt.date(2023, 12, 1), decision_time(DAYS[0]))
    release = monthly([104.0], dt.date(2024, 12, 1), decision_time(DAYS[1]))
    revision = monthly([98.0], dt.date(2023, 12, 1), decision_time(DAYS[2]) + dt.timedelta(minutes=1))
    history = series_vintages(pl.concat([first.head(12), release, revision]), GRID, monthly=True)
    value, _, _ = apply_transform(spec("growth", 12), history, GRID)
    np.testing.assert_allclose(value[1:], [0.04, 0.04, 104 / 98 - 1])
    assert np.isnan(value[0])
    assert history.rows.tolist() == [0, 1, 3]


def test_z_score_by_hand_and_its_minimum() -> None:
    values = [1.0, 3.0, 2.0, 5.0, 4.0, 9.0]
    frame = monthly(values, dt.date(2024, 7, 1), decision_time(DAYS[0]))
    history = series_vintages(frame, GRID, monthly=True)
    _, score, _ = apply_transform(spec("difference", 1, z_window=4), history, GRID)
    changes = np.diff(values)[-4:]
    assert score[0] == pytest.approx((changes[-1] - changes.mean()) / changes.std(ddof=1))
    _, unknown, _ = apply_transform(spec("difference", 1, z_window=12), history, GRID)
    assert np.isnan(unknown).all()  # five of twelve


def test_a_series_without_rows_is_unknown() -> None:
    empty = monthly([], dt.date(2024, 1, 1), decision_time(DAYS[0]))
    value, score, dates = apply_transform(spec("sum", 3, 5), series_vintages(empty, GRID, monthly=False), GRID)
    assert np.isnan(value).all()
    assert np.isnan(score).all()
    assert np.isnat(dates).all()


def test_daily_sums_count_published_days() -> None:
    dates = [dt.date(2025, 1, 2), dt.date(2025, 1, 3), dt.date(2025, 1, 6)]
    frame = pl.DataFrame({"obs_date": dates, "value": [10.0, -4.0, 1.0]}).with_columns(
        pl.lit(decision_time(DAYS[1])).cast(pl.Datetime("us", "UTC")).alias("knowledge_time")
    )
    value, _, last = apply_transform(spec("sum", 3), series_vintages(frame, GRID, monthly=False), GRID)
    assert value[1] == 7.0
    assert last[1] == np.datetime64("2025-01-06")


def test_every_operation_of_the_table_exists() -> None:
    assert {entry.operation for entry in VINTAGE_TRANSFORMS} <= set(vintage_transforms.OPERATIONS)
    assert len({entry.name for entry in VINTAGE_TRANSFORMS}) == len(VINTAGE_TRANSFORMS)
