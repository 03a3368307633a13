"""When the desk rolls each position: the first decision day on which its instrument is another contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.contracts import map_contracts
from reports.elements.report_data import ReportData, once_per_report

AHEAD = 260
"""Sessions that are looked ahead: a year."""


@dataclass(frozen=True, slots=True)
class Roll:
    """`sessions`: B3 sessions from the decision to `day`. `into` is empty for a bond, which is paid on that day."""

    instrument_id: str
    contract_id: str
    contracts: int
    maturity: dt.date
    day: dt.date
    sessions: int
    into: str
    dv01_brl: float | None


@once_per_report
def roll_calendar(data: ReportData) -> tuple[Roll, ...]:
    """Of the targets that are not flat, the next one first; without those that do not roll within AHEAD sessions."""
    targets = data.latest("target_position").iter_rows(named=True)
    held = {row["instrument_id"]: row for row in targets if row["contracts"]}
    instruments = [item for item in load_desk_parameters().instruments if item.id in held]
    if not instruments:
        return ()
    days = [calendars.b3().offset(data.day, ahead) for ahead in range(AHEAD + 1)]
    mapped = map_contracts(instruments, np.array(days, dtype="datetime64[D]"))
    found = []
    for column, item in enumerate(instruments):
        row = held[item.id]
        names = mapped.contract_id[:, column]
        others = np.flatnonzero(names[1:] != row["contract_id"]) + 1
        if not len(others) or row["maturity"] is None or row["contract_id"] is None:
            continue
        at = int(others[0])
        found.append(
            Roll(item.id, row["contract_id"], row["contracts"], row["maturity"], days[at], at, str(names[at]),
                 row["dv01_brl"])
        )  # fmt: skip
    return tuple(sorted(found, key=lambda roll: (roll.sessions, roll.instrument_id)))


@dataclass(frozen=True, slots=True)
class CashUse:
    """BRL: the margin of all targets, what bonds that are paid for tie up, and NAV."""

    margin: float
    paid: float
    nav: float

    @property
    def free(self) -> float:
        """NAV that neither margin nor bonds use."""
        return self.nav - self.margin - self.paid


@once_per_report
def cash_use(data: ReportData) -> CashUse | None:
    """Of the decision's targets; None where NAV or a margin is not known."""
    state = data.row("portfolio_state")
    targets = [row for row in data.latest("target_position").iter_rows(named=True) if row["contracts"]]
    if state is None or state["nav_brl"] is None or any(row["margin_brl"] is None for row in targets):
        return None
    bonds = {item.id for item in load_desk_parameters().instruments if item.long_only}
    margin = sum(row["margin_brl"] for row in targets if row["instrument_id"] not in bonds)
    paid = sum(row["notional_brl"] or 0.0 for row in targets if row["instrument_id"] in bonds)
    return CashUse(margin, paid, state["nav_brl"])
