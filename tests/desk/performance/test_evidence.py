"""Deflated Sharpe ratio and probability of overfitting: published numbers, and what luck and skill look like."""

from __future__ import annotations

import numpy as np
import pytest

from desk.catalog.strategy_evidence import EVIDENCE
from desk.errors import BadInput
from desk.performance.evidence import (
    luckiest_sharpe,
    overfitting_probability,
    probabilistic_sharpe,
    records,
)
from desk.performance.mixes import (
    FLOOR,
    PRIOR_SHARPE,
    equal_weights,
    evidence_weights,
    mix_statistics,
    posterior_weights,
)

RNG = np.random.default_rng(12)
NOISE = RNG.normal(0.0, 0.005, (2_500, 24))


def test_the_authors_example() -> None:
    """Bailey and Lopez de Prado 2014: the best of 100 trials of annual variance 1/2, 2.5 over five years of 250 days,
    skew -3, kurtosis 10: 0.1132 a day is luck, and the deflated Sharpe ratio is 0.9004."""
    luck = luckiest_sharpe(0.5 / 250, 100)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(2.5 / 250**0.5, luck, 1_250, -3.0, 10.0) == pytest.approx(0.9004, abs=5e-5)


def test_the_probabilistic_sharpe_ratio_is_the_tests_of_a_mean_for_normal_returns() -> None:
    assert probabilistic_sharpe(0.0, 0.0, 500, 0.0, 3.0) == 0.5
    assert probabilistic_sharpe(0.1, 0.0, 401, 0.0, 3.0) == pytest.approx(0.9770, abs=1e-3)  # t = 2 / sqrt(1.005)
    with pytest.raises(BadInput, match="a Sharpe ratio of 1 days"):
        probabilistic_sharpe(0.1, 0.0, 1, 0.0, 3.0)
    with pytest.raises(BadInput, match="no returns have skew 30"):
        probabilistic_sharpe(0.1, 0.0, 100, 30.0, 3.0)
    with pytest.raises(BadInput, match="0 trials"):
        luckiest_sharpe(0.1, 0)
    assert luckiest_sharpe(0.1, 1) == 0.0


def test_luck_is_no_evidence_and_skill_is() -> None:
    names = [str(place) for place in range(24)]
    assert not any(one.is_evidence for one in records(names, NOISE))
    skilled = NOISE.copy()
    skilled[:, 5] += 0.005 * 2.5 / 252**0.5
    found = records(names, skilled)
    assert [one.strategy_id for one in found if one.is_evidence] == ["5"]
    assert found[5].deflated is not None
    assert found[5].above_zero is not None
    assert EVIDENCE <= found[5].deflated < found[5].above_zero
    assert found[5].sharpe == pytest.approx(2.5, abs=3 * (found[5].error or 0.0))


def test_a_record_that_is_too_short_or_flat_says_nothing() -> None:
    returns = np.full((400, 3), np.nan)
    returns[-100:, 0], returns[:, 1], returns[:, 2] = 0.001, 0.0, RNG.normal(0, 0.01, 400)
    short, flat, real = records(["short", "flat", "real"], returns)
    assert (short.days, short.sharpe, short.deflated) == (100, None, None)
    assert (flat.sharpe, flat.is_evidence) == (None, False)
    assert real.sharpe is not None


def test_the_best_of_noise_is_overfitted_half_the_time_and_one_that_is_better_never() -> None:
    found = overfitting_probability(NOISE)
    assert found is not None
    assert 0.25 < found < 0.8
    better = NOISE.copy()
    better[:, 3] += 0.001
    assert overfitting_probability(better) == 0.0
    turned = np.concatenate([np.tile([0.001, -0.001], (8, 1)), np.tile([-0.001, 0.001], (8, 1))])
    turned = turned.repeat(50, axis=0) + RNG.normal(0, 1e-5, (800, 2))
    assert (overfitting_probability(turned) or 0.0) > 0.7, "what is best in one half is worst in the other"
    assert overfitting_probability(NOISE[:, :1]) is None
    assert overfitting_probability(NOISE[:10]) is None


def test_weights_by_evidence_see_nothing_of_their_own_year() -> None:
    days = np.arange("2015-01-01", "2019-01-01", dtype="datetime64[D]")
    returns = RNG.normal(0, 0.005, (len(days), 5))
    whole = evidence_weights(days, returns)
    changed = returns.copy()
    changed[-100:, 0] *= -1.0
    cut = len(days) - 365
    assert np.array_equal(whole[:cut], evidence_weights(days, changed)[:cut])
    assert np.allclose(whole[:365], equal_weights(returns)[:365]), "without a record all are equal"


def test_a_record_moves_a_weight_from_the_prior_and_a_bad_one_not_below_the_floor() -> None:
    returns = np.tile([0.001, -0.001], (1_260, 1)) + RNG.normal(0, 0.005, (1_260, 2))
    good, bad = posterior_weights(returns)
    assert good > 0.5 > bad
    assert bad / good >= FLOOR * PRIOR_SHARPE / 3.2 * 0.9
    assert posterior_weights(np.full((10, 4), np.nan)).tolist() == [0.25] * 4


def test_the_statistics_of_a_mix() -> None:
    found = mix_statistics(np.array([0.01, -0.02, 0.01, 0.02]))
    assert found.worst_drawdown == pytest.approx(0.02)
    assert found.excess == pytest.approx(0.005 * 252)
    assert mix_statistics(np.zeros(5)).sharpe is None
