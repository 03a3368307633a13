"""Black-Litterman: a prior of expected returns, views with their uncertainty, and what follows from both.

The mean of returns is itself uncertain: it is normal round the prior pi with covariance tau x Sigma. K views say that
the portfolios in the rows of P earn q, with independent errors of variance omega. Bayes gives

    mean = pi + K (q - P pi),   M = tau Sigma - K P tau Sigma,   K = tau Sigma P' (P tau Sigma P' + diag(omega))^-1

and a return drawn from it has the predictive covariance Sigma + M. Every function takes one day or a stack of days:
vectors (..., N), matrices (..., N, N), picks (..., K, N), views (..., K); leading axes broadcast, and a day's numbers
do not depend on the days beside it.

Sources: He and Litterman, "The intuition behind Black-Litterman model portfolios", Goldman Sachs (1999); Idzorek, "A
step-by-step guide to the Black-Litterman model" (2004); Walters, "The Black-Litterman model in detail" (2014), who
shows that Idzorek's confidence has the closed form used here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadInput


@dataclass(frozen=True)
class Views:
    """`pick` (..., K, N): the portfolio that each view is about, signed. `expected` (..., K): its return, in the unit
    of the prior. `uncertainty` (..., K): the variance of the view's error; 0 is certainty, inf is no view at all."""

    pick: FloatArray
    expected: FloatArray
    uncertainty: FloatArray


@dataclass(frozen=True)
class Posterior:
    """`mean` (..., N) in the prior's unit, and the predictive `covariance` (..., N, N) = Sigma + M."""

    mean: FloatArray
    covariance: FloatArray


def optimal_weights(delta: npt.ArrayLike, covariance: npt.ArrayLike, mean: npt.ArrayLike) -> FloatArray:
    """Unconstrained weights (..., N) of the best mean less delta / 2 x variance: (delta x Sigma)^-1 x mean.

    Raises BadInput where an instrument has no variance of its own.
    """
    aversion, matrix = np.asarray(delta, dtype=np.float64), _floats(covariance)
    try:
        solved = np.linalg.solve(matrix, _floats(mean)[..., None])[..., 0]
    except np.linalg.LinAlgError as error:
        raise BadInput("Black-Litterman: an instrument has no variance of its own") from error
    return np.asarray(solved / aversion[..., None])


def proportional_uncertainty(covariance: npt.ArrayLike, pick: npt.ArrayLike, tau: float) -> FloatArray:
    """He and Litterman's omega (..., K): a view is as uncertain as the prior is about the same portfolio."""
    picks = _floats(pick)
    return np.asarray(tau * (picks * (picks @ _floats(covariance))).sum(axis=-1))


def uncertainty_of_confidence(
    covariance: npt.ArrayLike, pick: npt.ArrayLike, tau: float, confidence: npt.ArrayLike
) -> FloatArray:
    """Idzorek's omega (..., K) from confidences (..., K) in 0 to 1: the share of the way from the prior to the view.

    0 gives inf (no view), 0.5 He and Litterman's omega, 1 gives 0. NaN counts as no view. Raises BadInput outside.
    """
    share = _floats(confidence)
    if ((share < 0.0) | (share > 1.0)).any():
        raise BadInput(f"Black-Litterman: a confidence of {share[(share < 0.0) | (share > 1.0)][0]} is not in 0 to 1")
    share = np.nan_to_num(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(share > 0.0, (1.0 - share) / share, np.inf)
        own = proportional_uncertainty(covariance, pick, tau)
        return np.asarray(np.where(np.isinf(odds), np.inf, odds * own))


def posterior(prior: npt.ArrayLike, covariance: npt.ArrayLike, views: Views, tau: float) -> Posterior:
    """Mean (..., N) and predictive covariance (..., N, N) given the views; without any, the prior and (1 + tau) Sigma.

    A view of infinite uncertainty is left out, whatever it expects. Raises BadInput where a number that counts is not
    finite, and where certain views (uncertainty 0) contradict or repeat each other.
    """
    pi, sigma = _floats(prior), _floats(covariance)
    pick, expected, omega = _counting(views)
    if not (np.isfinite(pi).all() and np.isfinite(sigma).all()):
        raise BadInput("Black-Litterman: the prior or the covariance holds a number that is not finite")
    reach = tau * pick @ sigma
    own = reach @ np.swapaxes(pick, -1, -2)
    # a portfolio without variance (its instruments are unknown that day) learns nothing, however certain its view
    dead = (np.diagonal(own, axis1=-2, axis2=-1) == 0.0) & (omega == 0.0)
    own = own + np.where(dead, 1.0, omega)[..., None] * np.eye(own.shape[-1])
    surprise = expected - _pull(pick, pi)
    try:
        gain = np.swapaxes(np.linalg.solve(own, reach), -1, -2)
    except np.linalg.LinAlgError as error:
        raise BadInput("Black-Litterman: certain views repeat or contradict each other") from error
    mean = pi + _pull(gain, surprise)
    spread = (1.0 + tau) * sigma - gain @ reach
    return Posterior(np.asarray(mean), np.asarray((spread + np.swapaxes(spread, -1, -2)) / 2.0))


def _counting(views: Views) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pick, expected and omega with a view that does not count as an empty portfolio that earns nothing."""
    omega = _floats(views.uncertainty)
    if np.isnan(omega).any() or (omega < 0.0).any():
        raise BadInput("Black-Litterman: a view's uncertainty is a variance: not negative, not NaN")
    counts = np.isfinite(omega)
    pick = np.where(counts[..., None], _floats(views.pick), 0.0)
    expected = np.where(counts, _floats(views.expected), 0.0)
    if not (np.isfinite(pick).all() and np.isfinite(expected).all()):
        raise BadInput("Black-Litterman: a view with a finite uncertainty lacks its portfolio or its return")
    return pick, expected, np.where(counts, omega, 1.0)


def _pull(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[..., None])[..., 0])


def _floats(values: npt.ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
