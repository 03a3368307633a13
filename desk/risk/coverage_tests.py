"""Tests of a VaR by its exceptions: the likelihood-ratio tests of their number and of their clustering.

Sources: Kupiec 1995 (number), Christoffersen 1998 (independence, conditional coverage), Basel Committee 1996 (zones),
Acerbi and Szekely, "Backtesting expected shortfall", Risk, December 2014 (their second test, of expected shortfall).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from desk.arrays import BoolArray, FloatArray
from desk.errors import BadInput

BASEL_YELLOW, BASEL_RED = 5, 10
ZONES = ("green", "yellow", "red")
Z2_REJECT_5, Z2_REJECT_BASEL = -0.70, -1.8
"""Acerbi and Szekely's critical values of Z2 for 250 days at 97.5%, at 5% and at 0.01%: much the same for a normal and
for a Student t of any degrees from 3 on."""


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """A likelihood-ratio statistic and the chance of a larger one where the model is right."""

    statistic: float
    p_value: float


def kupiec(observations: int, exceptions: int, tail: float) -> LikelihoodRatio:
    """Whether `exceptions` of `observations` fit a tail of `tail` (0.05 for VaR 95). Chi-square with one degree.

    Raises BadInput for no observations, and for exceptions that are not among them.
    """
    if not 0 <= exceptions <= observations or observations < 1:
        raise BadInput(f"Kupiec's test: {exceptions} exceptions of {observations} observations")
    if not 0.0 < tail < 1.0:
        raise BadInput(f"Kupiec's test: a tail of {tail} is not between 0 and 1")
    rate = exceptions / observations
    statistic = 2.0 * (_log_binomial(observations, exceptions, rate) - _log_binomial(observations, exceptions, tail))
    return LikelihoodRatio(statistic, float(special.chdtrc(1, statistic)))


def christoffersen(n00: int, n01: int, n10: int, n11: int) -> LikelihoodRatio:
    """Whether an exception makes another one next day likelier. `n01`: calm days followed by an exception.

    Raises BadInput for negative counts and for no pair of days.
    """
    if min(n00, n01, n10, n11) < 0 or n00 + n01 + n10 + n11 < 1:
        raise BadInput(f"Christoffersen's test: {(n00, n01, n10, n11)} are no counts of pairs of days")
    rate = (n01 + n11) / (n00 + n01 + n10 + n11)
    after_calm = n01 / (n00 + n01) if n00 + n01 else 0.0
    after_hit = n11 / (n10 + n11) if n10 + n11 else 0.0
    apart = _log_binomial(n00 + n01, n01, after_calm) + _log_binomial(n10 + n11, n11, after_hit)
    together = _log_binomial(n00 + n01 + n10 + n11, n01 + n11, rate)
    statistic = max(2.0 * (apart - together), 0.0)
    return LikelihoodRatio(statistic, float(special.chdtrc(1, statistic)))


def conditional_coverage(number: LikelihoodRatio, independence: LikelihoodRatio) -> LikelihoodRatio:
    """Christoffersen's joint test of number and independence: the sum of both, chi-square with two degrees."""
    statistic = number.statistic + independence.statistic
    return LikelihoodRatio(statistic, float(special.chdtrc(2, statistic)))


def transitions(hits: BoolArray) -> tuple[int, int, int, int]:
    """(n00, n01, n10, n11) of consecutive days of `hits` (S,)."""
    before, after = hits[:-1], hits[1:]
    pairs = ((~before & ~after), (~before & after), (before & ~after), (before & after))
    n00, n01, n10, n11 = (int(pair.sum()) for pair in pairs)
    return n00, n01, n10, n11


def basel_zone(exceptions: int) -> str:
    """Of 250 days at 99%."""
    return ZONES[zone_number(exceptions)]


def zone_number(exceptions: int) -> int:
    """0 green, 1 yellow, 2 red."""
    return int(exceptions >= BASEL_YELLOW) + int(exceptions >= BASEL_RED)


def acerbi_szekely(pnl: FloatArray, var: FloatArray, shortfall: FloatArray, tail: float) -> float:
    """Z2 = 1 + sum of P&L on days that pass VaR / (days x tail x ES), of P&L, VaR and ES (S,) of the same `tail`.

    Zero is expected of a right model, minus means that losses in the tail were more, or larger, than ES. NaN when
    any of them is unknown or an ES is not positive.
    """
    if not len(pnl) or not (np.isfinite(pnl) & np.isfinite(var) & (shortfall > 0)).all():
        return float("nan")
    return float(1.0 + np.where(-pnl > var, pnl / shortfall, 0.0).sum() / (len(pnl) * tail))


def hits_of(pnl: FloatArray, var: FloatArray) -> FloatArray:
    """One where the loss of the day after passes the VaR (R,), zero where not, NaN where either is unknown (NaN).

    Raises BadInput for an infinite P&L or VaR: that is no unknown day, and would be left out like one.
    """
    if np.isinf(pnl).any() or np.isinf(var).any():
        raise BadInput(f"VaR backtest: row {int(np.flatnonzero(np.isinf(pnl) | np.isinf(var))[0])} is infinite")
    return np.where(np.isfinite(pnl) & np.isfinite(var), (-pnl > var).astype(np.float64), np.nan)


def _log_binomial(observations: int, exceptions: int, rate: float) -> float:
    """Logarithm of rate^x (1 - rate)^(n - x), with 0 ln 0 = 0."""
    return float(special.xlogy(exceptions, rate) + special.xlog1py(observations - exceptions, -rate))
