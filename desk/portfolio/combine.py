"""From convictions to one book: how much of each strategy's unit package.

`risk_budget`: budget x conviction / full conviction x target risk, a sum that is linear in every conviction. The
portfolio for which a signal's own alphas are the best is its package, and alphas of different information add up
(Grinold and Kahn, "Active Portfolio Management", 2000). Budgets are equal over the classes of strategies and equal
within a class, as those of independent signals: 1 / sqrt(classes x strategies of the class).

`black_litterman`: the best book of a posterior whose prior holds nothing but cash (Herold, "Portfolio construction with
qualitative forecasts", Journal of Portfolio Management 30, 2003). Strategies with one package count as estimates of one
mean, and are averaged.

Either way the book is scaled down to the target volatility, and never up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import PortfolioParameters
from desk.errors import BadInput
from desk.portfolio.black_litterman import Views, optimal_weights, posterior, uncertainty_of_confidence
from desk.portfolio.covariance import quadratic_form
from desk.portfolio.packages import PackageTerms
from desk.units import DAYS_PER_YEAR

_OWN_RISK = 1e-12


@dataclass(frozen=True)
class CombinedBook:
    """`per_brl` (R, S, N) contracts of each package per BRL of NAV; `alone` (R, S, N) the same before the book is
    scaled down to the target; `requested` (R,) the volatility a year that the convictions ask for."""

    per_brl: FloatArray
    alone: FloatArray
    requested: FloatArray


def strategy_budgets(packages: Sequence[PackageTerms]) -> FloatArray:
    """Each strategy's risk (S,) at full conviction over the book's: squares add up to one."""
    classes = [terms.asset_class for terms in packages]
    return np.array([1.0 / np.sqrt(len(set(classes)) * classes.count(name)) for name in classes])


def combine(
    conviction: FloatArray,
    unit: FloatArray,
    matrix: FloatArray,
    packages: Sequence[PackageTerms],
    rules: PortfolioParameters,
) -> CombinedBook:
    """The book of each row. `conviction` (R, S), zero for no view; `unit` (R, S, N) packages on their side, of a daily
    deviation of BRL 1; `matrix` (R, N, N) of one contract, BRL a day.

    Raises BadInput for a covariance that is not finite, and for a singular one under `black_litterman`.
    """
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=(1, 2)))[0])
        raise BadInput(f"the covariance of row {row} holds a number that is not finite")
    daily = rules.target_volatility / np.sqrt(DAYS_PER_YEAR)
    if rules.method == "risk_budget":
        risk = strategy_budgets(packages) * np.abs(conviction) / rules.full_conviction * daily
    else:
        rows = zip(np.abs(conviction), unit, matrix, strict=True)
        risk = np.stack([_posterior_risk(*row, rules) for row in rows]) * daily
    per_brl = risk[:, :, None] * unit
    natural = np.sqrt(np.maximum(quadratic_form(per_brl.sum(axis=1), matrix), 0.0))
    fits = np.minimum(1.0, daily / np.where(natural > 0, natural, daily))
    return CombinedBook(per_brl * fits[:, None, None], per_brl, natural * fits * np.sqrt(DAYS_PER_YEAR))


def _posterior_risk(size: FloatArray, unit: FloatArray, matrix: FloatArray, rules: PortfolioParameters) -> FloatArray:
    """One row's risk (S,) of each package, in units of the target's: zero for one held against its own view.

    With a prior of cash the best book w is a sum of the views' portfolios p, of which view k has
    tau (q_k - aversion p_k' C w) / (aversion (1 + tau) omega_k): what it expects beyond what w earns by its risk, over
    its uncertainty.
    """
    views = np.flatnonzero(size > 0)
    lines = np.flatnonzero(np.abs(unit[views]).sum(axis=0) > _OWN_RISK)
    found = np.zeros(len(size))
    if not len(views):
        return found
    own = np.sqrt(np.diagonal(matrix)[lines])
    pick, correlation = unit[views][:, lines] * own, matrix[np.ix_(lines, lines)] / (own[:, None] * own[None, :])
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        raise BadInput("Black-Litterman: the covariance of the lines with a view is singular; use risk_budget")
    target = rules.target_volatility / np.sqrt(DAYS_PER_YEAR)
    aversion = rules.sharpe_assumed / np.sqrt(DAYS_PER_YEAR) / target
    expected = size[views] * rules.sharpe_assumed / np.sqrt(DAYS_PER_YEAR)
    omega = uncertainty_of_confidence(correlation, pick, rules.tau, np.full(len(views), rules.view_confidence))
    after = posterior(np.zeros(len(lines)), correlation, Views(pick, expected, omega), rules.tau)
    best = optimal_weights(aversion, after.covariance, after.mean)
    surplus = expected - aversion * pick @ correlation @ best
    found[views] = np.maximum(rules.tau * surplus / (aversion * (1.0 + rules.tau) * omega), 0.0) / target
    return found
