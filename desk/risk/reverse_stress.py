"""Reverse stress: the smallest move of the market that costs the book a tenth of its NAV, and what moves in it.

Smallest in standard deviations: the Mahalanobis distance sqrt(m' C^-1 m) of the factors' moves m from no move at all,
C their daily covariance. The most adverse direction is -C g, g the slope of the book's P&L; along it the loss is
searched by repricing, the slope is taken anew at the point found, and so on: the design point of Hasofer and Lind 1974,
found as Rackwitz and Fiessler 1978 do. Of the points met, each of which costs what it should, the nearest counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms
from desk.portfolio.covariance import pull, quadratic_form
from desk.portfolio.market_levels import Market
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.factors import (
    FACTORS,
    SPOT_PLACES,
    factor_covariance,
    factor_levels,
    leading_moves,
    reported_moves,
)
from desk.risk.positions import Positions, book_pnl
from desk.risk.stress import Scenario
from desk.units import BASIS_POINT

REVERSE = "reverse_10"
ROUNDS = 3  # directions tried; the second rarely moves the distance by a hundredth
SEARCH_STEPS = 40
CLOSE = 1e-9  # of the loss
NAMED_MOVES = 5
SPOT_STEP = 1e-3
SEARCHED_ROWS = 128  # at once: a thousand would be a gigabyte of bumped curves


@dataclass(frozen=True)
class ReverseStressResult:
    """`distance` (R,) standard deviations, NaN where there is no such move; `moves` (R, F) in the order of FACTORS;
    `slope` (R, F) BRL per unit of each; `lines` (R, N) P&L by line in BRL; `why` (R,) there is none, else empty."""

    distance: FloatArray
    moves: FloatArray
    slope: FloatArray
    lines: FloatArray
    why: npt.NDArray[np.str_]


def reverse_stress(
    terms: Terms, market: Market, positions: Positions, parameters: DeskParameters
) -> ReverseStressResult:
    """Of every row of the book."""
    count, lines = len(positions), positions.contracts.shape[1]
    found = ReverseStressResult(
        np.full(count, np.nan),
        np.full((count, len(FACTORS)), np.nan),
        np.full((count, len(FACTORS)), np.nan),
        np.full((count, lines), np.nan),
        np.full(count, "", dtype="U64"),
    )
    for start in range(0, count, SEARCHED_ROWS):
        part = np.arange(start, min(start + SEARCHED_ROWS, count))
        _DesignPointSearch(terms, market, positions, parameters, part).write_into(found)
    return found


class _DesignPointSearch:
    """The search of the design point on the rows `part` of the book."""

    def __init__(
        self,
        terms: Terms,
        market: Market,
        positions: Positions,
        parameters: DeskParameters,
        part: RowIndex,
    ) -> None:
        at = positions.rows[part]
        self.terms, self.part = terms, part
        self.covariance = factor_covariance(market, at, parameters)
        self.levels, self.valuation = market.levels[at], market.valuation[at]
        self.maturity, self.contracts = positions.maturity[part], positions.contracts[part]
        self.loss = parameters.risk.reverse_loss * positions.nav[part]
        self.most = parameters.risk.reverse_most_deviations

    def unit_pnl(self, matrix: FloatArray) -> FloatArray:
        """P&L per contract (R, S, N) of moves (R, S, F)."""
        return scenario_pnl(self.terms, self.levels, factor_levels(matrix), self.valuation, self.maturity)

    def pnl(self, matrix: FloatArray) -> FloatArray:
        """P&L of the book (R, S) of moves (R, S, F)."""
        return book_pnl(self.unit_pnl(matrix), self.contracts)

    def slope(self, at: FloatArray) -> FloatArray:
        """BRL per unit of each factor (R, F) at the moves `at` (R, F), by central bumps."""
        steps = np.array([SPOT_STEP if name in SPOT_PLACES else BASIS_POINT for name in FACTORS])
        bumps = np.concatenate([np.diag(steps), -np.diag(steps)])
        pnl = self.pnl(at[:, None, :] + bumps)
        return np.asarray((pnl[:, : len(steps)] - pnl[:, len(steps) :]) / (2.0 * steps))

    def direction(self, slope: FloatArray) -> FloatArray:
        """The adverse move of one standard deviation (R, F); NaN where an unknown factor matters or nothing does."""
        unknown = ~np.isfinite(self.covariance.volatility) & (slope != 0)
        deviation = np.sqrt(quadratic_form(np.nan_to_num(slope), self.covariance.matrix))
        usable = (deviation > 0) & ~unknown.any(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -pull(np.nan_to_num(slope), self.covariance.matrix) / deviation[:, None]
        return np.where(usable[:, None], step, np.nan)

    def length(self, direction: FloatArray, slope: FloatArray) -> FloatArray:
        """Standard deviations (R,) along the direction at which the loss is met, NaN where that is past the most.

        The Illinois form of regula falsi, from a bracket that begins at the straight-line answer; a row that is there
        waits for the others unchanged, so that no row's answer depends on its neighbours.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            guess = 1.05 * self.loss / -(slope * direction).sum(axis=1)
        near, far = np.zeros(len(self.loss)), np.clip(np.nan_to_num(guess, nan=self.most), 1e-6, self.most)
        gap_near, gap_far = self.loss.copy(), self._gap(direction, far)
        while ((gap_far > 0) & (far < self.most)).any():
            short = (gap_far > 0) & (far < self.most)
            near, gap_near = np.where(short, far, near), np.where(short, gap_far, gap_near)
            far = np.where(short, np.minimum(2.0 * far, self.most), far)
            gap_far = np.where(short, self._gap(direction, far), gap_far)
        reached = gap_far <= 0
        for _ in range(SEARCH_STEPS):
            waiting = reached & (np.abs(gap_far) > CLOSE * self.loss)
            if not waiting.any():
                break
            with np.errstate(divide="ignore", invalid="ignore"):
                middle = np.where(waiting, far - gap_far * (far - near) / (gap_far - gap_near), far)
            gap = self._gap(direction, middle)
            same = np.sign(gap) == np.sign(gap_far)
            gap_near = np.where(waiting, np.where(same, 0.5 * gap_near, gap_far), gap_near)
            near = np.where(waiting & ~same, far, near)
            far, gap_far = np.where(waiting, middle, far), np.where(waiting, gap, gap_far)
        return np.where(reached & (np.abs(gap_far) <= CLOSE * self.loss), far, np.nan)

    def _gap(self, direction: FloatArray, length: FloatArray) -> FloatArray:
        """What is left of the book above the loss, BRL (R,): zero where it is met."""
        pnl = self.pnl((length[:, None] * direction)[:, None, :])[:, 0] + self.loss
        return np.where(np.isfinite(pnl), pnl, -np.inf)

    def write_into(self, found: ReverseStressResult) -> None:
        """Searches ROUNDS directions and writes the nearest design point into the rows `part` of `found`."""
        slope = self.slope(np.zeros((len(self.part), len(FACTORS))))
        best, point, steepest = np.full(len(self.part), np.inf), np.zeros_like(slope), slope
        flat = (self.contracts == 0).all(axis=1)
        direction = self.direction(slope)
        known = np.isfinite(direction).all(axis=1)
        for _ in range(ROUNDS):
            length = self.length(direction, slope)
            nearer = length < best
            best = np.where(nearer, length, best)
            point = np.where(nearer[:, None], length[:, None] * direction, point)
            here = self.slope(np.nan_to_num(length[:, None] * direction))
            steepest = np.where(nearer[:, None], here, steepest)
            slope, direction = here, self.direction(here)
        there = np.isfinite(best)
        unit = self.unit_pnl(point[:, None, :])[:, 0]
        lines = np.where(self.contracts != 0, unit * self.contracts, 0.0)
        found.distance[self.part] = np.where(there, best, np.nan)
        found.moves[self.part] = np.where(there[:, None], point, np.nan)
        found.slope[self.part] = steepest
        found.lines[self.part] = np.where(there[:, None], lines, np.nan)
        far = f"none within {self.most:.0f} standard deviations"
        reason = np.where(flat, "none, the book is flat", np.where(known, far, "unknown, a held line lacks a factor"))
        found.why[self.part] = np.where(there, "", reason)


def reverse_scenario(reverse: ReverseStressResult, parameters: DeskParameters) -> Scenario:
    """The rows as a scenario of kind `reverse`, its moves in the name and as JSON."""
    cost = f"{parameters.risk.reverse_loss:.0%} of NAV"
    names: list[str] = []
    moves: list[str | None] = []
    for row, distance in enumerate(reverse.distance):
        if reverse.why[row]:
            names.append(f"Reverse stress, {cost}: {reverse.why[row]}")
            moves.append(None)
            continue
        shown = reported_moves(reverse.moves[row])
        weight = reverse.slope[row] * reverse.moves[row]
        leading = ", ".join(move.label for move in leading_moves(shown, weight.tolist(), NAMED_MOVES))
        names.append(f"Reverse stress: {distance:.1f} standard deviations cost {cost}: {leading}")
        moves.append(json.dumps({"standard_deviations": round(float(distance), 6), **shown}))
    return Scenario(REVERSE, names, "reverse", reverse.lines, moves)
