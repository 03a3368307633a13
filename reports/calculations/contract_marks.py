"""Prices of contracts through the rolls of their instruments, from the marks that the decisions stored.

A decision marks the contract that an instrument is mapped to. On the morning of a roll that is the next one already:
what the old one did in the session before is in the P&L of the line, so its last mark is made of that. A line that was
not held in that session has no such mark, and what was dealt in it cannot be followed any further.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, Row, once_per_report, with_day

PNL = ("contracts", "price_pnl_brl", "rate_pnl_brl", "mark")


@dataclass(frozen=True, slots=True)
class Mark:
    """A contract's price, and its rate where it is quoted as one, known at the decision of `day`."""

    day: dt.date
    price: float | None
    rate: float | None

    @property
    def quoted(self) -> float | None:
        """The rate as a fraction a year, or the price of a contract without one."""
        return self.rate if self.rate is not None else self.price


@dataclass(frozen=True)
class Path:
    """The moves of an instrument's contracts through their rolls, added up by decision: `rate` as a fraction a year,
    `ratio` of prices. `gaps`: moves so far that are not known."""

    rate: float = 0.0
    ratio: float = 1.0
    gaps: int = 0

    def after(self, start: Mark | None, end: Mark | None) -> Path:
        """With the move from one mark of a contract to a later one."""
        if start is None or end is None:
            return replace(self, gaps=self.gaps + 1)
        if start.rate is not None and end.rate is not None:
            return replace(self, rate=self.rate + end.rate - start.rate)
        if start.rate is None and start.price and end.price is not None:
            return replace(self, ratio=self.ratio * end.price / start.price)
        return replace(self, gaps=self.gaps + 1)


@dataclass(frozen=True)
class Marks:
    """`days`: of the decisions, oldest first. `own`: (instrument, contract, day) -> mark. `paths`: (instrument, day) ->
    the moves up to it, where the contract of that day has a mark."""

    days: tuple[dt.date, ...]
    own: dict[tuple[str, str, dt.date], Mark]
    paths: dict[tuple[str, dt.date], Path]

    def at(self, instrument: str, contract: str, at: int) -> Mark | None:
        """The contract's own mark at the decision of place `at`; None where there is none."""
        return self.own.get((instrument, contract, self.days[at])) if at < len(self.days) else None

    def followed(self, instrument: str, contract: str, since: int, to: int) -> Mark | None:
        """Where the contract of place `since` would be at place `to`: through a roll it moves as the next one does,
        by as many basis points or percent. None where that is not known."""
        found, start = self.at(instrument, contract, to), self.at(instrument, contract, since)
        if found is not None or start is None or to >= len(self.days):
            return found
        day = self.days[to]
        before, after = self.paths.get((instrument, self.days[since])), self.paths.get((instrument, day))
        if before is None or after is None or before.gaps != after.gaps:
            return None
        if start.rate is not None:
            return Mark(day, None, start.rate + after.rate - before.rate)
        return Mark(day, start.price * after.ratio / before.ratio, None) if start.price is not None else None


@once_per_report
def contract_marks(data: ReportData) -> Marks:
    """Of every decision up to this one."""
    marked = with_day(data.history("target_position"))
    earned = with_day(data.history("pnl_attribution")).select("instrument_id", "day", *PNL)
    rows = marked.join(earned.rename({name: f"pnl_{name}" for name in PNL}), on=["instrument_id", "day"], how="left")
    found = Marks(tuple(marked["day"].unique().sort().to_list()), {}, {})
    for name, line in rows.sort("day").group_by("instrument_id", maintain_order=True):
        _follow(str(name[0]), list(line.iter_rows(named=True)), found)
    return found


def _follow(name: str, line: Sequence[Row], found: Marks) -> None:
    """Fills in the marks of one instrument and the moves of its contracts; `line`: its rows, oldest first."""
    place = {day: index for index, day in enumerate(found.days)}
    path, last, before = Path(), None, None
    for row in line:
        day, contract, mark = row["day"], row["contract_id"], _mark(row)
        found.own[name, contract, day] = mark
        if before is not None and before["contract_id"] != contract:
            next_day = place[day] == place[before["day"]] + 1
            ended = _last_mark(before, row) if next_day else None
            if ended is not None:
                found.own[name, before["contract_id"], day] = ended
            path, last = path.after(last, ended), None
        if mark.quoted is not None:
            rolled = before is not None and before["contract_id"] != contract
            path, last = path if rolled or before is None else path.after(last, mark), mark
            found.paths[name, day] = path
        before = row


def _mark(row: Row) -> Mark:
    return Mark(row["day"], finite_or_none(row["price"]), finite_or_none(row["rate"]))


def _last_mark(before: Row, now: Row) -> Mark | None:
    """The mark, on the morning of a roll, of the contract that is left: that of the day before, moved by what one
    contract of the line earned in the session between. None for a line that was not held, and for a late P&L."""
    held, size = now["pnl_contracts"], before["contracts"]
    if not held or not size or now["pnl_mark"] != "marked":
        return None
    start = _mark(before)
    dv01, notional = _unit(before["dv01_brl"], size), _unit(before["notional_brl"], size)
    rate_pnl, price_pnl = _unit(now["pnl_rate_pnl_brl"], held), _unit(now["pnl_price_pnl_brl"], held)
    if start.rate is not None and dv01 and rate_pnl is not None:
        return replace(start, day=now["day"], price=None, rate=start.rate - rate_pnl / dv01 / 1e4)
    if start.rate is None and start.price is not None and notional and price_pnl is not None:
        return replace(start, day=now["day"], price=start.price * (1.0 + price_pnl / notional))
    return None


def _unit(value: Any, contracts: int) -> float | None:
    clean = finite_or_none(value)
    return None if clean is None else clean / contracts
