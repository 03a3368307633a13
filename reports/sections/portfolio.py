"""Portfolio: what the book should hold, in contracts, and what it has earned and lost. Money in BRL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.charts import portfolio_charts as draw
from reports.charts import tear_sheet_charts as curves
from reports.elements.elements import Block, Section
from reports.elements.formats import brl, date, known, listed, percent, plural
from reports.elements.locale import current_locale, translate
from reports.elements.report_data import ReportData, Row, with_day
from reports.tables import attribution as earned
from reports.tables import portfolio_tables as tables
from reports.tables import tear_sheet as track


@dataclass(frozen=True)
class PortfolioView:
    """`days`, `nav`, `drawdown` share their length; returns are fractions. `day_pnl` and `month_pnl` are rows
    (instrument_id, price, carry, cost, pnl) largest size first; the month is None when its days are not all there."""

    state: Row | None
    days: tuple[dt.date, ...]
    nav: tuple[float | None, ...]
    drawdown: tuple[float | None, ...]
    monthly: dict[tuple[int, int], float]
    month_return: float | None
    positions: tuple[Row, ...]
    """Held or wanted; instruments with neither are left out."""
    targets_known: bool
    day_pnl: tuple[Row, ...]
    month_pnl: tuple[Row, ...]
    month_gap: str
    record: track.TrackRecord
    by_strategy: earned.Attribution
    by_factor: earned.Attribution
    multiplier: tuple[float | None, ...]
    """Share of its risk that the drawdown breaker left each day's decision."""
    shadow: tuple[float | None, ...]


def view(data: ReportData) -> PortfolioView:
    history = with_day(data.history("portfolio_state"))
    monthly = monthly_returns(history)
    month_pnl, gap = month_attribution(data, history)
    targets = data.latest("target_position")
    held = (pl.col("contracts").fill_null(1) != 0) | (pl.col("contracts_before").fill_null(1) != 0)
    day_rows = data.latest("pnl_attribution")
    return PortfolioView(
        state=data.row("portfolio_state"),
        days=tuple(history["day"].to_list()),
        nav=tuple(history["nav_brl"].to_list()),
        drawdown=tuple(history["drawdown"].to_list()),
        monthly=monthly,
        month_return=monthly.get((data.day.year, data.day.month)),
        positions=tuple(targets.filter(held).sort("asset_class", "instrument_id").iter_rows(named=True)),
        targets_known=targets.height > 0,
        day_pnl=_largest_first(day_rows),
        month_pnl=month_pnl,
        month_gap=gap,
        record=track.track_record(data) if history.height else track.NOTHING,
        by_strategy=earned.attribution(data, "strategy"),
        by_factor=earned.attribution(data, "factor"),
        multiplier=tuple(history["risk_multiplier"].to_list()),
        shadow=tuple(history["shadow_nav_brl"].to_list()),
    )


def monthly_returns(history: pl.DataFrame) -> dict[tuple[int, int], float]:
    """Compounded daily returns by (year, month). A month with an unknown return in it is left out, but for the
    inception day, which has no return."""
    rows = history.with_columns(year=pl.col("day").dt.year(), month=pl.col("day").dt.month()).sort("day")
    rows = rows.slice(1) if rows.height and rows["return_1d"][0] is None else rows
    grouped = rows.group_by("year", "month", maintain_order=True).agg(
        ((1.0 + pl.col("return_1d")).product() - 1.0).alias("compounded"),
        pl.col("return_1d").null_count().alias("unknown"),
    )
    return {(r["year"], r["month"]): r["compounded"] for r in grouped.iter_rows(named=True) if not r["unknown"]}


def month_attribution(data: ReportData, history: pl.DataFrame) -> tuple[tuple[Row, ...], str]:
    """P&L by instrument over the decisions of this month, or why it cannot be given."""
    first = data.day.replace(day=1)
    rows = with_day(data.history("pnl_attribution")).filter(pl.col("day") >= first)
    if rows.is_empty():
        return (), translate("no P&L attribution is stored for this month")
    marked = set(history.filter(pl.col("day") >= first)["day"].to_list())
    lacking = sorted(marked - set(rows["day"].to_list()))
    if lacking:
        return (), translate(
            "P&L attribution lacks {} of this month, the first {}", plural(len(lacking), "day"), date(lacking[0])
        )
    money = ("price_pnl_brl", "carry_pnl_brl", "cost_brl", "pnl_brl")
    return _largest_first(rows.group_by("instrument_id", "asset_class").agg(pl.col(name).sum() for name in money)), ""


def _largest_first(rows: pl.DataFrame) -> tuple[Row, ...]:
    clean = rows.filter(pl.col("pnl_brl").is_not_null() & (pl.col("pnl_brl") != 0.0))
    return tuple(clean.sort(pl.col("pnl_brl").abs(), "instrument_id", descending=[True, False]).iter_rows(named=True))


def sentences(book: PortfolioView) -> tuple[str, ...]:
    out = []
    if book.state is not None:
        state = book.state
        text = translate("NAV is {}", brl(state["nav_brl"]))
        if known(state["return_1d"]) is not None:
            gain = brl(state["pnl_brl"], signed=True)
            text += translate(", {} on the day ({} after costs)", percent(state["return_1d"], signed=True), gain)
        if book.month_return is not None:
            text += translate(" and {} in the month", percent(book.month_return, signed=True))
        out.append(text + ".")
        out.append(_drawdown_sentence(state))
        out += _breaker_sentence(state)
    if book.day_pnl:
        best, worst = max(book.day_pnl, key=lambda r: r["pnl_brl"]), min(book.day_pnl, key=lambda r: r["pnl_brl"])
        parts = [translate("{} earned {}", best["instrument_id"], brl(best["pnl_brl"]))] if best["pnl_brl"] > 0 else []
        parts += (
            [translate("{} lost {}", worst["instrument_id"], brl(-worst["pnl_brl"]))] if worst["pnl_brl"] < 0 else []
        )
        if parts:
            out.append(translate("Over the day {}.", listed(parts)))
    out += [text for text in (earned.sentence(book.by_strategy), track.sentence(book.record)) if text]
    if book.targets_known and not book.positions:
        out.append(translate("The book is flat and is to stay flat."))
    weights = [(row, known(row["risk_weight"])) for row in book.positions]
    held = [(row, weight) for row, weight in weights if weight]
    if held:
        row, weight = max(held, key=lambda pair: abs(pair[1]))
        total = sum(abs(w) for _, w in held)
        out.append(
            translate(
                "The largest target risk is {}, {} of the sum over {}.",
                row["contract_id"] or row["instrument_id"],
                percent(abs(weight) / total, 0),
                plural(len(held), "position"),
            )
        )
    return tuple(out)


def _drawdown_sentence(state: Row) -> str:
    fall, expected, target = (
        known(state["drawdown"]),
        known(state["expected_volatility"]),
        known(state["target_volatility"]),
    )
    text = (
        translate("The book stands at its peak")
        if fall is not None and fall < 5e-5
        else translate("The book is {} below its peak", percent(fall))
    )
    if fall is None:
        text = translate("The drawdown is not known")
    if expected is not None and target is not None:
        text += translate(
            "; expected volatility is {} a year against a target of {}", percent(expected, 1), percent(target, 1)
        )
    return text + "."


def _breaker_sentence(state: Row) -> list[str]:
    """Only while the breaker holds risk back."""
    left = known(state["risk_multiplier"])
    return (
        []
        if left is None or left >= 1.0
        else [translate("The drawdown breaker leaves {} of the risk.", percent(left, 0))]
    )


def _pnl_pairs(rows: tuple[Row, ...]) -> list[tuple[str, float]]:
    return [(row["instrument_id"], row["pnl_brl"]) for row in rows]


def _path_blocks(book: PortfolioView, day: str) -> list[Block]:
    """NAV, underwater, the breaker, months, and the tear sheet."""
    if book.state is None:
        return []
    found: list[Block | None] = []
    if len(book.days) > 1:
        found += [draw.nav_figure(book.days, book.nav), draw.underwater_figure(book.days, book.drawdown)]
        found.append(curves.breaker_figure(book.days, book.multiplier, book.nav, book.shadow))
    if book.monthly:
        found.append(draw.monthly_figure(book.monthly, day))
    if book.record.whole is not None:
        found.append(track.statistics_table(book.record, day))
        found.append(curves.rolling_figure(book.record, known(book.state["target_volatility"]), day))
        found.append(curves.spread_figure(book.record, day))
    if book.monthly:
        found.append(track.month_table(book.monthly, current_locale().months, day))
    if book.record.falls:
        found.append(track.fall_table(book.record, day))
    return [block for block in found if block is not None]


def _pnl_blocks(book: PortfolioView, day: str) -> list[Block]:
    """Waterfalls of the day and the month by instrument, strategy and factor; then the tables."""
    blocks: list[Block] = []
    if book.day_pnl:
        title = translate("P&L of the day, {}", day)
        blocks.append(draw.attribution_figure("fig-pnl-day", title, _pnl_pairs(book.day_pnl), day))
    if book.day_pnl and book.month_pnl:
        blocks.append(draw.attribution_figure("fig-pnl-month", "P&L of the month", _pnl_pairs(book.month_pnl), day))
    splits = (book.by_strategy, book.by_factor)
    blocks += [figure for found in splits if (figure := earned.figure(found, day)) is not None]
    if book.day_pnl:
        blocks.append(tables.attribution_table(book.day_pnl, book.month_pnl, book.month_gap, day))
    return [*blocks, *(earned.table(found, day) for found in splits if found.lines)]


def _missing(book: PortfolioView) -> tuple[str, ...]:
    out = []
    if not book.targets_known:
        out.append(translate("No target positions were computed for this decision."))
    if book.state is None:
        out.append(translate("The book was not marked at this decision: NAV, P&L and drawdown are not known."))
    elif book.record.whole is None:
        out.append(translate("The record has no statistics: {}.", book.record.gap))
    if not book.day_pnl:
        out.append(
            translate("No P&L attribution is stored for this decision: the day's P&L cannot be split by instrument.")
        )
    elif not book.month_pnl and book.month_gap:
        out.append(translate("The month's P&L cannot be split by instrument: {}.", book.month_gap))
    for found in (book.by_strategy, book.by_factor):
        if book.state is not None and not found.days:
            out.append(translate("No P&L by {} is stored for this decision.", translate(found.split)))
    return tuple(out)


def section(data: ReportData) -> Section:
    book, day = view(data), date(data.day)
    blocks: list[Block] = [tables.position_table(book.positions, day)] if book.positions else []
    blocks += [*_path_blocks(book, day), *_pnl_blocks(book, day)]
    return Section("portfolio", "Portfolio", sentences(book), _missing(book), tuple(blocks))
