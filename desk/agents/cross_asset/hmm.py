"""A Gaussian hidden Markov model under tempered evidence: fitted by EM, filtered forward in time. Ours, in NumPy.

Evidence is tempered: the log density of an observation counts `weights[k]`, the share of an independent observation
that it is, so that a twelve-month number that is published every month counts once a year (a power likelihood: Bissiri,
Holmes, Walker 2016; Miller and Dunson 2019). An unknown cell is no evidence. Probabilities are filtered, not smoothed:
that of a state in a week uses that week and earlier weeks only. B models run side by side, one a refit; none depends on
another.
Sources: Hamilton (1989) for the filter, Baum, Petrie, Soules and Weiss (1970) for EM.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray

STAY = 0.97
"""Probability of staying in a state for one more week: a mean duration of about eight months. It is not estimated: five
years hold some eight changes of state, and twelve ways to change."""
ITERATIONS = 30
SMALLEST_VARIANCE = 0.05
PRIOR_WEIGHT = 1.0
"""Independent observations that a state's prior counts for: a unit information prior (Kass and Wasserman 1995)."""


@dataclass(frozen=True)
class StatePrior:
    """Prior of S states over K features, in standardised units: `means` and `variances` (S, K)."""

    means: FloatArray
    variances: FloatArray


@dataclass(frozen=True)
class HmmParameters:
    """Of B models: `means` and `variances` (B, S, K), in standardised units."""

    means: FloatArray
    variances: FloatArray


def transition_matrix(states: int) -> FloatArray:
    """(S, S): STAY on the diagonal, the rest equally likely."""
    leave = (1.0 - STAY) / (states - 1)
    return np.full((states, states), leave) + np.eye(states) * (STAY - leave)


def fit(rows: FloatArray, weights: FloatArray, prior: StatePrior) -> HmmParameters:
    """Means and variances by EM on rows (B, W, K) with NaN for no evidence; the posterior's mode under `prior`.

    State s begins at its own prior and is pulled to it by PRIOR_WEIGHT observations, so that it is the same state in
    every refit. No random number is drawn, and the number of iterations is fixed: the same rows give the same model.
    """
    shape = (len(rows), *prior.means.shape)
    model = HmmParameters(np.broadcast_to(prior.means, shape), np.broadcast_to(prior.variances, shape))
    known = np.isfinite(rows)
    values, counted = np.where(known, rows, 0.0), known * weights
    pull = PRIOR_WEIGHT * prior.means
    for _ in range(ITERATIONS):
        share = smoothed(log_likelihood(rows, model, weights))
        evidence = np.einsum("bws,bwk->bsk", share, counted)
        total = np.einsum("bws,bwk->bsk", share, counted * values)
        squares = np.einsum("bws,bwk->bsk", share, counted * values**2)
        means = (total + pull) / (evidence + PRIOR_WEIGHT)
        spread = squares - 2.0 * means * total + means**2 * evidence
        spread = spread + PRIOR_WEIGHT * (prior.variances + (means - prior.means) ** 2)
        model = HmmParameters(means, np.maximum(spread / (evidence + PRIOR_WEIGHT), SMALLEST_VARIANCE))
    return model


def log_likelihood(rows: FloatArray, model: HmmParameters, weights: FloatArray) -> FloatArray:
    """Tempered log density of the known cells under each state's diagonal Gaussian: (B, W, K) -> (B, W, S)."""
    x, mean, variance = rows[:, :, None, :], model.means[:, None, :, :], model.variances[:, None, :, :]
    parts = -0.5 * weights * (np.log(2.0 * np.pi * variance) + (x - mean) ** 2 / variance)
    return np.asarray(np.where(np.isfinite(x), parts, 0.0).sum(axis=3))


def forward_filter(log_emission: FloatArray) -> FloatArray:
    """P(state in week w | weeks up to w), every state equally likely at first. (B, W, S) -> (B, W, S)."""
    likelihood = _likelihood(log_emission)
    filtered: FloatArray = np.empty_like(likelihood)
    transition = transition_matrix(likelihood.shape[2])
    predicted = np.full(likelihood[:, 0].shape, 1.0 / likelihood.shape[2])
    for week in range(likelihood.shape[1]):
        joint = predicted * likelihood[:, week]
        filtered[:, week] = joint / joint.sum(axis=1, keepdims=True)
        predicted = np.einsum("bi,ij->bj", filtered[:, week], transition)
    return filtered


def smoothed(log_emission: FloatArray) -> FloatArray:
    """P(state in week w | all weeks), for the fit alone. (B, W, S) -> (B, W, S)."""
    likelihood, filtered = _likelihood(log_emission), forward_filter(log_emission)
    transition = transition_matrix(likelihood.shape[2])
    out: FloatArray = np.empty_like(filtered)
    behind = np.ones(likelihood[:, 0].shape)
    for week in range(likelihood.shape[1] - 1, -1, -1):
        joint = filtered[:, week] * behind
        out[:, week] = joint / joint.sum(axis=1, keepdims=True)
        behind = np.einsum("ij,bj->bi", transition, likelihood[:, week] * behind)
        behind = behind / behind.sum(axis=1, keepdims=True)
    return out


def _likelihood(log_emission: FloatArray) -> FloatArray:
    """Densities by week up to a factor, the largest 1."""
    return np.asarray(np.exp(log_emission - log_emission.max(axis=2, keepdims=True)))
