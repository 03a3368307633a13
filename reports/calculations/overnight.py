"""What the last session did to the market and, trade by trade, to the book, against CDI. P&L in BRL after costs."""

from __future__ import annotations

from dataclasses import dataclass

from reports.calculations.levels import Level, levels_of
from reports.elements.formats import finite_or_none
from reports.elements.quotes import QUOTES, Quote
from reports.elements.report_data import ReportData, once_per_report

CASH = "CASH"
MOVES = 3
"""Market moves on the first screen."""
TRADES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("front end", ("DI1_6M", "DI1_1Y", "DI1_2Y"), "pre_252"),
    ("long end", ("DI1_3Y", "DI1_4Y", "DI1_5Y", "DI1_7Y", "DI1_10Y"), "pre_1260"),
    ("real rates", ("DAP_", "NTNB_"), "real_504"),
    ("cupom", ("DDI_",), "cupom_252"),
    ("dollar", ("DOL",), "usdbrl"),
    ("Treasuries", ("UST_",), "ust_2520"),
    ("Ibovespa", ("IND",), "ibovespa"),
    ("sovereign spread", ("SOV_",), ""),
)
"""Name of a trade, the instruments (or the beginning of their ids), and the market level that moves it."""


@dataclass(frozen=True, slots=True)
class Trade:
    """The P&L of one group of instruments over the session, BRL after costs."""

    name: str
    pnl: float


@dataclass(frozen=True)
class Overnight:
    """`moves`: the market levels behind the trades that made or lost most, in that order. `trades`: largest first.

    `silent`: the levels behind the book's lines of which the session has no value. `pnl`, `cash`: of the book, and its
    interest at CDI; None where not known. `held`: lines with contracts, of which `unknown` have no result.
    """

    moves: tuple[tuple[Quote, Level], ...]
    trades: tuple[Trade, ...]
    pnl: float | None
    cash: float | None
    held: int
    unknown: int
    silent: tuple[Quote, ...]


@once_per_report
def overnight(data: ReportData) -> Overnight:
    """The last session; without trades where no attribution is stored."""
    rows = list(data.latest("pnl_attribution").iter_rows(named=True))
    sums: dict[str, float] = {}
    for row in rows:
        name, value = trade_of(row["instrument_id"]), finite_or_none(row["pnl_brl"])
        if name and value:
            sums[name] = sums.get(name, 0.0) + value
    trades = sorted((Trade(name, value) for name, value in sums.items()), key=lambda t: (-abs(t.pnl), t.name))
    state = data.row("portfolio_state")
    cash = next((finite_or_none(row["pnl_brl"]) for row in rows if row["instrument_id"] == CASH), None)
    held = [row for row in rows if row["contracts"]]
    return Overnight(
        moves=_moves(data, [trade.name for trade in trades]),
        trades=tuple(trades),
        pnl=finite_or_none(state["pnl_brl"]) if state is not None else None,
        cash=cash,
        held=len(held),
        unknown=sum(1 for row in held if row["pnl_brl"] is None),
        silent=_silent(data, {trade_of(row["instrument_id"]) for row in held if row["pnl_brl"] is None}),
    )


def trade_of(instrument_id: str) -> str:
    """The trade of an instrument; empty for cash and for one of no trade."""
    for name, members, _ in TRADES:
        if any(
            instrument_id == member or (member[-1] == "_" and instrument_id.startswith(member)) for member in members
        ):
            return name
    return ""


def _silent(data: ReportData, trades: set[str]) -> tuple[Quote, ...]:
    """The levels of `trades` that have no change over the day."""
    levels, by_feature = levels_of(data), {quote.feature: quote for quote in QUOTES}
    found = [(feature, levels.get(feature)) for name, _, feature in TRADES if name in trades and feature]
    return tuple(by_feature[name] for name, level in found if level is None or level.change("1d") is None)


def _moves(data: ReportData, first: list[str]) -> tuple[tuple[Quote, Level], ...]:
    """The levels of `first`, then of the other trades, that have a change over the day; MOVES at most."""
    by_feature = {quote.feature: quote for quote in QUOTES}
    order = [*first, *(name for name, _, _ in TRADES if name not in first)]
    features = {name: feature for name, _, feature in TRADES if feature}
    levels = levels_of(data)
    found = []
    for name in order:
        level = levels.get(features[name]) if name in features else None
        if level is not None and level.change("1d") is not None:
            found.append((by_feature[features[name]], level))
    return tuple(found[:MOVES])
