"""Tables of signals: strategies by score, instruments by conviction. Scores and convictions are -1 to +1."""

from __future__ import annotations

from reports.calculations.signals import SignalsView
from reports.elements.formats import NOT_KNOWN, date, format_list, number, percent
from reports.elements.labels import direction, strategy_driver_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell


def signal_table(signals: SignalsView, day: str) -> Table:
    """One row a strategy: score, share of its inputs that are there, changes, largest drivers or what it lacks."""
    rows = []
    for s in signals.signals:
        missing = translate("lacks {}", format_list(list(s.missing), 8)) if s.missing else ""
        why = format_list(
            [f"{strategy_driver_name(name)} {number(v, 2, signed=True)}" for name, v in s.drivers.items()], 3
        )
        rows.append(
            (
                Cell(s.strategy_id),
                Cell(s.asset_class or NOT_KNOWN, tone="muted"),
                signed_cell(s.score, number(s.score, 2, signed=True), missing),
                Cell(percent(s.confidence if s.score is not None else None, 0)),
                signed_cell(s.change_1d, number(s.change_1d, 2, signed=True)),
                signed_cell(s.change_1w, number(s.change_1w, 2, signed=True)),
                Cell(missing if s.score is None and missing else why or "none given", tone="muted"),
            )
        )
    columns = (
        Column("Strategy", "text"),
        Column("Class", "text"),
        Column("Score", unit="−1 to +1"),
        Column("Inputs there"),
        Column("1d"),
        Column("1w"),
        Column("Drivers", "text"),
    )
    return Table(
        "signals",
        translate("Strategies at {}; +: as defined, −: reversed", day),
        columns,
        tuple(rows),
        source_note("strategy_signals", day),
    )


def conviction_table(signals: SignalsView, day: str) -> Table:
    """One row an instrument: conviction, agreement, changes, flip or surge, and the largest contributions."""
    rows = []
    for c in signals.convictions:
        because = format_list([f"{name} {number(v, 2, signed=True)}" for name, v in c.contributions.items()], 3)
        events = [translate("flip to {}", direction(c.flip))] if c.flip else []
        events += [translate("surge {}", number(c.surge, 2, signed=True))] if c.surge is not None else []
        rows.append(
            (
                Cell(c.instrument_id),
                Cell(c.asset_class or NOT_KNOWN, tone="muted"),
                signed_cell(c.conviction, number(c.conviction, 2, signed=True)),
                Cell(percent(c.agreement, 0)),
                signed_cell(c.change_1d, number(c.change_1d, 2, signed=True)),
                signed_cell(c.change_1w, number(c.change_1w, 2, signed=True)),
                Cell(", ".join(events) or "none", tone="amber" if events else "muted"),
                Cell(because or "none given", tone="muted"),
            )
        )
    columns = (
        Column("Instrument", "text"),
        Column("Class", "text"),
        Column("Conviction", unit="−1 to +1"),
        Column("Agreement"),
        Column("1d"),
        Column("1w"),
        Column("Flip or surge", "text"),
        Column("From", "text"),
    )
    recent = [
        translate("{} turned {} on {}", name, direction(sign), date(when)) for when, name, sign in signals.recent_flips
    ]
    caption = translate("Convictions at {}. Flips in seven days: {}", day, format_list(recent, 8) or translate("none"))
    return Table("convictions", caption, columns, tuple(rows), source_note("aggregated_signal", day))
