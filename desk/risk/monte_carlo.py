"""Monte Carlo: simulated days of every risk factor, the book repriced on each.

Each factor's move is a Student t with the factor's own degrees of freedom (method of moments over the VaR window) and
the deviation that the book's covariance expects today; factors are joined by a Gaussian copula with the same shrunk
correlation. Normal draws come from one seeded generator and are paired with their mirror images (antithetic), so that
means are zero as everywhere else here. VaR and ES are read off the simulated P&L with the historical estimators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import RiskParameters
from desk.portfolio.contract_terms import Terms
from desk.portfolio.market_levels import Market, factor_moves
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.factors import factor_covariance, factor_levels, factor_matrix
from desk.risk.positions import Positions, book_pnl
from desk.risk.tail import student_degrees

_REACH, _GRID = 8.0, 2001  # draws stay within eight deviations; between grid points the map is straight to 1e-5 of it


@dataclass(frozen=True)
class FactorDistribution:
    """Of each factor (F,): `deviation` of a day's move (NaN where unknown) and `degrees` of its t; `correlation`."""

    deviation: FloatArray
    degrees: FloatArray
    correlation: FloatArray


def factor_distribution(market: Market, row: int, parameters: DeskParameters) -> FactorDistribution:
    """The distribution of the next day's moves, estimated from what the market row knows."""
    estimate = factor_covariance(market, np.array([row]), parameters)
    deviation = estimate.volatility[0]
    scale = np.where(np.isfinite(deviation), deviation, 1.0)
    correlation = estimate.matrix[0] / scale[:, None] / scale[None, :]
    np.fill_diagonal(correlation, 1.0)
    rules = parameters.risk
    window = factor_matrix(factor_moves(market.levels))[max(0, row + 1 - rules.var_window) : row + 1]
    return FactorDistribution(deviation, student_degrees(window.T, rules.max_degrees), correlation)


def draw_moves(distribution: FactorDistribution, paths: int, seed: int) -> FloatArray:
    """Moves (paths, F), the second half of the normal draws being the first's mirror image; NaN for unknown factors."""
    half = (paths + 1) // 2
    normal = np.random.default_rng(seed).standard_normal((half, len(distribution.deviation)))
    values, vectors = np.linalg.eigh(distribution.correlation)
    joined = normal @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    moves = _student(joined, distribution)
    return np.concatenate([moves, -moves])[:paths]


def _student(normal: FloatArray, distribution: FactorDistribution) -> FloatArray:
    """Normal draws (P, F) as t draws of the distribution's degrees with its deviations: F^-1(Phi(z)), a map of each
    factor."""
    nu = distribution.degrees
    unit = np.sqrt((nu - 2.0) / nu)
    known = np.isfinite(distribution.deviation) & np.isfinite(nu)
    moves = np.full_like(normal, np.nan)
    for at in np.flatnonzero(known):
        grid = np.linspace(0.0, _REACH, _GRID)
        quantiles = -special.stdtrit(nu[at], special.ndtr(-grid))  # by the lower tail, where probabilities keep digits
        sizes = np.interp(np.abs(normal[:, at]), grid, quantiles)
        moves[:, at] = np.sign(normal[:, at]) * sizes * unit[at] * distribution.deviation[at]
    return moves


def simulated_pnl(
    terms: Terms, market: Market, positions: Positions, parameters: DeskParameters, at: int
) -> FloatArray:
    """P&L in BRL (paths,) of the book's row `at`; NaN where a held line needs an unknown factor."""
    rules: RiskParameters = parameters.risk
    row = int(positions.rows[at])
    moves = draw_moves(factor_distribution(market, row, parameters), rules.monte_carlo_paths, rules.monte_carlo_seed)
    one = slice(row, row + 1)
    unit = scenario_pnl(
        terms,
        market.levels[one],
        factor_levels(moves[None]),
        market.valuation[one],
        positions.maturity[at : at + 1],
    )
    return np.asarray(book_pnl(unit, positions.contracts[at : at + 1])[0])
