"""Tear-sheet statistics against empyrical, and drawdowns against a path of nine days."""

import dataclasses
import datetime as dt

import empyrical  # type: ignore[import-untyped]
import numpy as np
import pytest
from scipy import stats

from desk.errors import BadInput
from desk.performance.drawdowns import Drawdown, worst_drawdowns
from reports.calculations.return_statistics import rolling, statistics, underwater

RETURNS = np.random.default_rng(3).standard_t(4, 700) * 0.006 + 0.0002
CASH = np.full(700, 0.0004)


def test_the_statistics_equal_those_of_empyrical() -> None:
    found = statistics(list(RETURNS), list(CASH))
    assert found is not None
    assert found.over_cash
    assert found.total == pytest.approx(empyrical.cum_returns_final(RETURNS))
    assert found.cagr == pytest.approx(empyrical.annual_return(RETURNS))
    assert found.volatility == pytest.approx(empyrical.annual_volatility(RETURNS))
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(RETURNS - CASH))
    assert found.sortino == pytest.approx(empyrical.sortino_ratio(RETURNS - CASH))
    over = (1.0 + RETURNS) / (1.0 + CASH) - 1.0
    assert found.calmar == pytest.approx(empyrical.calmar_ratio(over))
    assert found.max_drawdown == pytest.approx(-empyrical.max_drawdown(over))
    assert found.tail_ratio == pytest.approx(empyrical.tail_ratio(RETURNS))
    assert found.var_95 == pytest.approx(-empyrical.value_at_risk(RETURNS))


def test_moments_equal_those_of_scipy() -> None:
    found = statistics(list(RETURNS))
    assert found is not None
    assert not found.over_cash
    assert found.max_drawdown == pytest.approx(-empyrical.max_drawdown(RETURNS))
    assert found.calmar == pytest.approx(empyrical.calmar_ratio(RETURNS))
    assert found.skew == pytest.approx(stats.skew(RETURNS))
    assert found.kurtosis == pytest.approx(stats.kurtosis(RETURNS))
    assert (found.best_day, found.worst_day) == (RETURNS.max(), RETURNS.min())
    assert found.win_rate == pytest.approx((RETURNS > 0).mean())
    assert found.profit_factor == pytest.approx(RETURNS[RETURNS > 0].sum() / -RETURNS[RETURNS < 0].sum())


def test_a_rolling_statistic_is_that_of_the_days_in_its_window() -> None:
    ratio, spread = rolling(RETURNS, 252)
    assert np.isnan(ratio[:251]).all()
    assert ratio[400] == pytest.approx(empyrical.sharpe_ratio(RETURNS[149:401]))
    assert spread[-1] == pytest.approx(empyrical.annual_volatility(RETURNS[-252:]))
    assert np.isnan(rolling(RETURNS[:10], 252)[0]).all()


def test_a_drawdown_runs_from_its_peak_to_its_recovery_and_an_open_one_has_no_recovery() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(9)]
    nav = np.array([100.0, 90.0, 95.0, 100.0, 110.0, 109.0, 110.0, 88.0, 99.0])
    found = worst_drawdowns(days, nav, 5)
    assert [item.depth for item in found] == pytest.approx([0.2, 0.1, 1 / 110])
    assert [dataclasses.replace(item, depth=0.0) for item in found] == [
        Drawdown(days[6], days[7], None, 0.0, 2),
        Drawdown(days[0], days[1], days[3], 0.0, 3),
        Drawdown(days[4], days[5], days[6], 0.0, 2),
    ]
    assert worst_drawdowns(days, nav, 1) == found[:1]
    assert worst_drawdowns(days[:1], nav[:1], 5) == []
    assert found[0].depth == pytest.approx(underwater(np.diff(nav) / nav[:-1]).max())


def test_too_few_returns_and_missing_returns_have_no_statistics() -> None:
    assert statistics([0.01] * 19) is None
    flat = statistics([0.0] * 30)
    assert flat is not None
    assert (flat.sharpe, flat.sortino, flat.calmar, flat.skew, flat.profit_factor) == (None,) * 5
    with pytest.raises(BadInput, match="hole"):
        statistics([0.01] * 30 + [float("nan")])
    with pytest.raises(BadInput, match="30 returns and 2 of cash"):
        statistics([0.01] * 30, [0.0, 0.0])
