"""Portfolio: what the book should hold, in contracts, and what it has earned and lost. Money in BRL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports import portfolio_charts as draw
from reports.blocks import Block, Cell, Column, Section, Table, signed_cell, signed_tone
from reports.data import ReportData, Row, with_day
from reports.formats import NOT_KNOWN, brl, date, known, listed, number, percent, plural, thousands
from reports.language import say, sourced


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
        return (), "no P&L attribution is stored for this month"
    marked = set(history.filter(pl.col("day") >= first)["day"].to_list())
    lacking = sorted(marked - set(rows["day"].to_list()))
    if lacking:
        return (), say(
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
        text = say("NAV is {}", brl(state["nav_brl"]))
        if known(state["return_1d"]) is not None:
            gain = brl(state["pnl_brl"], signed=True)
            text += say(", {} on the day ({} after costs)", percent(state["return_1d"], signed=True), gain)
        if book.month_return is not None:
            text += say(" and {} in the month", percent(book.month_return, signed=True))
        out.append(text + ".")
        out.append(_drawdown_sentence(state))
    if book.day_pnl:
        best, worst = max(book.day_pnl, key=lambda r: r["pnl_brl"]), min(book.day_pnl, key=lambda r: r["pnl_brl"])
        parts = [say("{} earned {}", best["instrument_id"], brl(best["pnl_brl"]))] if best["pnl_brl"] > 0 else []
        parts += [say("{} lost {}", worst["instrument_id"], brl(-worst["pnl_brl"]))] if worst["pnl_brl"] < 0 else []
        if parts:
            out.append(say("Over the day {}.", listed(parts)))
    if book.targets_known and not book.positions:
        out.append("The book is flat and is to stay flat.")
    weights = [(row, known(row["risk_weight"])) for row in book.positions]
    held = [(row, weight) for row, weight in weights if weight]
    if held:
        row, weight = max(held, key=lambda pair: abs(pair[1]))
        total = sum(abs(w) for _, w in held)
        out.append(
            say(
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
        "The book stands at its peak"
        if fall is not None and fall < 5e-5
        else say("The book is {} below its peak", percent(fall))
    )
    if fall is None:
        text = "The drawdown is not known"
    if expected is not None and target is not None:
        text += say(
            "; expected volatility is {} a year against a target of {}", percent(expected, 1), percent(target, 1)
        )
    return text + "."


def position_table(book: PortfolioView, day: str) -> Table:
    columns = (
        Column("Instrument", "text"),
        Column("Contract", "text"),
        Column("Class", "text"),
        Column("Contracts"),
        Column("Before"),
        Column("Price"),
        Column("Rate", unit="% a year"),
        Column("Notional", unit="BRL thousand"),
        Column("DV01", unit="BRL per bp"),
        Column("Delta", unit="BRL thousand"),
        Column("Risk share"),
        Column("Margin", unit="BRL thousand"),
    )
    weights = sum(abs(known(row["risk_weight"]) or 0.0) for row in book.positions)
    rows = []
    for row in book.positions:
        share = None if not weights or known(row["risk_weight"]) is None else row["risk_weight"] / weights
        maturity = say("matures {}", date(row["maturity"])) if row["maturity"] else ""
        rows.append(
            (
                Cell(row["instrument_id"]),
                Cell(row["contract_id"] or NOT_KNOWN, maturity),
                Cell(row["asset_class"], tone="muted"),
                Cell(thousands(row["contracts"], signed=True), tone=signed_tone(row["contracts"])),
                Cell(thousands(row["contracts_before"], signed=True), tone="muted"),
                Cell(number(row["price"])),
                _or_dash(row["rate"], percent(row["rate"], 3), "priced, not quoted as a rate"),
                Cell(_thousand(row["notional_brl"])),
                _or_dash(row["dv01_brl"], thousands(row["dv01_brl"], signed=True), "no rate exposure"),
                _or_dash(row["delta_brl"], _thousand(row["delta_brl"]), "no FX or equity exposure"),
                Cell(percent(share, 0, signed=True)),
                Cell(_thousand(row["margin_brl"]).lstrip("+")),
            )
        )
    caption = say(
        "Target positions at {}. + is long the price (receive for rates); DV01 is positive when a fall in yield "
        "gains, delta when a rise of the dollar or the index does; risk share is signed, of the sum of sizes",
        day,
    )
    return Table("positions", caption, columns, tuple(rows), sourced("target_position", day))


def _thousand(value: float | None) -> str:
    clean = known(value)
    return NOT_KNOWN if clean is None else thousands(clean / 1000.0, signed=True)


def _or_dash(value: float | None, text: str, why: str) -> Cell:
    """A dash for what the instrument does not have at all; it is not a small number."""
    return Cell("–", why, "muted") if not known(value) else Cell(text)


def attribution_table(book: PortfolioView, day: str) -> Table:
    month = {row["instrument_id"]: row for row in book.month_pnl}
    rows = []
    for row in book.day_pnl:
        total = month.get(row["instrument_id"])
        rows.append(
            (
                Cell(row["instrument_id"]),
                _or_dash(row["contracts"], thousands(row["contracts"], signed=True), "nothing held over the day"),
                *(_money(row[name]) for name in ("price_pnl_brl", "carry_pnl_brl")),
                _money(_minus(row["cost_brl"])),
                _money(row["pnl_brl"]),
                _money(total["pnl_brl"])
                if total
                else Cell(NOT_KNOWN, book.month_gap or "not held this month", "muted"),
            )
        )
    gone = [row for name, row in month.items() if name not in {r["instrument_id"] for r in book.day_pnl}]
    rows += [
        (
            Cell(r["instrument_id"]),
            *(Cell("–", "not held over the day", "muted") for _ in range(5)),
            _money(r["pnl_brl"]),
        )
        for r in gone
    ]
    sums = [_total(book.day_pnl, name) for name in ("price_pnl_brl", "carry_pnl_brl", "cost_brl", "pnl_brl")]
    total_row = (
        Cell("Total"),
        Cell(""),
        _money(sums[0]),
        _money(sums[1]),
        _money(_minus(sums[2])),
        _money(sums[3]),
        _money(_total(book.month_pnl, "pnl_brl")) if book.month_pnl else Cell(NOT_KNOWN, book.month_gap, "muted"),
    )
    columns = (
        Column("Instrument", "text"),
        Column("Held", unit="contracts"),
        Column("Price", unit="BRL"),
        Column("Carry", unit="BRL"),
        Column("Cost", unit="BRL"),
        Column("Day", unit="BRL"),
        Column("Month", unit="BRL"),
    )
    return Table(
        "attribution",
        say("P&L by instrument, over the day to {} and the month", day),
        columns,
        tuple(rows),
        sourced("pnl_attribution", day),
        total_row,
    )


def _money(value: float | None) -> Cell:
    return signed_cell(known(value), thousands(value, signed=True))


def _minus(value: float | None) -> float | None:
    clean = known(value)
    return None if clean is None else -clean


def _total(rows: tuple[Row, ...], name: str) -> float | None:
    """The sum, or None when a part is not known."""
    parts = [known(row[name]) for row in rows]
    return None if not parts or any(part is None for part in parts) else sum(part for part in parts if part is not None)


def section(data: ReportData) -> Section:
    book, day = view(data), date(data.day)
    missing, blocks = [], list[Block]()
    if book.positions:
        blocks.append(position_table(book, day))
    elif not book.targets_known:
        missing.append("No target positions were computed for this decision.")
    if book.state is None:
        missing.append("The book was not marked at this decision: NAV, P&L and drawdown are not known.")
    if book.state is not None and len(book.days) > 1:
        blocks += [draw.nav_figure(book.days, book.nav), draw.underwater_figure(book.days, book.drawdown)]
    if book.state is not None and book.monthly:
        blocks.append(draw.monthly_figure(book.monthly, day))
    if book.day_pnl:
        blocks.append(draw.attribution_figure("fig-pnl-day", say("P&L of the day, {}", day), book.day_pnl, day))
    else:
        missing.append("No P&L attribution is stored for this decision: the day's P&L cannot be split by instrument.")
    if book.day_pnl and book.month_pnl:
        blocks.append(draw.attribution_figure("fig-pnl-month", "P&L of the month", book.month_pnl, day))
    elif book.day_pnl:
        missing.append(say("The month's P&L cannot be split by instrument: {}.", book.month_gap))
    if book.day_pnl:
        blocks.append(attribution_table(book, day))
    return Section("portfolio", "Portfolio", sentences(book), tuple(missing), tuple(blocks))
