"""What the book does not believe: lines without a P&L, what was booked late, changes of source, orders withheld."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desk import calendars
from desk.catalog import load_catalog
from reports.elements.report_data import ReportData, Row, once_per_report


@dataclass(frozen=True)
class DefenceView:
    """Rows of P&L by instrument: `unknown` have none for the day, `caught_up` that of several days, `switched` a part
    that a change of source made. `withheld`: orders not made. `stopped` and `released`: checks of the gate that failed,
    and that a person has overruled; `absent`: required datasets without which no order is issued. `is_gated` where no
    order is issued, for any of them or for want of the gate. `held_back`: how many orders the gate has stopped;
    `proposal`: their code, which a release names.
    """

    unknown: tuple[Row, ...]
    caught_up: tuple[Row, ...]
    switched: tuple[Row, ...]
    withheld: tuple[Row, ...]
    stopped: tuple[Row, ...]
    released: tuple[Row, ...]
    absent: tuple[str, ...]
    is_gated: bool
    held_back: int = 0
    proposal: str | None = None

    @property
    def caught_up_brl(self) -> float:
        """The P&L before costs that belongs to more than one day."""
        return sum(float(row["price_pnl_brl"] + row["carry_pnl_brl"]) for row in self.caught_up)

    @property
    def source_pnl_brl(self) -> float:
        """What the changes of source made of the day's P&L."""
        return sum(float(row["source_pnl_brl"]) for row in self.switched)


def marked_session(row: Row) -> dt.date:
    """The session whose prices the line of P&L was last marked at: `marked_from` is the decision day that had them."""
    return calendars.b3().offset(row["marked_from"], -1)


@once_per_report
def defence_view(data: ReportData) -> DefenceView:
    """Empty where the tables are, and for decisions of earlier releases."""
    gate = list(data.latest("action_gate").iter_rows(named=True))
    stopped = tuple(row for row in gate if row["state"] == "failed")
    states = dict(data.latest("dataset_status").select("dataset", "state").iter_rows())
    absent = tuple(load_catalog().required_absent(states))
    rows = list(data.latest("pnl_attribution").iter_rows(named=True))
    verdict = data.row("gate_verdict")
    return DefenceView(
        unknown=tuple(row for row in rows if row["mark"] == "unknown"),
        caught_up=tuple(row for row in rows if row["mark"] == "catch_up"),
        switched=tuple(row for row in rows if row["source_pnl_brl"]),
        withheld=tuple(data.latest("withheld_order").iter_rows(named=True)),
        stopped=stopped,
        released=tuple(row for row in gate if row["state"] == "released"),
        held_back=verdict["orders"] if verdict is not None and stopped else 0,
        proposal=verdict["proposal"] if verdict is not None else None,
        absent=absent,
        is_gated=bool(stopped or absent) or bool({"gate", "risk"} & set(data.failed_stages)),
    )
