"""The P&L of what is held from its last mark into a row, and the part of it that a change of source makes.

A line is marked when its price is known and current. Between two marks that rest on different sources, the market has
moved by what one source says of both days, or by what two sources say of the same session; the rest is the change of
source (docs/book.md).
"""

from __future__ import annotations

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.calendars import Days
from desk.catalog.defence import PRICE_GROUPS
from desk.catalog.fallbacks import LONG_VERTICES
from desk.portfolio.book_history import BookDay, LinePnl
from desk.portfolio.fill_prices import BookPrices
from desk.portfolio.market_levels import IBOVESPA, IPCA_INDEX, USDBRL, Levels, curve_at, curve_slice
from desk.portfolio.pnl_explain import ContractMove, contract_moves

SPOTS = {"usdbrl": USDBRL, "ibovespa": IBOVESPA, "ipca_index_pro_rata": IPCA_INDEX}


def mark_lines(prices: BookPrices, yesterday: BookDay, row: int) -> tuple[LinePnl, BoolArray]:
    """P&L into `row` of what was held since each contract's last mark, without costs; and which lines (N,) have one.

    A line in the plan's contract that was marked on the row before has its move among the book's prices; the moves of
    the others are computed here, together for those last marked on the same row.
    """
    held, moves = yesterday.before, prices.moves
    is_held = held.contracts != 0
    found = ContractMove(
        moves.price[row].copy(), moves.carry[row].copy(), moves.factors[row].copy(), moves.inflation[row].copy()
    )
    off_plan = is_held & ((held.maturity != prices.marked_maturity[row]) | (yesterday.last_mark != row - 1))
    for last_mark in np.unique(yesterday.last_mark[off_plan]):
        lines = off_plan & (yesterday.last_mark == last_mark)
        _take(found, _moves(prices, int(last_mark), row, held.maturity), lines)
    price, carry = np.round(held.contracts * found.price, 2), np.round(held.contracts * found.carry, 2)
    marked = is_held & np.isfinite(price + carry) & prices.usable[row]
    own = price + carry
    switched = marked & _switched(prices, yesterday, row)
    for last_mark in np.unique(yesterday.last_mark[switched]):
        lines = switched & (yesterday.last_mark == last_mark)
        of_market, lost = _moves_of_market(prices, int(last_mark), row, held.maturity, lines)
        _take(found, of_market, lines & ~lost)
        found.price[lines & lost], found.factors[:, lines & lost] = 0.0, 0.0
    price, carry = np.round(held.contracts * found.price, 2), np.round(held.contracts * found.carry, 2)
    unknown = is_held & ~marked

    def shown(money: FloatArray) -> FloatArray:
        return np.where(marked, money, np.where(unknown, np.nan, 0.0))

    pnl = LinePnl(
        contracts=held.contracts,
        price=shown(price),
        carry=shown(carry),
        source=shown(np.where(switched, np.round(own - price - carry, 2), 0.0)),
        cost=np.zeros(len(price)),
        factors=np.where(marked[:, None], np.round(held.contracts[:, None] * found.factors.T, 2), 0.0),
        inflation=np.where(marked, np.round(held.contracts * found.inflation, 2), 0.0),
        since=np.where(is_held, prices.market.days[yesterday.last_mark], np.datetime64("NaT", "D")),
    )
    return pnl, marked


def _moves(
    prices: BookPrices, before: int, after: int, maturity: Days, levels: tuple[Levels, Levels] | None = None
) -> ContractMove:
    span = np.array([before]), np.array([after])
    moves = contract_moves(prices.terms, prices.market, *span, maturity[None, :], prices.funding_growth, levels)
    return ContractMove(moves.price[0], moves.carry[0], moves.factors[0], moves.inflation[0])


def _take(into: ContractMove, moves: ContractMove, lines: BoolArray) -> None:
    into.price[lines], into.carry[lines] = moves.price[lines], moves.carry[lines]
    into.factors[:, lines], into.inflation[lines] = moves.factors[:, lines], moves.inflation[lines]


def _changes(prices: BookPrices, before: int, after: int) -> BoolArray:
    """Which groups (G,) are read off another source than at the mark before."""
    then, now = prices.market.inputs.sources[before], prices.market.inputs.sources[after]
    return np.asarray((then != now) & (then != "") & (now != ""))


def _switched(prices: BookPrices, yesterday: BookDay, row: int) -> BoolArray:
    """Which lines (N,) have a price from another source than at their last mark."""
    found = np.zeros(len(yesterday.last_mark), dtype=np.bool_)
    for last_mark in np.unique(yesterday.last_mark):
        changed = (prices.needs[row] & _changes(prices, int(last_mark), row)).any(axis=1)
        found |= changed & (yesterday.last_mark == last_mark)
    return found


def _moves_of_market(
    prices: BookPrices, before: int, after: int, maturity: Days, lines: BoolArray
) -> tuple[ContractMove, BoolArray]:
    """The moves as one source would have them, and the lines (N,) for which no source can tell."""
    market = prices.market
    levels = _copied(market.levels[np.array([before])]), _copied(market.levels[np.array([after])])
    lost = np.zeros(len(lines), dtype=np.bool_)
    for place in np.flatnonzero(_changes(prices, before, after)).tolist():
        group, inputs = PRICE_GROUPS[place], market.inputs
        new, old = str(inputs.sources[after, place]), str(inputs.sources[before, place])
        then = inputs.level_of(group, new, before, inputs.sessions[before, place])
        now = inputs.level_of(group, old, after, inputs.sessions[after, place])
        if then is not None:
            _put(levels[0], group, then)
        elif now is not None:
            _put(levels[1], group, now)
        else:
            lost |= prices.needs[after][:, place]
    moves = _moves(prices, before, after, maturity, levels)
    return moves, lost | ~np.isfinite(moves.price + moves.carry)


def _copied(levels: Levels) -> Levels:
    return Levels(levels.curves.copy(), levels.spots.copy(), levels.usd_short.copy())


def _put(levels: Levels, group: str, values: FloatArray) -> None:
    """Sets the group's level of the one row of `levels`."""
    if group in SPOTS:
        levels.spots[0, SPOTS[group]] = values[0]
    elif group == "usd_short_rate":
        levels.usd_short[0] = values[0]
    elif group == "real_long":
        levels.curves[0, [curve_at("real", bd) for bd in LONG_VERTICES]] = values
    else:
        first = curve_slice(group).start
        levels.curves[0, first : first + len(values)] = values
