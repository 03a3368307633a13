"""The risk factors as columns of one matrix: every curve vertex, the spots and the short dollar rate.

A move is a change of a rate (fraction per year) or the logarithm of a spot's ratio. The IPCA index is no factor: it
accrues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.covariance import Covariance, ewma_weights, shrunk_covariance
from desk.portfolio.market_levels import CURVE_COLUMNS, IBOVESPA, USDBRL, Levels, Market, factor_moves
from desk.units import BASIS_POINT, DAYS_PER_YEAR

SPOT_PLACES = {"usdbrl": USDBRL, "ibovespa": IBOVESPA}
FACTORS = (*CURVE_COLUMNS, *SPOT_PLACES, "usd_short_rate")
CURVE_COUNT = len(CURVE_COLUMNS)
CURVE_LABELS = {"pre": "DI", "real": "real", "cupom": "cupom", "ust": "UST"}
SPOT_LABELS = {"usdbrl": "USD/BRL", "ibovespa": "Ibovespa", "usd_short_rate": "short dollar rate"}


@dataclass(frozen=True)
class Move:
    """One factor's move for people: `size` in bp for rates, as a fraction for spots."""

    factor: str
    size: float

    @property
    def label(self) -> str:
        """`DI 2y +85 bp`, `USD/BRL +12.4%`."""
        if self.factor in SPOT_PLACES:
            return f"{SPOT_LABELS[self.factor]} {self.size:+.1%}"
        return f"{factor_label(self.factor)} {self.size:+.0f} bp"


def factor_label(factor: str) -> str:
    """A factor's name for people: `DI 2y`, `UST 6m`, `USD/BRL`."""
    if factor in SPOT_LABELS:
        return SPOT_LABELS[factor]
    curve, bd = factor.rsplit("_", 1)
    years = int(bd) / DAYS_PER_YEAR
    return f"{CURVE_LABELS[curve]} {years:.3g}y" if years >= 1 else f"{CURVE_LABELS[curve]} {round(years * 12)}m"


def factor_matrix(moves: Levels) -> FloatArray:
    """Moves (..., F) in the order of FACTORS."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spots = np.log(moves.spots[..., list(SPOT_PLACES.values())])
    return np.concatenate([moves.curves, spots, moves.usd_short[..., None]], axis=-1)


def factor_levels(matrix: FloatArray) -> Levels:
    """Moves (..., F) in the form that `Levels.shocked` takes: the inverse of `factor_matrix`."""
    spots = np.ones((*matrix.shape[:-1], 4))
    spots[..., list(SPOT_PLACES.values())] = np.exp(matrix[..., CURVE_COUNT:-1])
    return Levels(matrix[..., :CURVE_COUNT], spots, matrix[..., -1])


def factor_covariance(market: Market, rows: RowIndex, parameters: DeskParameters) -> Covariance:
    """Of the factors' daily moves as known on each row: weights, window and shrinkage are the book's own."""
    rules = parameters.portfolio
    window = rules.covariance_window
    matrix = factor_matrix(factor_moves(market.levels))
    padded = np.concatenate([np.full((window, matrix.shape[1]), np.nan), matrix])
    sample = padded[rows[:, None] + 1 + np.arange(window)]
    return shrunk_covariance(sample, ewma_weights(window, rules.covariance_half_life), rules.covariance_min_rows)


def reported_moves(matrix: FloatArray) -> dict[str, float | None]:
    """{factor: move} of one row (F,): bp and fractions, None where unknown, without factors that do not move."""
    found: dict[str, float | None] = {}
    for name, value in zip(FACTORS, matrix, strict=True):
        if not np.isfinite(value):
            found[name] = None
        elif value != 0.0:
            found[name] = (
                round(float(np.expm1(value)), 6) if name in SPOT_PLACES else round(float(value) / BASIS_POINT, 3)
            )
    return found


def unknown_families(matrix: FloatArray) -> list[str]:
    """Curves without one known vertex, and spots that are unknown, of one row (F,): in words."""
    known = np.isfinite(matrix)
    found = []
    for curve, words in CURVE_LABELS.items():
        own = [at for at, name in enumerate(CURVE_COLUMNS) if name.rsplit("_", 1)[0] == curve]
        if not known[own].any():
            found.append(f"{words} curve")
    return found + [SPOT_LABELS[name] for name in SPOT_PLACES if not known[FACTORS.index(name)]]


def leading_moves(moves: Mapping[str, float | None], weight: Sequence[float], most: int) -> list[Move]:
    """The moves that matter most by `weight` (F,), at most one vertex of a curve, largest first."""
    order = np.argsort(-np.abs(np.nan_to_num(np.asarray(weight))), kind="stable")
    seen: set[str] = set()
    found: list[Move] = []
    for at in order:
        name = FACTORS[at]
        family = name.rsplit("_", 1)[0] if at < CURVE_COUNT else name
        size = moves.get(name)
        if size is None or family in seen or weight[at] == 0.0:
            continue
        seen.add(family)
        found.append(Move(name, size))
    return found[:most]
