"""Why positions and the book's risk changed since the last decision: the stored split, read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.catalog.desk_parameters import SideKind, load_desk_parameters
from desk.portfolio.change_frames import BEFORE
from desk.portfolio.change_split import PARTS
from reports.elements.formats import parse_json
from reports.elements.report_data import ReportData, Row, once_per_report


@dataclass(frozen=True)
class LineChange:
    """A line's parts in contracts, in the order of PARTS, and in BRL per bp; `views`: strategy -> contracts of the part
    of the views; `side`: what the instrument is dealt in."""

    instrument_id: str
    before: int
    after: int
    parts: Mapping[str, int]
    dv01: Mapping[str, float]
    views: Mapping[str, float]
    side: SideKind

    @property
    def total(self) -> int:
        """Contracts of the line's order."""
        return self.after - self.before


@dataclass(frozen=True)
class ChangesView:
    """`lines` that have an order or parts of one, the largest first; `book`: part -> change of the daily standard
    deviation in BRL, in the order in which they were replaced. `changed`: what is another than at the decision of
    `since`: code, parameters, data."""

    since: dt.date | None
    lines: tuple[LineChange, ...]
    book: Mapping[str, float]
    risk_before: float | None
    risk_after: float | None
    changed: Mapping[str, list[str]]

    def of(self, instrument_id: str) -> LineChange | None:
        """The line of an instrument; None for one without parts."""
        return next((line for line in self.lines if line.instrument_id == instrument_id), None)


@once_per_report
def changes_view(data: ReportData) -> ChangesView:
    """Of the decision; empty where none is stored."""
    rows = list(data.latest("position_change").iter_rows(named=True))
    book = list(data.latest("book_change").sort("seq").iter_rows(named=True))
    basis = data.row("sizing_basis")
    lines = [line for row in rows if (line := _line(row)).parts]
    return ChangesView(
        since=book[0]["since"] if book else None,
        lines=tuple(sorted(lines, key=lambda line: (line.total == 0, -max(map(abs, line.parts.values()))))),
        book={row["part"]: row["risk_brl"] for row in book if row["part"] != BEFORE},
        risk_before=book[0]["after_brl"] if book else None,
        risk_after=book[-1]["after_brl"] if book else None,
        changed=parse_json(basis["changed"]) if basis is not None else {},
    )


def _line(row: Row) -> LineChange:
    parts: dict[str, Any] = parse_json(row["parts"]) or {}
    return LineChange(
        row["instrument_id"],
        row["contracts_from"],
        row["contracts_to"],
        {part: parts[part] for part in PARTS if part in parts},
        parse_json(row["parts_dv01_brl"]) or {},
        parse_json(row["views"]) or {},
        _side(row["instrument_id"]),
    )


def _side(instrument_id: str) -> SideKind:
    """Of an instrument that the desk no longer has: price, which a long position of any of them is long of."""
    known = {item.id: item.dealt_in for item in load_desk_parameters().instruments}
    return known.get(instrument_id, "price")
