"""The model portfolio's path: orders, fills, costs and NAV, day by day.

Timing: an order decided at row t (06:00 of day t) fills at that day's settlement, the prices that row t + 1 sees. So
NAV at row t marks what was decided at rows <= t - 2 over the move from row t - 1 to t, and the orders of t - 1 fill at
the prices of row t, paying their cost there. The whole NAV earns CDI (margin lies in federal bonds): line CASH.

Price and carry. Carry is what a held contract earns if its curve and spot stay as they were at the last mark, with the
days gone by (roll-down, the IPCA accrual of DAP, less CDI on funded contracts); price is the rest. All lines are in
whole cents, so that they add up to the change of NAV exactly.

A contract without a price on a day is held unmarked (its P&L is unknown that day) and the whole move, with the CDI
since, is booked when the price is back. There are no orders for it meanwhile, and an order that meets no price lapses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.breaker import breaker_path
from desk.portfolio.fill_prices import Dates, Track, fills_of, track_of
from desk.portfolio.pnl_explain import PRICE_FACTORS, contract_moves
from desk.portfolio.size import (
    TRADING_DAYS,
    IntArray,
    Plan,
    class_index,
    risk_contributions,
    round_to_lots,
    worth_trading,
)

FACTORS = PRICE_FACTORS


@dataclass(frozen=True)
class Path:
    """The book by row (R) and instrument (N). Money in BRL, whole cents.

    `held` contracts over the move into the row; `before` what the row's decision finds (its fills done), in contract
    `maturity_before`; `target` what it decides, in `maturity` named `contract_id`; `price`, `carry` P&L of `held` (NaN
    when unmarked), `cost` of the row's fills; `cash` (R,) interest; `nav` (R,). `factors` (R, N, F) are parts of the
    price by FACTORS, `inflation` (R, N) is the part of the carry that the IPCA accrued; `multiplier` (R,) the share of
    its risk that the drawdown breaker leaves the row's decision.
    """

    held: IntArray
    before: IntArray
    maturity_before: npt.NDArray[np.datetime64]
    contract_id_before: npt.NDArray[np.str_]
    target: IntArray
    maturity: npt.NDArray[np.datetime64]
    contract_id: npt.NDArray[np.str_]
    price: FloatArray
    carry: FloatArray
    cost: FloatArray
    cash: FloatArray
    nav: FloatArray
    factors: FloatArray
    inflation: FloatArray
    multiplier: FloatArray

    def pnl_of(self, row: int) -> float:
        """P&L of the book in one row, after cost, with the cash."""
        lines = np.nansum(self.price[row]) + np.nansum(self.carry[row]) - self.cost[row].sum()
        return round(float(lines + self.cash[row]), 2)


def _empty_path(rows: int, count: int) -> Path:
    return Path(
        held=np.zeros((rows, count), dtype=np.int64),
        before=np.zeros((rows, count), dtype=np.int64),
        maturity_before=np.full((rows, count), np.datetime64("NaT"), dtype="datetime64[D]"),
        contract_id_before=np.full((rows, count), "", dtype="U16"),
        target=np.zeros((rows, count), dtype=np.int64),
        maturity=np.full((rows, count), np.datetime64("NaT"), dtype="datetime64[D]"),
        contract_id=np.full((rows, count), "", dtype="U16"),
        price=np.zeros((rows, count)),
        carry=np.zeros((rows, count)),
        cost=np.zeros((rows, count)),
        cash=np.zeros(rows),
        nav=np.zeros(rows),
        factors=np.zeros((rows, count, len(FACTORS))),
        inflation=np.zeros((rows, count)),
        multiplier=np.ones(rows),
    )


def run_guarded(plan: Plan, parameters: DeskParameters) -> tuple[Path, Path]:
    """The book under the drawdown breaker, and the shadow book without it that the breaker is measured on."""
    track = track_of(plan, parameters)
    shadow = run_path(plan, track, parameters, np.ones(len(plan)))
    states = breaker_path(shadow.nav.tolist(), parameters.risk.breaker)
    multiplier = np.array([state.multiplier for state in states])
    return (run_path(plan, track, parameters, multiplier) if (multiplier < 1.0).any() else shadow), shadow


def run_path(plan: Plan, track: Track, parameters: DeskParameters, multiplier: FloatArray) -> Path:
    """The book from the plan's first row, with the inception NAV and no position, to its last.

    `multiplier` (R,) of each decision's risk.
    """
    path = _empty_path(len(plan), len(parameters.instruments))
    path.multiplier[:] = multiplier
    marked = np.zeros(len(parameters.instruments), dtype=np.intp)  # row of each held contract's last mark
    path.nav[0] = parameters.portfolio.inception_nav_brl
    _decide(plan, track, path, 0, parameters)
    for row in range(1, len(plan)):
        _mark(plan, track, path, row, marked)
        _fill(plan, track, path, row, marked, parameters)
        interest = np.expm1(track.cash_growth[row] - track.cash_growth[row - 1])
        path.cash[row] = round(path.nav[row - 1] * interest, 2)
        path.nav[row] = round(path.nav[row - 1] + path.pnl_of(row), 2)
        _decide(plan, track, path, row, parameters)
    return path


def _fills_at(
    plan: Plan, track: Track, row: int, maturity: Dates, lines: npt.NDArray[np.bool_], parameters: DeskParameters
) -> tuple[FloatArray, FloatArray]:
    """Value and unit cost (N,) of the contracts `maturity` at the prices of `row`; of `lines` at least."""
    for known in (track.ordered, track.left):
        if (known.maturity[row] == maturity)[lines].all():
            return known.value[row], known.unit_cost[row]
    own = fills_of(track.terms, plan.market[row : row + 1], maturity[None, :], parameters)
    return own.value[0], own.unit_cost[0]


def _mark(plan: Plan, track: Track, path: Path, row: int, marked: npt.NDArray[np.intp]) -> None:
    """P&L of what was held into `row`, since each contract's last mark."""
    held, maturity = path.before[row - 1], path.maturity_before[row - 1]
    path.held[row] = held
    open_lines = held != 0
    if not open_lines.any():
        return
    price, carry = track.moves.price[row].copy(), track.moves.carry[row].copy()
    factors, inflation = track.moves.factors[row].copy(), track.moves.inflation[row].copy()
    strays = open_lines & ((maturity != track.held[row]) | (marked != row - 1))
    for mark in np.unique(marked[strays]):
        lines = strays & (marked == mark)
        rows = np.array([mark]), np.array([row])
        own = contract_moves(track.terms, plan.market, *rows, maturity[None, :], track.growth)
        price[lines], carry[lines] = own.price[0, lines], own.carry[0, lines]
        factors[:, lines], inflation[lines] = own.factors[0][:, lines], own.inflation[0, lines]
    price, carry = np.round(held * price, 2), np.round(held * carry, 2)
    known = np.isfinite(price + carry)
    path.price[row] = np.where(open_lines, np.where(known, price, np.nan), 0.0)
    path.carry[row] = np.where(open_lines, np.where(known, carry, np.nan), 0.0)
    counts = open_lines & known
    marked[counts] = row
    path.factors[row] = np.where(counts[:, None], np.round(held[:, None] * factors.T, 2), 0.0)
    path.inflation[row] = np.where(counts, np.round(held * inflation, 2), 0.0)


def _fill(
    plan: Plan, track: Track, path: Path, row: int, marked: npt.NDArray[np.intp], parameters: DeskParameters
) -> None:
    """The orders of `row - 1` at the prices of `row`; a roll closes the old contract and opens the new one."""
    held, target = path.before[row - 1], path.target[row - 1]
    old, new = path.maturity_before[row - 1], path.maturity[row - 1]
    redeemed = track.terms.kind_mask("ipca_bond") & (old <= plan.market.valuation[row])
    held, target = np.where(redeemed, 0, held), np.where(redeemed, 0, target)
    rolled = (old != new) & (held != 0)
    done = (held != target) | rolled
    if done.any():
        value, cost = _fills_at(plan, track, row, new, done, parameters)
        done &= np.isfinite(value)
        old_value, old_cost = _fills_at(plan, track, row, old, rolled, parameters)
        done &= np.isfinite(old_value) | ~rolled
        costs = line_cost(held, target, rolled, np.nan_to_num(old_cost), np.nan_to_num(cost))
        path.cost[row] = np.where(done, costs, 0.0)
    path.before[row] = np.where(done, target, held)
    moved = done | (held == 0)
    path.maturity_before[row] = np.where(moved, new, old)
    path.contract_id_before[row] = np.where(moved, path.contract_id[row - 1], path.contract_id_before[row - 1])
    marked[done] = row


def line_cost(
    held: IntArray, target: IntArray, rolled: npt.NDArray[np.bool_], old_cost: FloatArray, new_cost: FloatArray
) -> FloatArray:
    """BRL of each line's order, whole cents: the difference, or both contracts in full where it rolls."""
    whole = np.abs(held) * old_cost + np.abs(target) * new_cost
    return np.asarray(np.round(np.where(rolled, whole, np.abs(target - held) * new_cost), 2))


def _decide(plan: Plan, track: Track, path: Path, row: int, parameters: DeskParameters) -> None:
    """Target contracts of `row`: what the plan asks for at today's NAV, where the order is worth its cost.

    Rolls, changes of side and the closing of a line that has no view left are always made. When the book that is left
    would be outside a limit, or the drawdown breaker cuts, every line goes to its target.
    """
    before, nav = path.before[row], float(path.nav[row])
    lots = np.array([item.lot for item in parameters.instruments], dtype=np.int64)
    mapped = plan.contracts.maturity[row]
    leaves = (before != 0) & (path.maturity_before[row] != mapped)
    priced = np.isfinite(plan.quotes.value[row])
    if leaves.any():  # out of a contract that has no price today, nobody can order
        value, _ = _fills_at(plan, track, row, path.maturity_before[row], leaves, parameters)
        priced &= ~leaves | np.isfinite(value)
    keeps = float(path.multiplier[row])
    desired = np.where(priced, round_to_lots(plan.per_brl[row] * nav * keeps, lots), before)
    rolled = priced & leaves
    cost = np.nan_to_num(plan.unit_cost[row]) * np.abs(desired - before)
    must = rolled | ((before != 0) & (np.sign(desired) != np.sign(before)))
    trade = worth_trading(
        desired - before,
        must,
        plan.matrix[row],
        cost,
        nav,
        float(plan.aversion[row]),
        parameters.portfolio.holding_days,
    )
    target = np.where(trade, desired, before)
    cut = row > 0 and keeps < path.multiplier[row - 1]  # the breaker acts at once, whatever an order costs
    if cut or not within_limits(target, plan, row, nav, parameters):
        target = desired
    path.target[row] = target
    moves = priced | (before == 0)
    path.maturity[row] = np.where(moves, mapped, path.maturity_before[row])
    path.contract_id[row] = np.where(moves, plan.contracts.contract_id[row], path.contract_id_before[row])


def within_limits(target: IntArray, plan: Plan, row: int, nav: float, parameters: DeskParameters) -> bool:
    """Whether risk shares, class shares and gross exposure of `target` are inside limits.toml."""
    limits, rules = parameters.limits, parameters.portfolio
    budget = rules.target_volatility / np.sqrt(TRADING_DAYS) * nav
    parts = risk_contributions(target, plan.matrix[row]) / budget
    names, classes = class_index(parameters)
    by_class = np.bincount(classes, weights=parts, minlength=len(names))
    gross = float(np.abs(target * np.nan_to_num(plan.quotes.exposure[row])).sum()) / nav
    return bool(
        np.abs(parts).max() <= limits.threshold("instrument_risk_share")
        and np.abs(by_class).max() <= limits.threshold("class_risk_share")
        and gross <= limits.threshold("gross_leverage")
    )
