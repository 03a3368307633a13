"""A Gaussian hidden Markov model: fitted by EM, filtered forward in time, states named by their means.

Probabilities are filtered, not smoothed: the probability of a state in a week uses that week and earlier weeks only.
Several models are filtered at once, one per refit. Source: Hamilton (1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from hmmlearn.base import ConvergenceMonitor  # type: ignore[import-untyped]
from hmmlearn.hmm import GaussianHMM  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment

from desk.arrays import FloatArray, IntArray

STAY = 0.97
"""Prior probability of staying in a state for one more week: a mean duration of about eight months."""
ITERATIONS, TOLERANCE = 25, 0.05
SMALLEST_VARIANCE = 0.05


@dataclass(frozen=True)
class HmmParameters:
    """Parameters of S states and K features, in standardised units.

    `start` (S,), `transition` (S, S), `means` and `variances` (S, K).
    """

    start: FloatArray
    transition: FloatArray
    means: FloatArray
    variances: FloatArray

    def reordered(self, order: IntArray) -> HmmParameters:
        """The same model with its states in `order` (S,)."""
        return HmmParameters(
            self.start[order], self.transition[np.ix_(order, order)], self.means[order], self.variances[order]
        )


def fit(rows: FloatArray, corners: FloatArray) -> HmmParameters:
    """Parameters by EM on complete rows (n, K). State s starts at the mean of the rows nearest to its corner.

    `corners` (S, K) are also the prior means, with the weight of one row each, so that a state without rows stays at
    its corner. No random number is drawn: the same rows give the same model.
    """
    nearest = ((rows[:, None, :] - corners[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    begin = np.stack([_mean_or(rows[nearest == s], corner) for s, corner in enumerate(corners)])
    states = len(corners)
    model = GaussianHMM(
        states,
        "diag",
        n_iter=ITERATIONS,
        tol=TOLERANCE,
        init_params="",
        means_prior=corners,
        means_weight=1.0,
        min_covar=SMALLEST_VARIANCE,
    )
    model.startprob_ = np.full(states, 1.0 / states)
    model.transmat_ = np.full((states, states), (1.0 - STAY) / (states - 1)) + np.eye(states) * (
        STAY - (1.0 - STAY) / (states - 1)
    )
    model.means_, model.covars_ = begin, np.ones(begin.shape)
    model.monitor_ = _QuietMonitor(TOLERANCE, ITERATIONS, verbose=False)
    model.fit(rows)
    variances = np.maximum(np.stack([np.diag(cov) for cov in model.covars_]), SMALLEST_VARIANCE)
    return HmmParameters(model.startprob_, model.transmat_, model.means_, variances)


class _QuietMonitor(ConvergenceMonitor):  # type: ignore[misc]
    """hmmlearn's monitor without its log message about a falling likelihood: with a prior, EM raises the posterior."""

    def report(self, log_prob: float) -> None:
        """Record the log likelihood of an iteration."""
        self.history.append(log_prob)
        self.iter += 1


def _mean_or(rows: FloatArray, otherwise: FloatArray) -> FloatArray:
    return np.asarray(rows.mean(axis=0)) if len(rows) else otherwise


def name_states(means: FloatArray, signs: Mapping[str, tuple[int, int]]) -> IntArray:
    """Index of the state of each name, in the order of `signs`, by optimal one-to-one assignment. Shape: (S,).

    `signs`: name -> signs of growth and inflation, the first two columns of `means` (S, K).
    """
    target_signs = np.array(list(signs.values()), dtype=np.float64)
    agreement = target_signs @ means[:, :2].T
    return np.asarray(linear_sum_assignment(-agreement)[1], dtype=np.int64)


def log_likelihood(values: FloatArray, means: FloatArray, variances: FloatArray) -> FloatArray:
    """Log density of the known columns under each state's diagonal Gaussian. (B, W, K), two (B, S, K) -> (B, W, S)."""
    x, mean, variance = values[:, :, None, :], means[:, None, :, :], variances[:, None, :, :]
    parts = -0.5 * (np.log(2.0 * np.pi * variance) + (x - mean) ** 2 / variance)
    return np.asarray(np.where(np.isfinite(x), parts, 0.0).sum(axis=3))


def forward_filter(log_emission: FloatArray, start: FloatArray, transition: FloatArray) -> FloatArray:
    """P(state in week w | weeks up to w): (B, W, S), (B, S), (B, S, S) -> (B, W, S). Source: Hamilton (1989)."""
    likelihood = np.exp(log_emission - log_emission.max(axis=2, keepdims=True))
    filtered: FloatArray = np.empty_like(likelihood)
    predicted = start
    for week in range(likelihood.shape[1]):
        joint = predicted * likelihood[:, week]
        filtered[:, week] = joint / joint.sum(axis=1, keepdims=True)
        predicted = np.einsum("bi,bij->bj", filtered[:, week], transition)
    return filtered
