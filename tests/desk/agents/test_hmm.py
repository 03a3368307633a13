"""The filter by hand and against hmmlearn; names whatever the order of states; a fit that finds regimes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM  # type: ignore[import-untyped]

from desk.agents.cross_asset.hmm import HmmParameters, fit, forward_filter, log_likelihood, name_states
from desk.agents.cross_asset.regimes import FEATURES, REGIMES, WINDOW_WEEKS, refit_weeks, regime_probabilities

CORNERS = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]])


def test_two_states_by_hand() -> None:
    """Start half and half, stay 0.9; the first row is twice as likely in state 0, the second three times in state 1.

    w1: (0.5 x 2, 0.5 x 1) -> (2/3, 1/3). Predicted: 2/3 x 0.9 + 1/3 x 0.1 = 19/30, 11/30.
    w2: (19/30 x 1, 11/30 x 3) = (19, 33) / 30 -> (19/52, 33/52).
    """
    emission = np.log(np.array([[[2.0, 1.0], [1.0, 3.0]]]))
    out = forward_filter(emission, np.array([[0.5, 0.5]]), np.array([[[0.9, 0.1], [0.1, 0.9]]]))
    assert out[0, 0] == pytest.approx([2 / 3, 1 / 3])
    assert out[0, 1] == pytest.approx([19 / 52, 33 / 52])


def test_a_week_that_says_nothing_only_forgets() -> None:
    emission = np.zeros((1, 2, 2))
    emission[0, 0] = np.log([9.0, 1.0])
    out = forward_filter(emission, np.array([[0.5, 0.5]]), np.array([[[0.8, 0.2], [0.2, 0.8]]]))
    assert out[0, 1] == pytest.approx([0.9 * 0.8 + 0.1 * 0.2, 0.9 * 0.2 + 0.1 * 0.8])
    known = log_likelihood(np.array([[[np.nan, np.nan]]]), np.zeros((1, 2, 2)), np.ones((1, 2, 2)))
    assert known.tolist() == [[[0.0, 0.0]]]


def simulated(weeks: int = 400, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Rows of four regimes in turn, fifty weeks each, and the regime of each row."""
    truth = (np.arange(weeks) // 50) % 4
    rng = np.random.default_rng(seed)
    return 1.2 * CORNERS[truth] + rng.normal(0.0, 0.4, (weeks, 2)), truth


def test_the_last_filtered_state_is_hmmlearns_smoothed_one() -> None:
    """At the last row there is nothing left to smooth with, so the two must agree there, on every prefix."""
    rows, _ = simulated(120)
    found = fit(rows, CORNERS)
    model = GaussianHMM(4, "diag")
    model.startprob_, model.transmat_ = found.start, found.transition
    model.means_, model.covars_ = found.means, found.variances
    emission = log_likelihood(rows[None], found.means[None], found.variances[None])
    ours = forward_filter(emission, found.start[None], found.transition[None])[0]
    for cut in (1, 2, 37, 120):
        assert ours[cut - 1] == pytest.approx(model.predict_proba(rows[:cut])[-1], abs=1e-9)


def test_the_fit_finds_the_regimes_and_twice_the_same() -> None:
    rows, truth = simulated()
    found = fit(rows, CORNERS)
    emission = log_likelihood(rows[None], found.means[None], found.variances[None])
    states = forward_filter(emission, found.start[None], found.transition[None])[0].argmax(axis=1)
    assert (states == truth).mean() > 0.95
    again = fit(rows, CORNERS)
    assert all(np.array_equal(getattr(found, n), getattr(again, n)) for n in ("start", "transition", "means"))


def test_names_do_not_depend_on_the_order_of_the_states() -> None:
    means = np.array([[0.9, -0.6, 0.3], [0.2, 1.1, 0.0], [-1.0, 0.4, 2.0], [-0.5, -0.8, 0.0]])
    for order in itertools.permutations(range(4)):
        shuffled = HmmParameters(np.full(4, 0.25), np.full((4, 4), 0.25), means[list(order)], np.ones((4, 3)))
        named = shuffled.reordered(name_states(shuffled.means, REGIMES))
        assert np.array_equal(named.means, means)


def test_two_states_in_one_corner_still_get_two_names() -> None:
    means = np.array([[1.0, -1.0], [0.8, -0.9], [-1.0, 1.0], [-1.0, -1.0]])
    assert sorted(name_states(means, REGIMES).tolist()) == [0, 1, 2, 3]


def weeks_of(count: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    days = np.datetime64("2012-01-02") + 7 * np.arange(count)
    truth = (np.arange(count) // 60) % 4
    features = rng.normal(0.0, 0.5, (count, len(FEATURES)))
    features[:, :2] += 1.2 * CORNERS[truth]
    return features, rng.normal(0.0, 1.0, count), days


def test_probabilities_do_not_see_later_weeks_nor_earlier_than_their_window() -> None:
    features, credit_proxy, days = weeks_of(420)
    whole = regime_probabilities(features, credit_proxy, days)
    for cut in (300, 341, 419):
        assert np.array_equal(
            regime_probabilities(features[:cut], credit_proxy[:cut], days[:cut]), whole[:cut], equal_nan=True
        )
    late = regime_probabilities(features[60:], credit_proxy[60:], days[60:])
    first = int(np.flatnonzero(np.isfinite(late[:, 0]))[0])
    assert np.array_equal(late[first:], whole[60 + first :])
    assert refit_weeks(days)[0] >= WINDOW_WEEKS - 1


def test_each_regime_is_called_by_its_name() -> None:
    features, credit_proxy, days = weeks_of(420)
    whole = regime_probabilities(features, credit_proxy, days)
    known = np.isfinite(whole[:, 0])
    truth = (np.arange(420) // 60) % 4
    assert whole[known].sum(axis=1) == pytest.approx(np.ones(known.sum()))
    assert (whole[known].argmax(axis=1) == truth[known]).mean() > 0.9


@pytest.mark.parametrize("bad", ["growth gone", "constant", "all gone"])
def test_bad_weeks_have_no_regime(bad: str) -> None:
    features, credit_proxy, days = weeks_of(300)
    if bad == "growth gone":
        features[-1, 0] = np.nan
        out = regime_probabilities(features, credit_proxy, days)
        assert np.isnan(out[-1]).all()
        assert np.isfinite(out[-2]).all()
        return
    features[:, 1 if bad == "constant" else slice(None)] = 0.04 if bad == "constant" else np.nan
    assert np.isnan(regime_probabilities(features, credit_proxy, days)).all()


def test_where_the_credit_spread_is_short_the_stand_in_is_used_throughout() -> None:
    features, credit_proxy, days = weeks_of(300)
    with_spread = regime_probabilities(features, credit_proxy, days)
    short = features.copy()
    short[:200, FEATURES.index("credit")] = np.nan
    replaced = features.copy()
    replaced[:, FEATURES.index("credit")] = credit_proxy
    assert np.array_equal(
        regime_probabilities(short, credit_proxy, days),
        regime_probabilities(replaced, credit_proxy, days),
        equal_nan=True,
    )
    assert not np.array_equal(regime_probabilities(short, credit_proxy, days), with_spread, equal_nan=True)
