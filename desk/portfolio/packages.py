"""A view as a package: the legs of one strategy, sized as one thing to a daily standard deviation of BRL 1.

The legs of each side have equal volatility. An outright package keeps its sides so. The others scale the short side
until both have the same measure per contract: DV01 (`dv01`: no bet on the level of rates), value (`cash`), or
covariance with the short side's own basket (`beta`: the package does not move with it). The whole is then scaled to
unit risk by the covariance of one contract's P&L.

A package is whole or not at all: where a leg has no price, no volatility, or one that does not move, it has no size.

Axes: R rows, S packages, N instruments. Sources: Grinold and Kahn, "Active Portfolio Management" (2000); Tuckman and
Serrat, "Fixed Income Securities" (2012), ch. 4, on DV01-neutral trades; docs/book.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadCatalog
from desk.portfolio.covariance import pull, quadratic_form
from desk.portfolio.pricing import Quotes
from desk.strategies.base import Leg, Neutrality, Strategy

FROZEN_BRL = 1e-6
"""A contract whose daily standard deviation is this or less is frozen (a stale quote, a limit day): a ten-thousandth of
a cent."""
NEUTRALITY_TOLERANCE = 0.05
"""How far the two sides of a held package may be apart, lots apart, as a fraction of one."""


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """What a strategy declares: its legs for a positive conviction, and what they are neutral to together."""

    id: str
    asset_class: str
    neutrality: Neutrality
    legs: tuple[Leg, ...]


def package_terms(strategies: Sequence[Strategy]) -> tuple[PackageTerms, ...]:
    """Of the strategies, in their order. Raises BadCatalog for a neutrality without legs on both sides."""
    found = tuple(PackageTerms(s.id, s.asset_class, s.neutrality, s.legs) for s in strategies)
    for terms in found:
        if terms.neutrality != "outright" and {np.sign(leg.sign) for leg in terms.legs} != {1.0, -1.0}:
            raise BadCatalog(f"{terms.id}: a package that is {terms.neutrality}-neutral needs legs on both sides")
    return found


def legs_on_side(terms: PackageTerms, side: float, parameters: DeskParameters) -> tuple[Leg, ...]:
    """The legs for a conviction of this side; a cash bond that would be short is its future (`short_with`)."""
    legs = []
    for leg in terms.legs:
        name, sign = leg.instrument, leg.sign * side
        if sign < 0 and parameters.instrument(name).long_only:
            name = parameters.instrument(name).short_with or name
        legs.append(Leg(name, sign))
    return tuple(legs)


def unit_packages(
    packages: Sequence[PackageTerms],
    side: FloatArray,
    quotes: Quotes,
    volatility: FloatArray,
    matrix: FloatArray,
    parameters: DeskParameters,
) -> FloatArray:
    """Contracts (R, S, N) of each package on its `side` (R, S: -1, 0, 1) with a daily deviation of BRL 1; all NaN where
    a package with a side cannot be formed, zero without a side.

    `volatility` (R, N) and `matrix` (R, N, N) are of one contract, BRL a day.
    """
    ids = parameters.instrument_ids
    found = np.zeros((*side.shape, len(ids)))
    usable = np.asarray(np.isfinite(quotes.value) & np.isfinite(volatility) & (volatility > FROZEN_BRL))
    for place, terms in enumerate(packages):
        for sign in (1.0, -1.0):
            rows = np.flatnonzero(side[:, place] == sign)
            if not len(rows):
                continue
            legs = legs_on_side(terms, sign, parameters)
            columns = np.array([ids.index(leg.instrument) for leg in legs], dtype=np.intp)
            signs = np.array([leg.sign for leg in legs])
            whole = np.asarray(usable[rows][:, columns].all(axis=1))
            sized = np.zeros((len(rows), len(ids)))
            with np.errstate(divide="ignore", invalid="ignore"):
                sized[:, columns] = np.where(whole[:, None], signs / volatility[rows][:, columns], 0.0)
            sized = _neutral(sized, measure_of(terms, sized, quotes.at(rows), matrix[rows]))
            deviation = np.sqrt(quadratic_form(sized, matrix[rows]))
            formed = whole & np.isfinite(deviation) & (deviation > 0)
            unit = sized / np.where(formed, deviation, 1.0)[:, None]
            found[rows, place] = np.where(formed[:, None], unit, np.nan)
    return found


def measure_of(terms: PackageTerms, legs: FloatArray, quotes: Quotes, matrix: FloatArray) -> FloatArray | None:
    """Per contract (R, N), what the two sides of `legs` (R, N) must have the same of; None for an outright package."""
    if terms.neutrality == "outright":
        return None
    if terms.neutrality == "beta":
        return pull(np.minimum(legs, 0.0), matrix)
    return np.nan_to_num(quotes.dv01 if terms.neutrality == "dv01" else quotes.value)


def imbalance(legs: FloatArray, measure: FloatArray) -> FloatArray:
    """How far the sides of packages (R, N) are apart, as a fraction of the mean of both (R,); zero for a flat one."""
    long, short = _sides(legs, measure)
    size = (np.abs(long) + np.abs(short)) / 2.0
    return np.asarray(np.abs(long + short) / np.where(size > 0, size, 1.0))


def _sides(legs: FloatArray, measure: FloatArray) -> tuple[FloatArray, FloatArray]:
    return (np.maximum(legs, 0.0) * measure).sum(axis=1), (np.minimum(legs, 0.0) * measure).sum(axis=1)


def _neutral(legs: FloatArray, measure: FloatArray | None) -> FloatArray:
    """The short side scaled to the long side's measure; NaN where that has no positive factor."""
    if measure is None:
        return legs
    long, short = _sides(legs, measure)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = -long / short
    factor = np.where(np.isfinite(factor) & (factor > 0), factor, np.nan)
    return np.where(legs < 0, legs * factor[:, None], legs)
