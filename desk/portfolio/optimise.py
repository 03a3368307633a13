"""From convictions to what the book would hold: risk parity, and Black-Litterman on top of it, within the limits.

Everything is in risk units: a weight is the daily standard deviation of a line as a fraction of NAV, so that the matrix
is the correlation of the lines.

Risk parity gives each line the share of the book's risk of its conviction. Black-Litterman takes that book
as the prior (its implied returns), and each strategy with a contribution as one view: the portfolio of its signed
parts of the convictions will earn the assumed Sharpe ratio, less where its parts are small. The posterior's best book
is the prior plus some of each view's portfolio (He and Litterman), priced with the predictive covariance. It aims at
the same volatility as the prior; a line that would stand against its own conviction is left out, and limits cut what
they must.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters, PortfolioParameters
from desk.portfolio.black_litterman import (
    Views,
    implied_returns,
    optimal_weights,
    posterior,
    uncertainty_of_confidence,
)
from desk.portfolio.covariance import pull, quadratic_form
from desk.portfolio.risk_parity import class_totals, risk_shares, solve_risk_parity, strength
from desk.units import DAYS_PER_YEAR

_CAP_ROUNDS = 12
_SLACK = 1e-9
Parts = Sequence[Mapping[str, FloatArray]]
"""By row: strategy -> its signed parts of the convictions (N,)."""


@dataclass(frozen=True)
class Weights:
    """`risk_weight` (R, N) signed shares of the book's target risk; `per_brl` (R, N) contracts per BRL of NAV;
    `volatility` (R,) of that book, a year."""

    risk_weight: FloatArray
    per_brl: FloatArray
    volatility: FloatArray


def optimise(
    view: FloatArray,
    parts: Parts,
    volatility: FloatArray,
    matrix: FloatArray,
    exposure: FloatArray,
    classes: RowIndex,
    parameters: DeskParameters,
) -> Weights:
    """The book of each row by the method of portfolio.toml, within the limits less their headroom.

    `view` (R, N) convictions, zero for none; `volatility` (R, N) and `matrix` (R, N, N) of one contract, BRL a day;
    `exposure` (R, N) BRL of one contract for the gross leverage.
    """
    rules, limits = parameters.portfolio, parameters.limits
    single, of_class = (
        limits.threshold(name) * rules.limit_headroom for name in ("instrument_risk_share", "class_risk_share")
    )
    target = rules.target_volatility / np.sqrt(DAYS_PER_YEAR)
    shares = risk_shares(view, strength(view, rules.full_conviction), classes, single, of_class)
    per_brl = solve_risk_parity(matrix, shares, np.where(view < 0, -1.0, 1.0)) * target
    per_brl *= shares.sum(axis=1, keepdims=True)
    unit = np.where(np.isfinite(volatility) & (volatility > 0), volatility, 1.0)
    correlation = _correlation(matrix, unit)
    prior = per_brl * unit
    book = prior
    if rules.method == "black_litterman":
        book = np.stack([_tilted(*row, rules) for row in zip(prior, correlation, view, parts, strict=True)])
        book = book * _scale_to(book, prior, correlation)
    most = rules.most_of_conviction * _own_risk(view, rules) * target
    book = _within_shares(np.clip(book, -most, most), correlation, classes, target, single, of_class)
    per_brl = book * np.minimum(1.0, _scale_to(book, prior, correlation)) / unit
    gross = np.abs(per_brl * np.nan_to_num(exposure)).sum(axis=1, keepdims=True)
    cap = limits.threshold("gross_leverage") * rules.limit_headroom
    per_brl = per_brl * np.minimum(1.0, cap / np.where(gross > 0, gross, cap))
    daily = np.sqrt(quadratic_form(per_brl, matrix))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(daily[:, None] > 0, per_brl * pull(per_brl, matrix) / daily[:, None] / target, 0.0)
    return Weights(np.abs(share) * np.sign(per_brl), per_brl, daily * np.sqrt(DAYS_PER_YEAR))


def _own_risk(view: FloatArray, rules: PortfolioParameters) -> FloatArray:
    """Each line's own risk (R, N), in units of the target's, in a book of independent lines sized by conviction.

    Lines of one curve hedge each other almost whole: without this bound the optimiser gives a weak view on one of them
    the risk of a strong one.
    """
    size = np.sqrt((view**2).sum(axis=1, keepdims=True))
    share = np.abs(view) / np.where(size > 0, size, 1.0)
    return np.asarray(share * strength(view, rules.full_conviction)[:, None])


def _correlation(matrix: FloatArray, unit: FloatArray) -> FloatArray:
    """Of the shrunk covariance; a line without a known variance is its own."""
    correlation = matrix / (unit[:, :, None] * unit[:, None, :])
    diagonal = np.arange(matrix.shape[-1])
    correlation[:, diagonal, diagonal] = 1.0
    return np.asarray(correlation)


def _tilted(
    prior: FloatArray,
    correlation: FloatArray,
    view: FloatArray,
    parts: Mapping[str, FloatArray],
    rules: PortfolioParameters,
) -> FloatArray:
    """One row's posterior book (N,) in risk units; the prior itself without a contribution."""
    active = view != 0.0
    picks, expected, confidence = [], [], []
    for own in parts.values():
        pick = np.where(active, own, 0.0)
        risk = float(np.sqrt(pick @ correlation @ pick))
        if risk > 0:
            size = min(1.0, float(np.abs(pick).max()) / rules.full_conviction)
            picks.append(pick / risk)
            expected.append(size * rules.sharpe_assumed / np.sqrt(DAYS_PER_YEAR))
            confidence.append(size * rules.view_confidence)
    if not picks or not prior.any():
        return prior
    aversion = rules.sharpe_assumed / rules.target_volatility
    pick = np.stack(picks)
    uncertainty = uncertainty_of_confidence(correlation, pick, rules.tau, np.array(confidence))
    implied = implied_returns(aversion, correlation, prior)
    found = posterior(implied, correlation, Views(pick, np.array(expected), uncertainty), rules.tau)
    best = optimal_weights(aversion, found.covariance, found.mean)
    return np.where(best * view > 0.0, best, 0.0)


def _scale_to(book: FloatArray, prior: FloatArray, correlation: FloatArray) -> FloatArray:
    """What `book` (R, N) must be multiplied by, (R, 1), to have the volatility of `prior`; 0 for an empty book."""
    current, desired = (np.sqrt(quadratic_form(lines, correlation)) for lines in (book, prior))
    return np.asarray(np.where(current > 0, desired / np.where(current > 0, current, 1.0), 0.0)[:, None])


def _within_shares(
    book: FloatArray,
    correlation: FloatArray,
    classes: RowIndex,
    target: float,
    single: float,
    of_class: float,
) -> FloatArray:
    """Lines cut until no contribution to the target risk is above its instrument's or its class's share."""
    for _ in range(_CAP_ROUNDS):
        daily = np.sqrt(quadratic_form(book, correlation))
        scale = np.where(daily > 0, daily * target, 1.0)[:, None]
        share = book * pull(book, correlation) / scale
        total = np.abs(class_totals(share, classes))
        alone, together = np.abs(share) > single + _SLACK, (total > of_class + _SLACK)[:, classes]
        if not (alone.any() or together.any()):
            break
        with np.errstate(divide="ignore"):
            cut = np.where(alone, single / np.abs(share), 1.0)
            book = book * np.minimum(cut, np.where(together, (of_class / total)[:, classes], 1.0))
    return book
