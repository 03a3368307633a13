"""The regime model: evidence only with releases, one identity a state, true names, calibrated probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from bench._regimes import forecasts, simulated_probabilities
from desk.agents.cross_asset.appetite import entropy
from desk.agents.cross_asset.regimes import (
    FEATURES,
    REGIMES,
    WINDOW_WEEKS,
    has_its_signs,
    refit_weeks,
    regime_probabilities,
    releases,
    with_mixed,
)
from desk.arrays import FloatArray
from desk.calendars import Days

CORNERS = np.array(list(REGIMES.values()), dtype=np.float64)
TRUTH = (np.arange(420) // 60) % 4


def weeks_of(count: int, seed: int = 4) -> tuple[FloatArray, FloatArray, Days, Days]:
    """Features, credit proxy, periods and days of an economy that changes its regime every sixty weeks."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2012-01-02") + 7 * np.arange(count)
    features = rng.normal(0.0, 0.5, (count, len(FEATURES)))
    features[:, :2] += 1.2 * CORNERS[TRUTH[:count]]
    periods = np.repeat((days.astype("datetime64[M]") - 2).astype("datetime64[D]")[:, None], 2, axis=1)
    return features, rng.normal(0.0, 1.0, count), periods, days


def test_probabilities_do_not_see_later_weeks_nor_earlier_than_their_window() -> None:
    features, proxy, periods, days = weeks_of(420)
    whole = regime_probabilities(features, proxy, periods, days)
    for cut in (300, 341, 419):
        part = regime_probabilities(features[:cut], proxy[:cut], periods[:cut], days[:cut])
        assert np.array_equal(part, whole[:cut], equal_nan=True)
    late = regime_probabilities(features[60:], proxy[60:], periods[60:], days[60:])
    first = int(np.flatnonzero(np.isfinite(late[:, 0]))[0])
    assert np.array_equal(late[first:], whole[60 + first :])
    assert refit_weeks(days)[0] >= WINDOW_WEEKS - 1


def test_each_regime_is_called_by_its_name_and_keeps_it() -> None:
    """After half a year in it, whatever quarter the model is of."""
    whole = regime_probabilities(*weeks_of(420))
    settled = np.isfinite(whole[:, 0]) & (np.arange(420) % 60 >= 26)
    assert whole[settled].sum(axis=1) == pytest.approx(np.ones(settled.sum()))
    assert (whole[settled].argmax(axis=1) == TRUTH[settled]).mean() > 0.95


def test_a_release_is_a_later_month_and_the_first_week() -> None:
    months = np.array(["2024-01", "2024-01", "2024-02", "NaT", "2024-02", "2024-01", "2024-04"], dtype="datetime64[M]")
    periods = np.column_stack([months, months[::-1]]).astype("datetime64[D]")
    assert releases(periods)[:, 0].tolist() == [True, False, True, False, False, False, True]
    assert releases(periods)[:, 1].tolist() == [True] + [False] * 6


def test_between_releases_nothing_but_a_release_is_evidence() -> None:
    """A number that changes under the same month (a revision, a repeated row) changes no probability of the quarter."""
    features, proxy, periods, days = weeks_of(300)
    fit_week = int(refit_weeks(days)[-1])
    quiet = np.flatnonzero(~releases(periods)[:, 0] & (np.arange(300) > fit_week))
    moved = features.copy()
    moved[quiet, :2] += 3.0
    assert len(quiet) > 5
    assert np.array_equal(
        regime_probabilities(features, proxy, periods, days),
        regime_probabilities(moved, proxy, periods, days),
        equal_nan=True,
    )


def test_a_state_without_its_names_signs_is_mixed() -> None:
    means = np.array([[[0.9, -0.6], [0.2, 1.1], [-1.0, 0.4], [0.1, -0.8]]])
    named = has_its_signs(means)[0]
    assert named.tolist() == [True, True, True, False]
    states = np.array([[0.4, 0.3, 0.2, 0.1], [0.0, 0.0, 0.1, 0.9]])
    assert with_mixed(states, named) == pytest.approx(np.array([[0.4, 0.3, 0.2, 0.0, 0.1], [0.0, 0.0, 0.1, 0.0, 0.9]]))


@pytest.mark.parametrize("bad", ["growth gone", "constant", "all gone"])
def test_bad_weeks_have_no_regime(bad: str) -> None:
    features, proxy, periods, days = weeks_of(300)
    if bad == "growth gone":
        features[-1, 0] = np.nan
        out = regime_probabilities(features, proxy, periods, days)
        assert np.isnan(out[-1]).all()
        assert np.isfinite(out[-2]).all()
        return
    features[:, 1 if bad == "constant" else slice(None)] = 0.04 if bad == "constant" else np.nan
    assert np.isnan(regime_probabilities(features, proxy, periods, days)).all()


def test_where_the_credit_spread_is_short_the_stand_in_is_used_throughout() -> None:
    features, proxy, periods, days = weeks_of(300)
    with_spread = regime_probabilities(features, proxy, periods, days)
    short, replaced = features.copy(), features.copy()
    short[:200, FEATURES.index("credit")] = np.nan
    replaced[:, FEATURES.index("credit")] = proxy
    found = regime_probabilities(short, proxy, periods, days)
    assert np.array_equal(found, regime_probabilities(replaced, proxy, periods, days), equal_nan=True)
    assert not np.array_equal(found, with_spread, equal_nan=True)


def test_entropy_is_none_for_the_certain_and_ln_four_for_who_knows_nothing() -> None:
    columns = np.array([[1.0, 0.25, np.nan], [0.0, 0.25, np.nan], [0.0, 0.25, np.nan], [0.0, 0.25, np.nan]])
    assert entropy(columns)[:2] == pytest.approx([0.0, np.log(4.0)])
    assert np.isnan(entropy(columns)[2])


def test_on_simulated_regimes_what_is_likely_happens() -> None:
    """Numbers over twelve months, published monthly, of forty years: said against what was known a quarter later.

    Better than a coin, never certain of what fails, and within a seventh in every bin that has a year of weeks.
    """
    found = forecasts(*simulated_probabilities(40, seed=1))
    assert found.brier < 0.21
    assert found.calibration_error < 0.10
    for weeks, mean, share in found.bins():
        assert weeks < 52 or abs(mean - share) < 1 / 7
