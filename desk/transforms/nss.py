"""Nelson-Siegel-Svensson curves: a zero curve described by four betas and two decays, evaluated and fitted.

    r(t) = b1 + b2 f(l1 t) + b3 (f(l1 t) - exp(-l1 t)) + b4 (f(l2 t) - exp(-l2 t)),   f(z) = (1 - exp(-z)) / z

with t in years (business days / 252 for Brazil), r annual effective and l decays per year, as ANBIMA publishes them
(Svensson's tau is 1 / l). b1 is the limit at long terms, b1 + b2 the limit at term zero. Without the last term the
curve is that of Nelson and Siegel. Sources: ANBIMA, "Estrutura a termo das taxas de juros estimada" (2010); Svensson,
NBER Working Paper 4871 (1994); Nelson and Siegel, Journal of Business 60 (1987).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.transforms.curves import checked_nodes

_DECAYS = np.geomspace(0.05, 8.0, 24)
"""Starting decays per year: the hump lies at 1.8 / decay, from eleven weeks to 36 years."""
_STARTS = 12
_MIN_DECAY_RATIO = 1.15  # decays nearer to each other make two loadings that are nearly collinear


@dataclass(frozen=True)
class Svensson:
    """`betas` (..., 4), fractions, and `decays` (..., 2) per year. The last beta of a Nelson-Siegel curve is 0."""

    betas: FloatArray
    decays: FloatArray

    def rates(self, years: npt.ArrayLike) -> FloatArray:
        """Zero rates (..., M) at `years` (M,), fractions; the limit b1 + b2 at 0, NaN for negative terms."""
        at = loadings(years, self.decays)
        return np.asarray((at * np.asarray(self.betas, dtype=np.float64)[..., None, :]).sum(axis=-1))


def loadings(years: npt.ArrayLike, decays: npt.ArrayLike) -> FloatArray:
    """The loading of each beta: (..., M, 4) for `years` (M,) and `decays` (..., 2)."""
    term = np.asarray(years, dtype=np.float64)
    term = np.where(term >= 0.0, term, np.nan)
    scaled = term[:, None] * np.asarray(decays, dtype=np.float64)[..., None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(scaled == 0.0, 1.0, -np.expm1(-scaled) / scaled)
    hump = level - np.exp(-scaled)
    ones = np.where(np.isnan(scaled[..., 0]), np.nan, 1.0)
    return np.asarray(np.stack([ones, level[..., 0], hump[..., 0], hump[..., 1]], axis=-1))


def fit_betas(years: npt.ArrayLike, rates: npt.ArrayLike, decays: npt.ArrayLike) -> FloatArray:
    """Least-squares betas (T, 4) of curves `rates` (T, K) at `years` (K,), for given decays (2,) or (T, 2).

    A NaN rate is left out of its row; a row with fewer than four rates gives NaN. Raises BadInput for an infinite one.
    """
    values = np.atleast_2d(np.asarray(rates, dtype=np.float64))
    if np.isinf(values).any():
        raise BadInput(f"Nelson-Siegel-Svensson: a rate of {values[np.isinf(values)][0]} is not a rate")
    known = np.isfinite(values)
    design = np.broadcast_to(loadings(years, decays), (*values.shape, 4))
    design = np.where(known[:, :, None], design, 0.0)
    betas = (np.linalg.pinv(design) @ np.where(known, values, 0.0)[:, :, None])[:, :, 0]
    return np.asarray(np.where(known.sum(axis=1, keepdims=True) >= 4, betas, np.nan))


def fit_svensson(years: npt.ArrayLike, rates: npt.ArrayLike) -> Svensson:
    """The least-squares Svensson curve of one curve's `rates` (K,) at `years` (K,), K >= 6.

    Given the decays the betas are linear, so only the two decays are searched: on a grid, then by Gauss-Newton from the
    best pairs, because the sum of squares has several local minima. Raises BadInput for a missing or infinite rate, a
    repeated tenor or fewer than six points.
    """
    term, level = checked_nodes("Svensson fit", years, rates, min_points=6)
    pairs = np.array([(a, b) for a in _DECAYS for b in _DECAYS if a >= b * _MIN_DECAY_RATIO])
    decays = _best_decays(lambda pair: loadings(term, pair), level, pairs)
    return Svensson(fit_betas(term, level, decays)[0], decays)


def fit_nelson_siegel(years: npt.ArrayLike, rates: npt.ArrayLike, decay: float | None = None) -> Svensson:
    """The least-squares Nelson-Siegel curve of one curve's `rates` (K,) at `years` (K,), K >= 4; at `decay` if given.

    The last beta is 0. Raises BadInput like `fit_svensson`.
    """
    term, level = checked_nodes("Nelson-Siegel fit", years, rates, min_points=4)

    def design(decays: FloatArray) -> FloatArray:
        return np.asarray(loadings(term, np.repeat(decays, 2, axis=-1))[..., :3])

    found = _best_decays(design, level, _DECAYS[:, None]) if decay is None else np.array([decay])
    betas = np.linalg.pinv(design(found)) @ level
    return Svensson(np.append(betas, 0.0), np.repeat(found, 2))


def _best_decays(design: Callable[[FloatArray], FloatArray], level: FloatArray, starts: FloatArray) -> FloatArray:
    """Least-squares decays (D,): the best result of an optimisation from each of the best `starts` (G, D)."""
    designs = design(starts)
    left = (designs @ (np.linalg.pinv(designs) @ level)[:, :, None])[:, :, 0] - level

    def residuals(logs: FloatArray) -> FloatArray:
        matrix = design(np.exp(logs))
        return np.asarray(matrix @ (np.linalg.pinv(matrix) @ level) - level)

    bounds = (float(np.log(_DECAYS[0])) - 0.1, float(np.log(_DECAYS[-1])) + 0.1)
    tight = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
    best = np.argsort((left**2).sum(axis=1))[:_STARTS]
    found = [least_squares(residuals, np.log(starts[start]), bounds=bounds, **tight) for start in best]
    return np.asarray(np.exp(min(found, key=lambda one: float(one.cost)).x))
