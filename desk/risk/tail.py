"""Value at risk and expected shortfall, one day: positive losses in the unit of the P&L given.

Estimators. Of n known P&Ls and a tail of p = 1 - level: historical VaR is the loss that is exceeded with a frequency
of at most p, the order statistic floor(n p) + 1 from the worst (numpy's `inverted_cdf`, no interpolation); expected
shortfall is the mean of the worst n p of them, the last one counted by its fraction (Acerbi and Tasche, "On the
coherence of expected shortfall", 2002), which makes it sub-additive on every sample. Means are taken as zero in the
parametric ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from desk.arrays import FloatArray, IntArray, RowIndex
from desk.errors import BadInput

_SLACK = 1e-9  # 0.05 x 100 is five observations, whatever floats say


@dataclass(frozen=True)
class TailRisk:
    """Historical numbers of each row, in the P&L's money (...,): VaR by level and ES by level."""

    var: dict[float, FloatArray]
    es: dict[float, FloatArray]


def var_es(
    pnl: FloatArray, var_levels: tuple[float, ...] = (0.95, 0.99), es_levels: tuple[float, ...] = (0.975,)
) -> TailRisk:
    """Historical VaR and ES of many books at once: P&L (..., T), NaN for unknown -> (...,) by level, NaN where nothing
    is known.

    Only the tail is put in order, once for all levels. Raises BadInput for no P&L at all and for an infinite one.
    """
    count = known_rows(pnl)
    deepest = max(1.0 - level for level in (*var_levels, *es_levels))
    reach = min(int(pnl.shape[-1] * deepest + _SLACK) + 1, pnl.shape[-1])
    worst = np.sort(np.partition(pnl, reach - 1, axis=-1)[..., :reach], axis=-1)
    return TailRisk(
        {level: _order_statistic(worst, count, level) for level in var_levels},
        {level: _tail_mean(worst, count, level) for level in es_levels},
    )


def known_rows(pnl: FloatArray) -> IntArray:
    """How many P&Ls (R, S) of each row are known (NaN is unknown). Shape (R,).

    Raises BadInput where there is no P&L (S = 0) and for an infinite one, which would be left out like an unknown.
    """
    if pnl.shape[-1] == 0:
        raise BadInput("VaR of no P&L: the history has no day")
    if np.isinf(pnl).any():
        raise BadInput(f"VaR of an infinite P&L, at {tuple(int(at) for at in np.argwhere(np.isinf(pnl))[0])}")
    return np.asarray(np.isfinite(pnl).sum(axis=-1), dtype=np.int64)


def _order_statistic(worst: FloatArray, count: IntArray, level: float) -> FloatArray:
    """The loss of rank floor(n p) + 1 of `worst` (..., K) first, of `count` (...,) known."""
    rank = np.floor(count * (1.0 - level) + _SLACK).astype(np.intp)
    return -_pick(worst, rank)


def _tail_mean(worst: FloatArray, count: IntArray, level: float) -> FloatArray:
    """The mean loss of the first n p of `worst` (..., K), of `count` (...,) known; NaN where none is."""
    tail = count * (1.0 - level)
    whole = np.floor(tail + _SLACK).astype(np.intp)
    sums = np.concatenate([np.zeros((*worst.shape[:-1], 1)), np.nancumsum(worst, axis=-1)], axis=-1)
    return np.asarray(-(_pick(sums, whole) + np.maximum(tail - whole, 0.0) * _pick(worst, whole)) / tail)


def normal_var(deviation: npt.ArrayLike, level: float) -> FloatArray:
    """VaR of a normal P&L with mean zero and the standard `deviation`, in its unit and shape."""
    return np.asarray(deviation, dtype=np.float64) * float(special.ndtri(level))


def normal_es(deviation: npt.ArrayLike, level: float) -> FloatArray:
    """Expected shortfall of the same: deviation x density at the quantile / (1 - level)."""
    quantile = float(special.ndtri(level))
    density = np.exp(-0.5 * quantile**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(np.asarray(deviation, dtype=np.float64) * density / (1.0 - level))


def student_var(scale: npt.ArrayLike, degrees: npt.ArrayLike, level: float) -> FloatArray:
    """`scale` multiplies a standard t variate: a deviation s is a scale of s x sqrt((v - 2) / v)."""
    return np.asarray(np.asarray(scale, dtype=np.float64) * special.stdtrit(degrees, level))


def student_es(scale: npt.ArrayLike, degrees: npt.ArrayLike, level: float) -> FloatArray:
    """Scale x f(q) / (1 - level) x (v + q^2) / (v - 1), f the density at the quantile q (McNeil, Frey and
    Embrechts)."""
    v = np.asarray(degrees, dtype=np.float64)
    quantile = special.stdtrit(v, level)
    log_density = (
        special.gammaln((v + 1) / 2)
        - special.gammaln(v / 2)
        - 0.5 * np.log(v * np.pi)
        - (v + 1) / 2 * np.log1p(quantile**2 / v)
    )
    tail = np.exp(log_density) / (1.0 - level) * (v + quantile**2) / (v - 1.0)
    return np.asarray(np.asarray(scale, dtype=np.float64) * tail)


def student_scale(deviation: npt.ArrayLike, degrees: npt.ArrayLike) -> FloatArray:
    """The scale at which a Student t of `degrees` above 2 has the standard `deviation`."""
    v = np.asarray(degrees, dtype=np.float64)
    return np.asarray(np.asarray(deviation, dtype=np.float64) * np.sqrt((v - 2.0) / v))


def student_degrees(pnl: FloatArray, most: float) -> FloatArray:
    """Degrees of freedom (...,) by the method of moments, 4 + 6 / excess kurtosis of P&L (..., S) about zero.

    At most `most`, also where tails are no fatter than a normal's; NaN where nothing is known.
    """
    known = np.isfinite(pnl)
    filled, count = np.where(known, pnl, 0.0), known.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        second, fourth = (filled**2).sum(axis=-1) / count, (filled**4).sum(axis=-1) / count
        excess = fourth / second**2 - 3.0
        degrees = np.where(excess > 0, 4.0 + 6.0 / excess, most)
    return np.where(count > 0, np.minimum(degrees, most), np.nan)


def filtered_historical(pnl: FloatArray, decay: float) -> FloatArray:
    """P&L (..., S), oldest first, each divided by the volatility expected for its day and multiplied by today's.

    Volatility is exponentially weighted, v(s+1) = decay v(s) + (1 - decay) pnl(s)^2, from the window's own mean square;
    an unknown P&L leaves it as it was. (Hull and White 1998; Barone-Adesi et al. 1999.)
    """
    known = np.isfinite(pnl)
    with np.errstate(invalid="ignore"):
        variance = (np.where(known, pnl, 0.0) ** 2).sum(axis=-1) / known.sum(axis=-1)
    expected = np.empty_like(pnl)
    for step in range(pnl.shape[-1]):
        expected[..., step] = variance
        updated = decay * variance + (1.0 - decay) * pnl[..., step] ** 2
        variance = np.where(known[..., step], updated, variance)
    with np.errstate(invalid="ignore"):
        ratio = np.sqrt(variance[..., None] / expected)
    return np.where(expected > 0, pnl * ratio, pnl)


def _pick(values: FloatArray, index: RowIndex) -> FloatArray:
    return np.asarray(np.take_along_axis(values, index[..., None], axis=-1)[..., 0])
