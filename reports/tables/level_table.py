"""The table of market levels, each with its receipt."""

from __future__ import annotations

from reports.calculations.levels import SPANS, Level
from reports.calculations.market import MarketView
from reports.elements.formats import NOT_KNOWN, basis_points, date, number, percent
from reports.elements.locale import translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell, sparkline
from reports.elements.quotes import VALUE, Quote
from reports.elements.receipts import Receipts
from reports.elements.report_data import ReportData


def level_table(market: MarketView, receipt: Receipts, data: ReportData) -> Table:
    """One row for each quote: level, changes, z-score, path and date; unknown ones say why."""
    columns = (
        Column("Level", "text"),
        Column("Last"),
        Column("Unit", "text"),
        *(Column(span) for span, _ in SPANS),
        Column("z-score"),
        Column("Two years", "text"),
        Column("Observed", "text"),
    )
    rows = []
    for quote, level in market.levels:
        behind = level.feature_id
        cells = [
            Cell(quote.name, href=receipt.href(behind)),
            Cell(VALUE[quote.kind](level.value, quote.digits), receipt.title(behind)),
            Cell(quote.unit, tone="muted"),
            *(change_cell(quote, level, span) for span, _ in SPANS),
            Cell(number(level.z, 1, signed=True), translate("against {} days of its own history", level.z_days)),
            Cell("", svg=sparkline(level.path[:: max(1, len(level.path) // 96)])),
            Cell(receipt.observed(behind, level.obs_date), tone="amber" if receipt.stale(behind) else "muted"),
        ]
        rows.append(tuple(cells))
    rows += [unknown_row(quote, receipt) for quote in market.unknown]
    caption = translate(
        "Levels known at 06:00 BRT of {}. Changes: bp for rates, % for prices, points for the VIX", date(data.day)
    )
    return Table(
        "levels", caption, columns, tuple(rows), "feature, input_receipt; the receipt of each level is on hover"
    )


def unknown_row(quote: Quote, receipt: Receipts) -> tuple[Cell, ...]:
    """The row of a level that is not known: what it could have been read off, and its age."""
    why = receipt.title(quote.feature)
    blank = (Cell(NOT_KNOWN, tone="muted") for _ in range(len(SPANS) + 1))
    return (
        Cell(quote.name),
        Cell("not known", why, "amber"),
        Cell(quote.unit, tone="muted"),
        *blank,
        Cell(""),
        Cell("n/a", tone="muted"),
    )


def change_cell(quote: Quote, level: Level, span: str) -> Cell:
    """The change, or in words why there is none."""
    text, size = change_text(quote, level, span)
    if size is not None:
        return signed_cell(
            size, text, translate("from {} known then", VALUE[quote.kind](level.before[span] or 0.0, quote.digits))
        )
    if level.before[span] is None:
        return Cell(NOT_KNOWN, translate("history does not reach back {}", translate(span)), "muted")
    return Cell("no new", translate("no observation newer than {} in this span", date(level.obs_date)), "muted")


def change_text(quote: Quote, level: Level, span: str) -> tuple[str, float | None]:
    """The change (bp for rates, percent for prices, points for the VIX) as text and as a signed number."""
    if quote.kind == "rate":
        change = level.change(span)
        return basis_points(change), change
    if quote.kind == "points":
        change = level.change(span)
        return number(change, 2, signed=True), change
    fraction = level.change_fraction(span)
    return percent(fraction, signed=True), fraction
