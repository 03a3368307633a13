"""How sure an agent is of the direction of its view: the chance that the sign of its score is right.

The drivers of an agent are readings of one state: reading = state + error. The state is normal around zero (a driver is
a deviation from its usual) with the agent's `signal`, the error of a reading with its `noise` (agent_fit.toml). The
mean of n readings then has a standard error, made of

- dispersion: how far today's drivers are from each other, with its n - 1 degrees of freedom, and how far they usually
  are, which counts as n more;
- what is missing: fewer drivers, a larger error of their mean;
- age: a reading of `a` days ago is of the state of then, of which 2^(-a / AGE_HALF_LIFE_DAYS) is left.

With state and mean both normal, the chance that the state has the sign of the mean follows: 0.5 says nothing is known,
1 that all is. It is no chance that a trade wins. A random-effects model, as in the pooling of studies: DerSimonian and
Laird, "Meta-analysis in clinical trials", Controlled Clinical Trials 7 (1986).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from desk.arrays import FloatArray
from desk.catalog.agent_fit import AgentFit

AGE_HALF_LIFE_DAYS = 180.0
"""Calendar days after which half of an agent's state is left: on real history the mean of its drivers has a correlation
of 0.37 to 0.53 with that of 126 sessions before (0.09 for the one of markets)."""


def direction_confidence(drivers: FloatArray, ages: FloatArray, fit: AgentFit) -> FloatArray:
    """The chance (T,) that the sign of the drivers' mean is right, 0.5 to 1; NaN without a driver.

    `drivers` (T, J) with NaN for unknown, `ages` (T, J) calendar days since their inputs, NaN or less than zero for
    none.
    """
    expected, variance, _ = _state(drivers, ages, fit)
    return np.asarray(special.ndtr(np.abs(expected) / np.sqrt(variance)))


def sign_chance(drivers: FloatArray, ages: FloatArray, fit: AgentFit) -> FloatArray:
    """The chance (T,) that a reading of today which is not among the drivers has the sign of their mean; NaN without a
    driver. What calibration can look at, since nobody sees the state."""
    expected, variance, noise = _state(drivers, ages, fit)
    return np.asarray(special.ndtr(np.abs(expected) / np.sqrt(variance + noise)))


def _state(drivers: FloatArray, ages: FloatArray, fit: AgentFit) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the state of today is by its drivers (T,): its mean, NaN without a driver, and its variance; and the
    variance of one reading's error."""
    known = np.isfinite(drivers)
    count = known.sum(axis=1)
    number = np.maximum(count, 1)
    mean = np.where(known, drivers, 0.0).sum(axis=1) / number
    apart = (np.where(known, drivers - mean[:, None], 0.0) ** 2).sum(axis=1)
    noise = (apart + number * fit.noise**2) / (2.0 * number - 1.0)
    fresh = np.exp2(-np.maximum(np.nan_to_num(ages), 0.0) / AGE_HALF_LIFE_DAYS)
    left = np.where(known, fresh, 0.0).sum(axis=1) / number
    share = fit.signal**2 / (fit.signal**2 + noise / number)
    expected = np.where(count > 0, left * share * mean, np.nan)
    return expected, fit.signal**2 * (1.0 - left**2 * share), noise


def fit_of(drivers: FloatArray) -> AgentFit:
    """The `signal` and `noise` of an agent on a history of its drivers (T, J): the days' dispersion, and what the size
    of their means has beyond the error of a mean. Days with fewer than three drivers say nothing of it."""
    known = np.isfinite(drivers)
    count = known.sum(axis=1)
    enough = count >= 3
    values, number = np.where(known, drivers, 0.0)[enough], count[enough]
    mean = values.sum(axis=1) / number
    apart = (np.where(known[enough], drivers[enough] - mean[:, None], 0.0) ** 2).sum(axis=1)
    noise = (apart / (number - 1)).mean()
    signal = max(float((mean**2 - apart / (number - 1) / number).mean()), SMALLEST**2)
    return AgentFit(float(np.sqrt(signal)), float(np.sqrt(noise)))


SMALLEST = 0.05
"""Of a signal: where the means are no larger than their error, they say next to nothing."""
