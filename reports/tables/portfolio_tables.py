"""Tables of the book: what it holds, and what each line of it earned. Money in BRL."""

from __future__ import annotations

from collections.abc import Sequence

from reports.elements.elements import Cell, Column, Table, signed_cell, signed_tone
from reports.elements.formats import NOT_KNOWN, date, known, number, percent, thousands
from reports.elements.locale import source_note, translate
from reports.elements.report_data import Row


def position_table(positions: Sequence[Row], day: str) -> Table:
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
    weights = sum(abs(known(row["risk_weight"]) or 0.0) for row in positions)
    rows = []
    for row in positions:
        share = None if not weights or known(row["risk_weight"]) is None else row["risk_weight"] / weights
        maturity = translate("matures {}", date(row["maturity"])) if row["maturity"] else ""
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
    caption = translate(
        "Target positions at {}. + is long the price (receive for rates); DV01 is positive when a fall in yield "
        "gains, delta when a rise of the dollar or the index does; risk share is signed, of the sum of sizes",
        day,
    )
    return Table("positions", caption, columns, tuple(rows), source_note("target_position", day))


def _thousand(value: float | None) -> str:
    clean = known(value)
    return NOT_KNOWN if clean is None else thousands(clean / 1000.0, signed=True)


def _or_dash(value: float | None, text: str, why: str) -> Cell:
    """A dash for what the instrument does not have at all; it is not a small number."""
    return Cell("–", why, "muted") if not known(value) else Cell(text)


def attribution_table(day_pnl: Sequence[Row], month_pnl: Sequence[Row], month_gap: str, day: str) -> Table:
    month = {row["instrument_id"]: row for row in month_pnl}
    rows = []
    for row in day_pnl:
        total = month.get(row["instrument_id"])
        rows.append(
            (
                Cell(row["instrument_id"]),
                _or_dash(row["contracts"], thousands(row["contracts"], signed=True), "nothing held over the day"),
                *(_money(row[name]) for name in ("price_pnl_brl", "carry_pnl_brl")),
                _money(_minus(row["cost_brl"])),
                _money(row["pnl_brl"]),
                _money(total["pnl_brl"]) if total else Cell(NOT_KNOWN, month_gap or "not held this month", "muted"),
            )
        )
    gone = [row for name, row in month.items() if name not in {r["instrument_id"] for r in day_pnl}]
    rows += [
        (
            Cell(r["instrument_id"]),
            *(Cell("–", "not held over the day", "muted") for _ in range(5)),
            _money(r["pnl_brl"]),
        )
        for r in gone
    ]
    sums = [_total(day_pnl, name) for name in ("price_pnl_brl", "carry_pnl_brl", "cost_brl", "pnl_brl")]
    total_row = (
        Cell("Total"),
        Cell(""),
        _money(sums[0]),
        _money(sums[1]),
        _money(_minus(sums[2])),
        _money(sums[3]),
        _money(_total(month_pnl, "pnl_brl")) if month_pnl else Cell(NOT_KNOWN, month_gap, "muted"),
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
        translate("P&L by instrument, over the day to {} and the month", day),
        columns,
        tuple(rows),
        source_note("pnl_attribution", day),
        total_row,
    )


def _money(value: float | None) -> Cell:
    return signed_cell(known(value), thousands(value, signed=True))


def _minus(value: float | None) -> float | None:
    clean = known(value)
    return None if clean is None else -clean


def _total(rows: Sequence[Row], name: str) -> float | None:
    """The sum, or None when a part is not known."""
    parts = [known(row[name]) for row in rows]
    return None if not parts or any(part is None for part in parts) else sum(part for part in parts if part is not None)
