"""The economy: the same past however far it has run, levels and co-movements that Brazil has, curves that agree."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from desk.catalog.meetings import load_meetings
from sandbox.economy import Economy, simulate
from sandbox.economy.timeline import Timeline
from sandbox.releases.markets import YAHOO_ASSETS
from sandbox.world import series_factories

SEEDS = (7, 1, 2, 3, 4)


def _since_opening(economy: Economy) -> np.ndarray:
    return np.arange(economy.timeline.index(np.datetime64("2008-01-01")) + 1, len(economy.timeline.days))


def _changes(economy: Economy, name: str) -> np.ndarray:
    return np.diff(np.log(economy.assets[name][_since_opening(economy)]))


def _pre_moves(economy: Economy, years: float) -> np.ndarray:
    return np.diff(economy.rates.pre(_since_opening(economy), years))


@pytest.mark.parametrize("part", ["factors", "macro", "rates"])
def test_a_longer_run_begins_with_the_shorter_one(part: str) -> None:
    short, long = getattr(simulate(7, 2016), part), getattr(simulate(7, 2026), part)
    for field in dataclasses.fields(short):
        before, after = getattr(short, field.name), getattr(long, field.name)
        assert len(after) > len(before)
        np.testing.assert_array_equal(before, after[: len(before)], err_msg=field.name)


def test_prices_of_a_longer_run_begin_with_the_shorter_ones() -> None:
    short, long = simulate(7, 2016).assets, simulate(7, 2026).assets
    for name, values in short.items():
        np.testing.assert_array_equal(values, long[name][: len(values)], err_msg=name)


def test_every_print_of_a_longer_run_begins_with_the_shorter_one() -> None:
    short, long = simulate(7, 2016), simulate(7, 2026)
    for name, printer in series_factories().items():
        before, after = printer(short), printer(long)
        size = len(before.days)
        np.testing.assert_array_equal(before.days, after.days[:size], err_msg=name)
        np.testing.assert_array_equal(before.values, after.values[:size], err_msg=name)
        if before.first is not None:
            assert after.first is not None
            np.testing.assert_array_equal(before.first, after.first[:size], err_msg=name)


def test_another_seed_is_another_world() -> None:
    one, other = simulate(7, 2026), simulate(8, 2026)
    assert abs(np.log(one.assets["brl"][-1] / other.assets["brl"][-1])) > 0.01
    assert not np.array_equal(one.rates.selic_target, other.rates.selic_target)
    assert not np.array_equal(one.macro.ipca, other.macro.ipca)


def test_an_economy_is_made_once_per_process() -> None:
    assert simulate(7, 2026) is simulate(7, 2026)


@pytest.mark.parametrize("seed", SEEDS)
def test_levels_are_brazilian(seed: int) -> None:
    economy = simulate(seed, 2026)
    at = _since_opening(economy)
    selic, brl = economy.rates.selic_target[at], economy.assets["brl"][at]
    assert 0.02 <= selic.min() <= 0.07
    assert 0.09 <= selic.max() <= 0.155
    assert 0.065 <= np.median(selic) <= 0.12
    assert brl.min() >= 1.3
    assert brl.max() <= 8.0
    inflation = np.array([np.prod(1.0 + economy.macro.ipca[m - 11 : m + 1]) - 1.0 for m in range(24, 251)])
    assert inflation.min() >= -0.03
    assert 0.055 <= inflation.max() <= 0.14
    assert 0.025 <= np.median(inflation) <= 0.06
    assert economy.rates.us(at, 10.0).min() > 0.0
    assert economy.rates.us(at, 10.0).max() < 0.08
    assert 12.0 < np.median(economy.factors.vix[at]) < 19.0
    assert economy.factors.vix[at].max() > 30.0
    ibov = economy.assets["ibov"][at]
    assert (ibov / np.maximum.accumulate(ibov) - 1.0).min() < -0.30


@pytest.mark.parametrize("seed", SEEDS)
def test_volatilities_are_those_of_the_market(seed: int) -> None:
    economy = simulate(seed, 2026)
    year = np.sqrt(252.0)
    assert 0.11 < _changes(economy, "brl").std() * year < 0.18
    assert 0.17 < _changes(economy, "ibov").std() * year < 0.28
    assert 0.12 < _changes(economy, "spx").std() * year < 0.22
    assert 6e-4 < _pre_moves(economy, 1.0).std() < 14e-4
    assert 8e-4 < _pre_moves(economy, 5.0).std() < 15e-4
    kurtosis = _changes(economy, "brl")
    assert ((kurtosis - kurtosis.mean()) ** 4).mean() / kurtosis.var() ** 2 > 3.8  # fat tails


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_days_are_bad_for_brazil_everywhere(seed: int) -> None:
    economy = simulate(seed, 2026)
    brl, ibov, spx = (_changes(economy, name) for name in ("brl", "ibov", "spx"))
    rates, vix = _pre_moves(economy, 5.0), np.diff(np.log(economy.factors.vix[_since_opening(economy)]))
    sovereign = np.diff(economy.assets["sovereign"][_since_opening(economy)])

    def together(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.corrcoef(one, other)[0, 1])

    assert together(brl, rates) > 0.3
    assert together(brl, ibov) < -0.4
    assert together(rates, ibov) < -0.3
    assert together(ibov, spx) > 0.35
    assert together(spx, vix) < -0.5
    assert together(brl, _changes(economy, "mxn")) > 0.25
    assert together(brl, sovereign) > 0.3
    worst = spx < np.quantile(spx, 0.02)
    assert brl[worst].mean() > 0.004
    assert rates[worst].mean() > 0.0003
    assert ibov[worst].mean() < -0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_curves_start_at_the_overnight_rate_and_have_no_arbitrage(seed: int) -> None:
    economy = simulate(seed, 2026)
    at = _since_opening(economy)[::5]
    quiet = economy.timeline.wait_years[at] > 2.5 / 365.25
    overnight = economy.rates.pre(at[quiet], 1.0 / 252.0)
    np.testing.assert_allclose(overnight, economy.rates.cdi[at[quiet]], atol=1.5e-3)
    terms = np.arange(21, 2521, 21) / 252.0
    logs = np.log1p(economy.rates.pre(at[:, None], terms[None, :])) * terms
    forwards = np.diff(logs, axis=1) / np.diff(terms)
    assert forwards.min() > 0.0  # discount factors fall with the term
    assert np.abs(np.diff(forwards, axis=1)).max() < 0.02  # and the forwards move smoothly
    breakeven = (1 + economy.rates.pre(at, 5.0)) / (1 + economy.rates.real(at, 5.0)) - 1.0
    assert breakeven.min() > 0.01
    assert breakeven.max() < 0.12


def test_copom_moves_by_quarters_after_its_meetings() -> None:
    economy = simulate(7, 2026)
    timeline, target = economy.timeline, economy.rates.selic_target
    steps = np.diff(target)
    moved = np.flatnonzero(np.abs(steps) > 1e-9)
    assert len(moved) > 60
    np.testing.assert_allclose(np.round(steps[moved] / 0.0025), steps[moved] / 0.0025, atol=1e-6)
    assert np.isin(timeline.days[moved], timeline.copom).all()  # in force the day after
    assert np.abs(steps).max() <= 0.0151


def test_eight_meetings_a_year_on_wednesdays() -> None:
    meetings = Timeline(2026).copom
    listed = [day for day in load_meetings().copom if day.year >= 2006]
    assert meetings[: len(listed)].astype(object).tolist() == listed, "the real days, as far as they are known"
    years = meetings.astype("datetime64[Y]")
    assert {int((years == year).sum()) for year in np.unique(years)} == {8}
    assert ((meetings.astype(np.int64) + 3) % 7 == 2).all()


def test_every_yahoo_symbol_has_a_price() -> None:
    economy = simulate(7, 2026)
    for name in set(YAHOO_ASSETS.values()) - {"vix"}:
        assert np.isfinite(economy.assets[name]).all(), name
        assert (economy.assets[name] > 0.0).all(), name
