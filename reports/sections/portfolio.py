"""Portfolio: the target positions in contracts, and what the book earned and lost. Money in BRL."""

from __future__ import annotations

import datetime as dt

from desk.catalog.desk_parameters import METHODS
from reports.calculations.defence_text import pnl_sentences
from reports.calculations.pnl_attribution import NAMES, TABLES, Attribution, line_name
from reports.calculations.portfolio import PortfolioView, portfolio_view, stand_alone_shares
from reports.calculations.rolls import CashUse
from reports.calculations.track_record import TrackRecord
from reports.charts import portfolio_charts, tear_sheet_charts
from reports.elements.formats import (
    brl,
    date,
    finite_or_none,
    format_list,
    month_of,
    number,
    percent,
    plural,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.page_elements import Block, Figure, Section
from reports.elements.report_data import ReportData, Row
from reports.elements.risk_taken import risk_taken_sentence
from reports.tables import attribution_tables, tear_sheet_tables
from reports.tables.package_table import package_table
from reports.tables.position_table import position_table
from reports.tables.roll_table import roll_table


def sentences(book: PortfolioView) -> tuple[str, ...]:
    """NAV and returns, drawdown, the day's and month's largest earners, the track record, the largest risk."""
    out = []
    if book.state is not None:
        state = book.state
        text = translate("NAV is {} at the close of {}", brl(state["nav_brl"]), weekday_date(book.market_day))
        if finite_or_none(state["return_1d"]) is not None:
            gain = brl(state["pnl_brl"], signed=True)
            text += translate(", {} on the day ({} after costs)", percent(state["return_1d"], signed=True), gain)
        if book.month_return is not None:
            text += translate(
                " and {} in {}", percent(book.month_return, signed=True), month_of(book.market_day)
            ) + against_cash(book)
        out.append(text + ".")
        out.append(_drawdown_sentence(state))
        out += [text for text in (risk_taken_sentence(state),) if text]
        out += _cash_sentence(book.cash_use)
        out += pnl_sentences(book.defence) + _breaker_sentence(state) + _sizing_sentence(state)
    if book.day_pnl:
        best, worst = max(book.day_pnl, key=lambda r: r["pnl_brl"]), min(book.day_pnl, key=lambda r: r["pnl_brl"])
        parts = [translate("{} earned {}", best["instrument_id"], brl(best["pnl_brl"]))] if best["pnl_brl"] > 0 else []
        parts += (
            [translate("{} lost {}", worst["instrument_id"], brl(-worst["pnl_brl"]))] if worst["pnl_brl"] < 0 else []
        )
        if parts:
            out.append(translate("On {} {}.", weekday_date(book.market_day), format_list(parts)))
    out += [text for text in (_attribution_sentence(book.by_strategy), _record_sentence(book.record)) if text]
    if book.targets_known and not book.positions:
        out.append(translate("The book is flat and stays flat."))
    shares = stand_alone_shares(book.positions)
    held = [row for row in book.positions if shares[row["instrument_id"]]]
    if held:
        largest = max(held, key=lambda row: abs(shares[row["instrument_id"]] or 0.0))
        out.append(
            translate(
                "Largest risk: {}, {} of the stand-alone risk of {}.",
                largest["contract_id"] or largest["instrument_id"],
                percent(abs(shares[largest["instrument_id"]] or 0.0), 0),
                plural(len(held), "position"),
            )
        )
    return tuple(out)


def against_cash(book: PortfolioView) -> str:
    """` (CDI +0.70%)`: cash over the month of the market day; empty where it is not known."""
    day = book.market_day
    cash = book.monthly_cash.get((day.year, day.month)) if day is not None else None
    return translate(" (CDI {})", percent(cash, signed=True)) if cash is not None else ""


def _attribution_sentence(found: Attribution) -> str:
    """The strategies that earned and lost most in the month; empty where no strategy's month is known."""
    own = [line for line in found.lines if line.name not in NAMES and line.month is not None]
    if not own:
        return ""
    best, worst = max(own, key=lambda line: line.month or 0.0), min(own, key=lambda line: line.month or 0.0)
    parts = [translate("{} earned {}", best.name, brl(best.month))] if (best.month or 0.0) > 0 else []
    parts += [translate("{} lost {}", worst.name, brl(-(worst.month or 0.0)))] if (worst.month or 0.0) < 0 else []
    return translate("In the month {}.", format_list(parts)) if parts else ""


def _record_sentence(record: TrackRecord) -> str:
    found = record.whole
    if found is None:
        return ""
    over = translate("over CDI") if found.over_cash else translate("over zero, for CDI is not known on every day")
    return translate(
        "Since {} ({}): {} a year at {} volatility, Sharpe {} {}, worst drawdown {}.",
        date(record.since),
        plural(found.days, "day"),
        percent(found.cagr, 1, signed=True),
        percent(found.volatility, 1),
        number(found.sharpe, 2, signed=True),
        over,
        percent(found.max_drawdown, 1),
    )


def _drawdown_sentence(state: Row) -> str:
    fall, expected, target = (
        finite_or_none(state["drawdown"]),
        finite_or_none(state["expected_volatility"]),
        finite_or_none(state["target_volatility"]),
    )
    text = (
        translate("The book is at its one-year high over CDI")
        if fall is not None and fall < 5e-5
        else translate("Drawdown over CDI from the one-year high: {}", percent(fall))
    )
    if fall is None:
        text = translate("The drawdown is not known")
    if finite_or_none(state["asked_volatility"]) is None and expected is not None and target is not None:
        text += translate(
            "; expected volatility is {} a year against a target of {}", percent(expected, 1), percent(target, 1)
        )
    return text + "."


def _cash_sentence(use: CashUse | None) -> list[str]:
    """Margin, and what bonds tie up, against the cash that NAV is; empty where one is not known."""
    if use is None or not use.nav:
        return []
    text = translate("Margin {} ({} of NAV)", brl(use.margin), percent(use.margin / use.nav, 1))
    if use.paid:
        text += translate(", bonds paid for {}", brl(use.paid))
    return [text + translate("; free cash {}.", brl(use.free))]


def _breaker_sentence(state: Row) -> list[str]:
    """Empty while the breaker allows the full risk."""
    left = finite_or_none(state["risk_multiplier"])
    return (
        []
        if left is None or left >= 1.0
        else [translate("The drawdown breaker leaves {} of the risk budget.", percent(left, 0))]
    )


def _sizing_sentence(state: Row) -> list[str]:
    """Empty where every package with a view was formed."""
    sizing = state["sizing"]
    if sizing in (None, *METHODS):
        return []
    return [translate("Not every view could be sized: {}.", sizing)]


def _pnl_pairs(rows: tuple[Row, ...]) -> list[tuple[str, float]]:
    return [(line_name(row["instrument_id"]), row["pnl_brl"]) for row in rows]


def _history_blocks(book: PortfolioView, day: str) -> list[Block]:
    """NAV, underwater, the breaker, months, and the tear sheet."""
    if book.state is None:
        return []
    found: list[Block | None] = []
    if book.sheet:
        found.append(tear_sheet_tables.sheet_table(book.sheet, date(book.market_day)))
    if len(book.days) > 1:
        found += [
            portfolio_charts.nav_figure(book.days, book.nav, book.cash),
            portfolio_charts.underwater_figure(book.days, book.drawdown),
        ]
        found.append(tear_sheet_charts.breaker_figure(book.days, book.nav, book.shadow, book.decided, book.multiplier))
    if book.monthly:
        found.append(portfolio_charts.monthly_figure(book.monthly, day))
    if book.record.whole is not None:
        found.append(tear_sheet_tables.statistics_table(book.record, day))
        found.append(
            tear_sheet_charts.rolling_figure(book.record, finite_or_none(book.state["target_volatility"]), day)
        )
        found.append(tear_sheet_charts.distribution_figure(book.record, day))
    if book.monthly:
        found.append(tear_sheet_tables.monthly_table(book.monthly, book.monthly_cash, day))
    if book.record.drawdowns:
        found.append(tear_sheet_tables.drawdown_table(book.record, day))
    return [block for block in found if block is not None]


def _pnl_blocks(book: PortfolioView, day: str) -> list[Block]:
    """Waterfalls of the day and the month by instrument, strategy and factor; then the tables."""
    blocks: list[Block] = []
    if book.day_pnl:
        title = translate("P&L of {}", weekday_date(book.market_day))
        blocks.append(portfolio_charts.attribution_figure("fig-pnl-day", title, _pnl_pairs(book.day_pnl), day))
    if book.day_pnl and book.month_pnl:
        blocks.append(
            portfolio_charts.attribution_figure(
                "fig-pnl-month", translate("P&L of {}", month_of(book.market_day)), _pnl_pairs(book.month_pnl), day
            )
        )
    splits = (book.by_strategy, book.by_factor)
    blocks += [_split_figure(found, book.market_day, day) for found in splits if found.parts("month")]
    heads = weekday_date(book.market_day), month_of(book.market_day)
    unknown = book.defence.unknown
    if book.day_pnl or unknown:
        table = attribution_tables.instrument_table(book.day_pnl, book.month_pnl, book.month_gap, heads, day, unknown)
        blocks.append(table)
    return [*blocks, *(attribution_tables.split_table(found, heads, day) for found in splits if found.lines)]


def _split_figure(found: Attribution, market_day: dt.date | None, day: str) -> Figure:
    title = translate("P&L of {} by {}", month_of(market_day), translate(found.split))
    identity, table = f"fig-pnl-{found.split}", TABLES[found.split]
    return portfolio_charts.attribution_figure(identity, title, found.parts("month"), day, table)


def _missing(book: PortfolioView) -> tuple[str, ...]:
    out = []
    if not book.targets_known:
        out.append(translate("No target positions were computed for this decision."))
    if book.state is None:
        out.append(translate("The book was not marked at this decision: NAV, P&L and drawdown are not known."))
    elif book.record.whole is None:
        out.append(translate("The record has no statistics: {}.", book.record.reason))
    if not book.day_pnl:
        out.append(
            translate("No P&L attribution is stored for this decision: the day's P&L cannot be split by instrument.")
        )
    elif not book.month_pnl and book.month_gap:
        out.append(translate("The month's P&L cannot be split by instrument: {}.", book.month_gap))
    for found in (book.by_strategy, book.by_factor):
        if book.state is not None and found.since is None:
            out.append(translate("No P&L by {} is stored for this decision.", translate(found.split)))
    return tuple(out)


def section(data: ReportData) -> Section:
    """The section Portfolio."""
    book, day = portfolio_view(data), date(data.day)
    blocks: list[Block] = (
        [position_table(book.positions, stand_alone_shares(book.positions), day)] if book.positions else []
    )
    blocks += [package_table(book.packages, day)] if book.packages else []
    blocks += [roll_table(book.rolls, day)] if book.rolls else []
    blocks += [*_history_blocks(book, day), *_pnl_blocks(book, day)]
    return Section("portfolio", "Portfolio", sentences(book), _missing(book), tuple(blocks))
