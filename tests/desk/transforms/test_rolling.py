"""Trailing statistics against Polars' own rolling windows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from desk.transforms import rolling

RNG = np.random.default_rng(3)
PATH = 5.0 * np.exp(np.cumsum(RNG.normal(0, 0.01, 400)))
PATH[[50, 51, 200]] = np.nan


def polars(values: np.ndarray) -> pl.Series:
    return pl.Series(values, nan_to_null=True)


def test_mean_and_deviation_equal_polars() -> None:
    series = polars(PATH)
    mean = series.rolling_mean(63, min_samples=32).fill_null(np.nan).to_numpy()
    spread = series.rolling_std(63, min_samples=32).fill_null(np.nan).to_numpy()
    np.testing.assert_allclose(rolling.mean(PATH, 63), mean, rtol=1e-9)
    np.testing.assert_allclose(rolling.deviation(PATH, 63), spread, rtol=1e-6)


def test_zscore_is_unknown_where_its_value_is() -> None:
    score = rolling.zscore(PATH, 63)
    assert np.isnan(score[[50, 51, 200]]).all()
    assert np.isnan(score[:31]).all()
    assert np.isfinite(score[60:200]).all()
    assert np.isnan(rolling.zscore(np.full(100, 3.0), 20)).all()


def test_returns_need_both_ends() -> None:
    returns = rolling.log_return(PATH)
    assert np.isnan(returns[[0, 50, 51, 52, 200, 201]]).all()
    assert returns[10] == pytest.approx(np.log(PATH[10] / PATH[9]))
    assert np.isnan(rolling.log_return(np.array([1.0, -1.0, 2.0]))).all()


def test_volatility_is_annual() -> None:
    daily = RNG.normal(0, 0.01, 5000)
    assert rolling.volatility(daily, 5000)[-1] == pytest.approx(0.01 * np.sqrt(252), rel=0.03)


def test_correlation_equals_numpy_and_has_its_sign() -> None:
    x = RNG.normal(0, 1, 300)
    y = -0.5 * x + RNG.normal(0, 1, 300)
    assert rolling.correlation(x, y, 100)[-1] == pytest.approx(np.corrcoef(x[-100:], y[-100:])[0, 1])
    assert rolling.correlation(x, -x, 100)[-1] == pytest.approx(-1.0)


def test_lags_and_changes() -> None:
    assert rolling.change(np.array([1.0, 4.0, 9.0]), 2).tolist()[2] == 8.0
    assert np.isnan(rolling.lagged(np.array([1.0]), 5)).all()
