"""The first two lines: the market's moves that mattered to the book, and the book's result by trade against CDI."""

from __future__ import annotations

from reports.calculations.levels import Level
from reports.calculations.overnight import overnight
from reports.elements.formats import (
    basis_points,
    brl,
    capitalize_first,
    finite_or_none,
    format_list,
    number,
    percent,
    plural,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.quotes import VALUE, Quote
from reports.elements.report_data import ReportData

MOST_TRADES = 5


def market_line(data: ReportData) -> str:
    """`DI 1y +15 bp to 8.11%; USD/BRL −0.23% to 4.0392`; empty where no change is known."""
    night = overnight(data)
    parts = [_move(quote, level) for quote, level in night.moves]
    if parts and night.silent:
        parts.append(translate("no new level: {}", format_list([translate(quote.name) for quote in night.silent])))
    return "; ".join(parts)


def _move(quote: Quote, level: Level) -> str:
    value = VALUE[quote.kind](level.value, quote.digits)
    if quote.kind == "rate":
        moved = basis_points(level.change("1d"))
    elif quote.kind == "points":
        moved = number(level.change("1d"), 2, signed=True)
    else:
        moved = percent(level.change_fraction("1d"), signed=True)
    return translate("{} {} to {}", translate(quote.name), moved, value)


def result_line(data: ReportData) -> str:
    """`Mon 23 Nov: BRL +439,543 (+0.37%) against CDI of BRL +33,000: front end +300,000, dollar −20,000`."""
    night, state = overnight(data), data.row("portfolio_state")
    if state is None or night.pnl is None or finite_or_none(state["return_1d"]) is None:
        return ""
    text = translate(
        "{}: {} ({})",
        weekday_date(data.market_day),
        brl(night.pnl, signed=True),
        percent(state["return_1d"], signed=True),
    )
    if night.cash is not None:
        text += translate(
            ", of which CDI {}; {} over CDI", brl(night.cash, signed=True), brl(night.pnl - night.cash, signed=True)
        )
    if night.trades:
        shown = night.trades[:MOST_TRADES]
        parts = [f"{translate(trade.name)} {brl(trade.pnl, signed=True)}" for trade in shown]
        rest = sum(trade.pnl for trade in night.trades[MOST_TRADES:])
        parts += [translate("others {}", brl(rest, signed=True))] if len(night.trades) > MOST_TRADES else []
        text += translate(". By trade, after costs: {}", ", ".join(parts))
    if night.held and night.unknown == night.held:
        text += translate("; no position has a price of the session: this is the cash alone")
    elif night.unknown:
        text += translate("; {} without a price of the session, not in it", plural(night.unknown, "position"))
    return capitalize_first(text) + "."
