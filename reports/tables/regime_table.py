"""The table of regime probabilities."""

from __future__ import annotations

from reports.calculations.regimes import RegimeView
from reports.elements.formats import NOT_KNOWN, number, percent
from reports.elements.labels import regime_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell


def regime_table(regimes: RegimeView, day: str) -> Table:
    """One row a regime, most probable first; changes in percentage points."""
    spans = ("1d", "1w", "1m")
    rows = []
    for name, share in regimes.today.items():
        moves = [regimes.changes[name][span] for span in spans]
        cells = [
            signed_cell(
                m,
                number(m * 100, 0, signed=True) if m is not None else NOT_KNOWN,
                "" if m is not None else "no regime stored for that day",
            )
            for m in moves
        ]
        rows.append((Cell(regime_name(name)), Cell(percent(share, 1)), *cells))
    columns = (Column("Regime", "text"), Column("Probability"), *(Column(s, unit="points") for s in spans))
    return Table(
        "regime",
        translate("Probabilities at {}, and their changes in percentage points", day),
        columns,
        tuple(rows),
        source_note("regime", day),
    )
