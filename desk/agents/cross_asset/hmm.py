"""A Gaussian hidden Markov model: fitted by EM, filtered forward by our own recursion, states named by their means.

Filtered, not smoothed: the probability of a state at a week uses that week and earlier ones only. Many models are
filtered at once, one per refit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hmmlearn.base import ConvergenceMonitor  # type: ignore[import-untyped]
from hmmlearn.hmm import GaussianHMM  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment

from desk.arrays import FloatArray

STAY = 0.97
"""A state lasts about eight months of weeks before anything was seen."""
ITERATIONS, TOLERANCE = 25, 0.05
SMALLEST_VARIANCE = 0.05


@dataclass(frozen=True)
class Parameters:
    """start (S,), transition (S, S), means and variances (S, K), all in standardised units."""

    start: FloatArray
    transition: FloatArray
    means: FloatArray
    variances: FloatArray

    def permuted(self, order: npt.NDArray[np.int64]) -> Parameters:
        return Parameters(
            self.start[order], self.transition[np.ix_(order, order)], self.means[order], self.variances[order]
        )


def fit(rows: FloatArray, corners: FloatArray) -> Parameters:
    """EM on complete rows (n, K) from a fixed start: state s begins at the mean of the rows nearest to its corner.

    `corners` (S, K) are also the prior of the means, worth one row each, so that a state that nothing falls into stays
    where it was put. No random number is drawn.
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
    model.monitor_ = _Silent(TOLERANCE, ITERATIONS, verbose=False)
    model.fit(rows)
    variances = np.maximum(np.stack([np.diag(cov) for cov in model.covars_]), SMALLEST_VARIANCE)
    return Parameters(model.startprob_, model.transmat_, model.means_, variances)


class _Silent(ConvergenceMonitor):  # type: ignore[misc]
    """hmmlearn's own, without its log: the likelihood may dip a little, since what EM raises has the prior inside."""

    def report(self, log_prob: float) -> None:
        self.history.append(log_prob)
        self.iter += 1


def _mean_or(rows: FloatArray, otherwise: FloatArray) -> FloatArray:
    return np.asarray(rows.mean(axis=0)) if len(rows) else otherwise


def name_states(means: FloatArray, signs: Mapping[str, tuple[int, int]]) -> npt.NDArray[np.int64]:
    """For each name, in order, the state that is it: one to one, so that growth and inflation (the first two columns of
    `means`) agree with the names' signs as well as they can. Shape: (S,).
    """
    wanted = np.array(list(signs.values()), dtype=np.float64)
    agreement = wanted @ means[:, :2].T
    return np.asarray(linear_sum_assignment(-agreement)[1], dtype=np.int64)


def log_likelihood(values: FloatArray, means: FloatArray, variances: FloatArray) -> FloatArray:
    """ln N(values | state) by diagonal Gaussians, over the columns known. (B, W, K), (B, S, K) twice -> (B, W, S)."""
    x, mean, variance = values[:, :, None, :], means[:, None, :, :], variances[:, None, :, :]
    parts = -0.5 * (np.log(2.0 * np.pi * variance) + (x - mean) ** 2 / variance)
    return np.asarray(np.where(np.isfinite(x), parts, 0.0).sum(axis=3))


def forward_filter(log_emission: FloatArray, start: FloatArray, transition: FloatArray) -> FloatArray:
    """P(state at w | rows up to w). Shapes: (B, W, S), (B, S), (B, S, S) -> (B, W, S). Source: Hamilton (1989)."""
    likelihood = np.exp(log_emission - log_emission.max(axis=2, keepdims=True))
    filtered: FloatArray = np.empty_like(likelihood)
    predicted = start
    for week in range(likelihood.shape[1]):
        joint = predicted * likelihood[:, week]
        filtered[:, week] = joint / joint.sum(axis=1, keepdims=True)
        predicted = np.einsum("bi,bij->bj", filtered[:, week], transition)
    return filtered
