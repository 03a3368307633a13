"""Filter and smoother by hand, by enumeration of every path and against hmmlearn; EM against its own objective."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM  # type: ignore[import-untyped]

from desk.agents.cross_asset import hmm
from desk.agents.cross_asset.hmm import HmmParameters, StatePrior, fit, forward_filter, log_likelihood, smoothed
from desk.arrays import FloatArray, IntArray

CORNERS = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]])
PRIOR = StatePrior(CORNERS, np.ones((4, 2)))
WHOLE = np.ones(2)


def test_two_states_by_hand() -> None:
    """Start half and half, stay 0.97; the first row is twice as likely in state 0, the second three times in state 1.

    w1: (0.5 x 2, 0.5 x 1) -> (2/3, 1/3). Predicted: 2/3 x 0.97 + 1/3 x 0.03 = 1.97/3, 1.03/3.
    w2: (1.97 x 1, 1.03 x 3) -> (1.97, 3.09) / 5.06.
    """
    out = forward_filter(np.log(np.array([[[2.0, 1.0], [1.0, 3.0]]])))
    assert out[0, 0] == pytest.approx([2 / 3, 1 / 3])
    assert out[0, 1] == pytest.approx([1.97 / 5.06, 3.09 / 5.06])


def test_a_week_without_evidence_only_forgets() -> None:
    emission = np.zeros((1, 2, 2))
    emission[0, 0] = np.log([9.0, 1.0])
    assert forward_filter(emission)[0, 1] == pytest.approx([0.9 * 0.97 + 0.1 * 0.03, 0.9 * 0.03 + 0.1 * 0.97])
    nothing = HmmParameters(np.zeros((1, 2, 2)), np.ones((1, 2, 2)))
    assert log_likelihood(np.array([[[np.nan, np.nan]]]), nothing, WHOLE).tolist() == [[[0.0, 0.0]]]


def test_filter_and_smoother_are_the_sums_over_every_path() -> None:
    """Bayes' rule by brute force: 3^5 paths of 5 weeks and 3 states."""
    emission = np.random.default_rng(3).normal(0.0, 1.0, (1, 5, 3))
    transition = hmm.transition_matrix(3)

    def joint(path: tuple[int, ...], upto: int) -> float:
        moves = np.prod([transition[a, b] for a, b in itertools.pairwise(path)])
        return float(moves * np.exp(sum(emission[0, week, path[week]] for week in range(upto))))

    found, whole = forward_filter(emission), smoothed(emission)
    for week in range(5):
        for probabilities, upto in ((found, week + 1), (whole, 5)):
            mass = np.zeros(3)
            for path in itertools.product(range(3), repeat=5):
                mass[path[week]] += joint(path, upto)
            assert probabilities[0, week] == pytest.approx(mass / mass.sum(), abs=1e-12)


def simulated(weeks: int = 400, seed: int = 2) -> tuple[FloatArray, IntArray]:
    """Rows of four regimes in turn, fifty weeks each, and the regime of each row."""
    truth = (np.arange(weeks, dtype=np.int64) // 50) % 4
    rng = np.random.default_rng(seed)
    return 1.2 * CORNERS[truth] + rng.normal(0.0, 0.4, (weeks, 2)), truth


def test_untempered_probabilities_are_hmmlearns() -> None:
    rows, _ = simulated(120)
    found = fit(rows[None], WHOLE, PRIOR)
    model = GaussianHMM(4, "diag")
    model.startprob_, model.transmat_ = np.full(4, 0.25), hmm.transition_matrix(4)
    model.means_, model.covars_ = found.means[0], found.variances[0]
    emission = log_likelihood(rows[None], found, WHOLE)
    assert smoothed(emission)[0] == pytest.approx(model.predict_proba(rows), abs=1e-9)
    ours = forward_filter(emission)[0]
    for cut in (1, 2, 37, 120):
        assert ours[cut - 1] == pytest.approx(model.predict_proba(rows[:cut])[-1], abs=1e-9)


def test_one_em_step_is_hmmlearns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The means of one step from the same start, without tempering, under hmmlearn's prior of means."""
    rows, _ = simulated(200)
    monkeypatch.setattr(hmm, "ITERATIONS", 1)
    found = fit(rows[None], WHOLE, PRIOR)
    model = GaussianHMM(4, "diag", n_iter=1, init_params="", params="m", means_prior=CORNERS, means_weight=1.0)
    model.startprob_, model.transmat_ = np.full(4, 0.25), hmm.transition_matrix(4)
    model.means_, model.covars_ = CORNERS.copy(), np.ones((4, 2))
    model.fit(rows)
    assert found.means[0] == pytest.approx(model.means_, abs=1e-9)


def test_every_step_of_em_raises_what_it_maximises(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tempered evidence times the prior never falls, with cells without evidence and weights below one."""
    rows, _ = simulated(150)
    rows[::3, 0] = np.nan
    weights = np.array([0.3, 0.7])

    def objective(model: HmmParameters) -> float:
        emission = log_likelihood(rows[None], model, weights)[0]
        ahead, total = np.full(4, 0.25), 0.0
        for row in emission:
            total += float(np.log(ahead @ np.exp(row)))
            here = ahead * np.exp(row)
            ahead = here / here.sum() @ hmm.transition_matrix(4)
        spread = model.variances[0]
        prior = np.log(spread) + (PRIOR.variances + (model.means[0] - CORNERS) ** 2) / spread
        return total - 0.5 * float(prior.sum())

    values = []
    for steps in range(1, 12):
        monkeypatch.setattr(hmm, "ITERATIONS", steps)
        values.append(objective(fit(rows[None], weights, PRIOR)))
    assert (np.diff(values) > -1e-9).all()
    assert values[-1] > values[0] + 0.1


def test_the_fit_finds_the_regimes_each_as_its_own_state_and_twice_the_same() -> None:
    rows, truth = simulated()
    found = fit(rows[None], WHOLE, PRIOR)
    states = forward_filter(log_likelihood(rows[None], found, WHOLE))[0].argmax(axis=1)
    assert (states == truth).mean() > 0.95
    again = fit(rows[None], WHOLE, PRIOR)
    assert np.array_equal(found.means, again.means)
    assert np.array_equal(found.variances, again.variances)


def test_a_model_does_not_depend_on_those_beside_it() -> None:
    rows = np.stack([simulated(120, seed)[0] for seed in range(5)])
    together, alone = fit(rows, WHOLE, PRIOR), fit(rows[3:4], WHOLE, PRIOR)
    assert np.array_equal(together.means[3], alone.means[0])
    assert np.array_equal(together.variances[3], alone.variances[0])


def test_without_evidence_a_state_is_its_prior() -> None:
    found = fit(np.full((1, 50, 2), np.nan), WHOLE, PRIOR)
    assert np.array_equal(found.means[0], CORNERS)
    assert np.array_equal(found.variances[0], np.ones((4, 2)))


def test_a_twelfth_of_the_evidence_twelve_times_is_the_evidence_once() -> None:
    """What tempering is for: twelve readings of one number tell what one tells."""
    model = HmmParameters(CORNERS[None], np.ones((1, 4, 2)))
    once = log_likelihood(np.array([[[0.7, -0.2]]]), model, WHOLE)
    often = log_likelihood(np.tile([[0.7, -0.2]], (1, 12, 1)), model, WHOLE / 12.0)
    assert often.sum(axis=1) == pytest.approx(once.sum(axis=1))
