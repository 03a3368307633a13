"""What a record is evidence of: the deflated Sharpe ratio, and the probability that the best of many was overfitted.

Sharpe ratios here are of one period (a day), not a year. Sources: Bailey and Lopez de Prado, "The Sharpe ratio
efficient frontier", Journal of Risk 15 (2012), for the probabilistic Sharpe ratio; the same, "The deflated Sharpe
ratio", Journal of Portfolio Management 40 (2014); Bailey, Borwein, Lopez de Prado and Zhu, "The
probability of backtest overfitting", Journal of Computational Finance 20 (2016), for the combinatorially symmetric
cross-validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.strategy_evidence import EVIDENCE
from desk.errors import BadInput
from desk.units import DAYS_PER_YEAR

NORMAL = NormalDist()
EULER = 0.5772156649015329
LEAST_DAYS = 252
"""Days that a Sharpe ratio needs to say something."""
BLOCKS = 16
"""Of the cross-validation, as its authors have it: 12,870 halves."""


@dataclass(frozen=True, slots=True)
class Record:
    """One strategy's record: days, Sharpe ratio a year with its standard error, the probability that the true one is
    above zero, and the same beyond what the best of as many trials shows by luck. None where too little is known."""

    strategy_id: str
    days: int
    sharpe: float | None
    error: float | None
    above_zero: float | None
    deflated: float | None

    @property
    def is_evidence(self) -> bool:
        """Whether the record speaks for the strategy."""
        return self.deflated is not None and self.deflated >= EVIDENCE


def probabilistic_sharpe(sharpe: float, benchmark: float, days: int, skew: float, kurtosis: float) -> float:
    """The probability that the true Sharpe ratio is above `benchmark`. `kurtosis`: 3 for a normal.

    Raises BadInput for fewer than two days, and for moments that no returns have.
    """
    if days < 2:
        raise BadInput(f"a Sharpe ratio of {days} days has no distribution")
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not spread > 0:
        raise BadInput(f"no returns have skew {skew} and kurtosis {kurtosis} at a Sharpe ratio of {sharpe}")
    return NORMAL.cdf((sharpe - benchmark) * (days - 1) ** 0.5 / spread**0.5)


def luckiest_sharpe(variance: float, trials: int) -> float:
    """The Sharpe ratio to expect of the best of `trials` without skill, whose ratios have `variance`; 0 for one.

    Raises BadInput for no trial and for a negative variance.
    """
    if trials < 1 or variance < 0:
        raise BadInput(f"{trials} trials of variance {variance} have no best one")
    if trials == 1:
        return 0.0
    first, second = NORMAL.inv_cdf(1.0 - 1.0 / trials), NORMAL.inv_cdf(1.0 - 1.0 / (trials * np.e))
    return float(variance**0.5 * ((1.0 - EULER) * first + EULER * second))


def records(names: Sequence[str], returns: FloatArray) -> list[Record]:
    """The record of each strategy: `returns` (T, S) a day, NaN before its first position. The trials are the strategies
    that have one."""
    own = [returns[np.isfinite(returns[:, place]), place] for place in range(len(names))]
    moments = [_moments(one) for one in own]
    known = [found[0] for found in moments if found is not None]
    luck = luckiest_sharpe(float(np.var(known, ddof=1)) if len(known) > 1 else 0.0, max(len(known), 1))
    rows = []
    for name, one, found in zip(names, own, moments, strict=True):
        if found is None:
            rows.append(Record(name, len(one), None, None, None, None))
            continue
        sharpe, skew, kurtosis = found
        spread = (1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2) / (len(one) - 1)
        rows.append(
            Record(
                name,
                len(one),
                sharpe * DAYS_PER_YEAR**0.5,
                (spread * DAYS_PER_YEAR) ** 0.5,
                probabilistic_sharpe(sharpe, 0.0, len(one), skew, kurtosis),
                probabilistic_sharpe(sharpe, luck, len(one), skew, kurtosis),
            )
        )
    return rows


def _moments(returns: FloatArray) -> tuple[float, float, float] | None:
    """Sharpe ratio, skew and kurtosis; None for fewer than LEAST_DAYS or for returns that do not vary."""
    if len(returns) < LEAST_DAYS or not returns.std() > 0:
        return None
    z = (returns - returns.mean()) / returns.std()
    return float(returns.mean() / returns.std(ddof=1)), float((z**3).mean()), float((z**4).mean())


def overfitting_probability(returns: FloatArray, blocks: int = BLOCKS) -> float | None:
    """The share of all halvings of the days in which the strategy with the best Sharpe ratio in one half is below the
    median in the other. `returns` (T, S), NaN counts as no position; None for fewer than two strategies.

    The days are cut into `blocks` of equal length, the odd ones at the start left out.
    """
    length = len(returns) // blocks
    varied = np.flatnonzero(np.nan_to_num(returns).std(axis=0) > 0)
    if len(varied) < 2 or length < 2:
        return None
    parts = np.nan_to_num(returns[:, varied])[-length * blocks :].reshape(blocks, length, len(varied))
    sums, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    halves = np.zeros((len(list(combinations(range(blocks), blocks // 2))), blocks))
    for row, chosen in enumerate(combinations(range(blocks), blocks // 2)):
        halves[row, chosen] = 1.0
    inside, outside = (_sharpes(half @ sums, half @ squares, length * blocks // 2) for half in (halves, 1.0 - halves))
    best = inside.argmax(axis=1)
    own = outside[np.arange(len(best)), best][:, None]
    rank = (outside < own).sum(axis=1) + 0.5 * (outside == own).sum(axis=1) + 0.5
    return float((rank / (len(varied) + 1.0) <= 0.5).mean())


def _sharpes(total: FloatArray, square: FloatArray, days: int) -> FloatArray:
    mean = total / days
    deviation = np.sqrt(np.maximum(square / days - mean**2, 0.0))
    return np.where(deviation > 0, mean / np.where(deviation > 0, deviation, 1.0), 0.0)
