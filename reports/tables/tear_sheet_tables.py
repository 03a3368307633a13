"""Tables of the tear sheet: statistics of the track record, the deepest drawdowns, and returns by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from reports.calculations.fund_sheet import SpanReturn
from reports.calculations.return_statistics import Statistics
from reports.calculations.track_record import TrackRecord
from reports.elements.formats import date, number, percent, thousands
from reports.elements.locale import current_locale, source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell

STATISTICS: tuple[tuple[str, str, Callable[[Statistics], str]], ...] = (
    ("Days", "", lambda s: thousands(s.days)),
    ("Total return", "", lambda s: percent(s.total, signed=True)),
    ("CAGR", "compounded, a year of 252 days", lambda s: percent(s.cagr, signed=True)),
    ("Volatility", "a year", lambda s: percent(s.volatility)),
    ("Sharpe", "over cash where CDI is known on every day", lambda s: number(s.sharpe, signed=True)),
    ("Sortino", "as Sharpe, over the days below cash", lambda s: number(s.sortino, signed=True)),
    (
        "Calmar",
        "yearly return over the worst drawdown, both over cash where CDI is known",
        lambda s: number(s.calmar, signed=True),
    ),
    ("Worst drawdown", "over cash where CDI is known on every day", lambda s: percent(s.max_drawdown)),
    ("Skew", "", lambda s: number(s.skew, signed=True)),
    ("Excess kurtosis", "zero for a normal distribution", lambda s: number(s.kurtosis, signed=True)),
    ("Best day", "", lambda s: percent(s.best_day, signed=True)),
    ("Worst day", "", lambda s: percent(s.worst_day, signed=True)),
    ("Days won", "of the days that moved", lambda s: percent(s.win_rate, 1)),
    ("Profit factor", "what the days won over what they lost", lambda s: number(s.profit_factor)),
    ("Average gain", "", lambda s: percent(s.average_gain, 3, signed=True)),
    ("Average loss", "", lambda s: percent(s.average_loss, 3, signed=True)),
    ("Tail ratio", "95th over 5th percentile", lambda s: number(s.tail_ratio)),
    ("VaR 95% of the record", "5th percentile of the returns", lambda s: percent(s.var_95)),
)
"""Name, explanation on hover, and format."""


def statistics_table(record: TrackRecord, day: str) -> Table:
    """STATISTICS over the whole history and, where it is longer than a year, over its last year."""
    spans = [found for found in (record.whole, record.year) if found is not None]
    rows = tuple((Cell(name, why), *(Cell(text(found)) for found in spans)) for name, why, text in STATISTICS)
    heads = (Column(translate("Since {}", date(record.since))), Column("252 days"))[: len(spans)]
    span = translate("{} to {}", date(record.days[0]), date(record.days[-1]))
    caption = translate("The record, {}: daily returns after costs", span)
    source = source_note("portfolio_state, feature", day)
    return Table("tear-sheet", caption, (Column("Statistic", "text"), *heads), rows, source, wide=False, tall=True)


def drawdown_table(record: TrackRecord, day: str) -> Table:
    """The deepest drawdowns, over cash where CDI is known on every day, deepest first; depth in percent."""
    rows = tuple(
        (
            Cell(str(place)),
            Cell(percent(drawdown.depth)),
            Cell(date(drawdown.peak)),
            Cell(date(drawdown.trough)),
            Cell(date(drawdown.recovered)) if drawdown.recovered else Cell("not yet", tone="amber"),
            Cell(thousands(drawdown.days)),
        )
        for place, drawdown in enumerate(record.drawdowns, 1)
    )
    columns = (
        Column("#", "text"),
        Column("Depth"),
        Column("Peak", "text"),
        Column("Trough", "text"),
        Column("Recovered", "text"),
        Column("Length", unit="business days"),
    )
    caption = translate("The {} deepest drawdowns", len(rows))
    return Table("drawdowns", caption, columns, rows, source_note("portfolio_state", day), wide=False)


SPAN_HEADS = {
    "month": "Month",
    "year": "Year to date",
    "12 months": "12 months",
    "24 months": "24 months",
}


def sheet_table(sheet: Sequence[SpanReturn], day: str) -> Table:
    """The book, CDI, the share of CDI and the volatility by span, as a Brazilian fund's sheet shows them."""
    columns = (Column("Returns", "text"), *(Column(SPAN_HEADS[found.span]) for found in sheet))
    since = [translate("since the close of {}", date(found.since)) if found.since else "" for found in sheet]
    unknown = translate("the record does not reach back so far")

    def row(name: str, values: Sequence[float | None], *, signed: bool = True, digits: int = 2) -> tuple[Cell, ...]:
        cells = [
            Cell("–", unknown, "muted") if value is None
            else signed_cell(value, percent(value, digits, signed=True), title) if signed
            else Cell(percent(value, digits), title)
            for value, title in zip(values, since, strict=True)
        ]  # fmt: skip
        return (Cell(name), *cells)

    rows = (
        row("Book", [found.book for found in sheet]),
        row("CDI", [found.cash for found in sheet]),
        row("% of CDI", [found.of_cash for found in sheet], signed=False, digits=0),
        row("Volatility a year", [found.volatility for found in sheet], signed=False),
    )
    caption = translate("Returns after costs against CDI, by market days to {}", day)
    return Table("fund-sheet", caption, columns, rows, source_note("portfolio_state", day), wide=False)


def monthly_table(monthly: Mapping[tuple[int, int], float], cash: Mapping[tuple[int, int], float], day: str) -> Table:
    """Compounded returns by year and month of the market days, and of the known months of each year; below each year
    CDI over the same days."""
    rows: list[tuple[Cell, ...]] = []
    for year in sorted({year for year, _ in monthly}, reverse=True):
        rows.append((Cell(str(year)), *_year_cells(monthly, year)))
        if any(key[0] == year for key in cash):
            plain = (Cell(cell.text, cell.title, "muted") for cell in _year_cells(cash, year))
            rows.append((Cell(translate("CDI, {}", year), tone="muted"), *plain))
    columns = (Column("Year", "text"), *(Column(name) for name in current_locale().months), Column("Year to date"))
    caption = translate("Returns by month of the market days, after costs; a month with an unknown day is left out")
    return Table("months", caption, columns, tuple(rows), source_note("portfolio_state", day))


def _year_cells(monthly: Mapping[tuple[int, int], float], year: int) -> list[Cell]:
    parts = [monthly.get((year, month)) for month in range(1, 13)]
    whole = float(np.prod([1.0 + part for part in parts if part is not None]) - 1.0)
    cells = [signed_cell(p, percent(p, signed=True)) if p is not None else Cell("–", tone="muted") for p in parts]
    return [*cells, signed_cell(whole, percent(whole, signed=True))]
