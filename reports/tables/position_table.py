"""The table of target positions. Money in BRL or BRL thousand, as the column heads say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.elements.formats import NOT_KNOWN, date, finite_or_none, number, percent, thousands
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, cell_or_dash, signed_tone
from reports.elements.report_data import Row


def position_table(positions: Sequence[Row], shares: Mapping[str, float | None], day: str) -> Table:
    """One row an instrument: contracts, price, exposures, share of the summed stand-alone risk (`shares`), margin."""
    columns = (
        Column("Instrument", "text"),
        Column("Contract", "text"),
        Column("Class", "text"),
        Column("Contracts"),
        Column("Before"),
        Column("Price"),
        Column("Marked at", "text"),
        Column("Rate", unit="% a year"),
        Column("Notional", unit="BRL thousand"),
        Column("DV01", unit="BRL per bp"),
        Column("Delta", unit="BRL thousand"),
        Column("Risk share"),
        Column("Margin", unit="BRL thousand"),
    )
    rows = []
    for row in positions:
        maturity = translate("matures {}", date(row["maturity"])) if row["maturity"] else ""
        rows.append(
            (
                Cell(row["instrument_id"]),
                Cell(row["contract_id"] or NOT_KNOWN, maturity),
                Cell(row["asset_class"], tone="muted"),
                Cell(thousands(row["contracts"], signed=True), tone=signed_tone(row["contracts"])),
                Cell(thousands(row["contracts_before"], signed=True), tone="muted"),
                Cell(number(row["price"])),
                _mark(row["marked_at"]),
                cell_or_dash(row["rate"], percent(row["rate"], 3), "priced, not quoted as a rate"),
                Cell(_thousand(row["notional_brl"])),
                cell_or_dash(row["dv01_brl"], thousands(row["dv01_brl"], signed=True), "no rate exposure"),
                cell_or_dash(row["delta_brl"], _thousand(row["delta_brl"]), "no FX or equity exposure"),
                Cell(percent(shares[row["instrument_id"]], 0, signed=True)),
                Cell(_thousand(row["margin_brl"]).lstrip("+")),
            )
        )
    caption = translate(
        "Target positions at {}; + is long the price (receives, for rates). DV01 > 0 gains when the rate falls, "
        "delta > 0 when the dollar or the index rises. Risk share: contracts held times one's daily deviation, over "
        "the sum of all lines, signed",
        day,
    )
    return Table("positions", caption, columns, tuple(rows), source_note("target_position", day))


MARKS = {
    "settlement": ("settlement", "the contract's own settlement of the session, by B3"),
    "anbima": ("own rate", "the bond's own rate of the session, by ANBIMA"),
    "tesouro_direto": ("own rate", "the bond's own rate of the session, by Tesouro Direto"),
    "curve": ("curve", "no settlement of the contract itself is stored for the session: priced by the curve"),
}


def _mark(marked_at: str | None) -> Cell:
    """What the price is; the curve, which only stands in, is flagged. A dash where the day stored none."""
    if marked_at is None:
        return Cell(NOT_KNOWN, translate("not stored with this decision"), "muted")
    if marked_at not in MARKS:
        return Cell(marked_at)
    word, note = MARKS[marked_at]
    return Cell(translate(word), translate(note), "amber" if marked_at == "curve" else "")


def _thousand(value: float | None) -> str:
    clean = finite_or_none(value)
    return NOT_KNOWN if clean is None else thousands(clean / 1000.0, signed=True)
