"""The P&L of what is held from its last mark into a row, and the part of it that a change of source makes.

A line is marked when its price is known and current. Between two marks that rest on different sources, the market has
moved by what one source says of both days, or by what two sources say of the same session; the rest is the change of
source (docs/book.md). The price of a contract itself and the one by the curve are two sources.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days
from desk.catalog.defence import PRICE_GROUPS
from desk.catalog.fallbacks import LONG_VERTICES
from desk.portfolio.book_history import BookDay, LinePnl
from desk.portfolio.fill_prices import BookPrices
from desk.portfolio.market_levels import IBOVESPA, IPCA_INDEX, USDBRL, Levels, curve_at, curve_slice
from desk.portfolio.own_prices import CURVE
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
    marked = is_held & np.isfinite(price + carry) & markable(prices, row, held.maturity)
    own = price + carry
    switched = marked & _switched(prices, yesterday, row)
    for last_mark in np.unique(yesterday.last_mark[switched]):
        lines = switched & (yesterday.last_mark == last_mark)
        of_market, lost = _moves_of_market(prices, int(last_mark), row, held.maturity)
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
    prices: BookPrices,
    before: int,
    after: int,
    maturity: Days,
    levels: tuple[Levels, Levels] | None = None,
    own: tuple[FloatArray, FloatArray] | None = None,
) -> ContractMove:
    span = np.array([before]), np.array([after])
    moves = contract_moves(prices.terms, prices.market, *span, maturity[None, :], prices.funding_growth, levels, own)
    return ContractMove(moves.price[0], moves.carry[0], moves.factors[0], moves.inflation[0])


def _take(into: ContractMove, moves: ContractMove, lines: BoolArray) -> None:
    into.price[lines], into.carry[lines] = moves.price[lines], moves.carry[lines]
    into.factors[:, lines], into.inflation[lines] = moves.factors[:, lines], moves.inflation[lines]


def _changes(prices: BookPrices, before: int, after: int) -> BoolArray:
    """Which groups (G,) are read off another source than at the mark before."""
    then, now = prices.market.inputs.sources[before], prices.market.inputs.sources[after]
    return np.asarray((then != now) & (then != "") & (now != ""))


def _sources(prices: BookPrices, row: int, maturity: Days) -> IntArray:
    """What the contracts (N,) are marked at on a row, places in MARK_SOURCES."""
    return np.asarray(prices.market.inputs.own.best(np.array([row]), prices.terms.roots, maturity[None, :])[1][0])


def _needs(prices: BookPrices, row: int, source: IntArray) -> BoolArray:
    """Which groups (N, G) the price of each line rests on, as it is marked."""
    return np.where((source != CURVE)[:, None], prices.own_needs, prices.needs[row])


def markable(prices: BookPrices, row: int, maturity: Days) -> BoolArray:
    """Which of the contracts (N,) have a price on `row` that is current: their own, else the curve's."""
    needs = _needs(prices, row, _sources(prices, row, maturity))
    return np.asarray((prices.market.inputs.current[row] | ~needs).all(axis=1))


def _switched(prices: BookPrices, yesterday: BookDay, row: int) -> BoolArray:
    """Which lines (N,) have a price from another source than at their last mark."""
    found = np.zeros(len(yesterday.last_mark), dtype=np.bool_)
    maturity = yesterday.before.maturity
    now = _sources(prices, row, maturity)
    for last_mark in np.unique(yesterday.last_mark):
        then = _sources(prices, int(last_mark), maturity)
        needs = _needs(prices, row, now)
        changed = (then != now) | (needs & _changes(prices, int(last_mark), row)).any(axis=1)
        found |= changed & (yesterday.last_mark == last_mark)
    return found


def _one_source(prices: BookPrices, before: int, after: int, maturity: Days) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Own prices (2, N) on both rows from one source of each line, NaN for the curve's; the lines (N,) that are priced
    by the curve on both, and those of which neither of the two sources has both days."""
    market, roots, ends = prices.market, prices.terms.roots, maturity[None, :]
    then, now = _sources(prices, before, maturity), _sources(prices, after, maturity)

    def price(source: IntArray, row: int) -> FloatArray:
        return np.asarray(market.inputs.own.of(source[None, :], np.array([row]), roots, ends)[0])

    def has(source: IntArray, row: int) -> BoolArray:
        by_curve = (market.inputs.current[row] | ~prices.needs[row]).all(axis=1)
        return np.where(source == CURVE, by_curve, np.isfinite(price(source, row)))

    marks = [market.inputs.own.best(np.array([row]), roots, ends)[0][0] for row in (before, after)]
    as_new, as_old = has(now, before), has(then, after)
    source = np.where(as_new, now, then)
    pair = [
        np.where(then == now, marks[0], np.where(as_new, price(now, before), marks[0])),
        np.where(then == now, marks[1], np.where(as_new, marks[1], price(then, after))),
    ]
    return np.stack(pair), source == CURVE, np.asarray((then != now) & ~as_new & ~as_old)


def _moves_of_market(prices: BookPrices, before: int, after: int, maturity: Days) -> tuple[ContractMove, BoolArray]:
    """The moves as one source would have them, and the lines (N,) for which no source can tell."""
    market = prices.market
    levels = _copied(market.levels[np.array([before])]), _copied(market.levels[np.array([after])])
    own, by_curve, lost = _one_source(prices, before, after, maturity)
    needs = np.where(by_curve[:, None], prices.needs[after], prices.own_needs)
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
            lost |= needs[:, place]
    moves = _moves(prices, before, after, maturity, levels, (own[:1], own[1:]))
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
