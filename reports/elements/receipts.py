"""The way back from a number to the payload it came from: source, series, knowledge time, payload hash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from reports.elements.formats import date, moment
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row

STAMPS = {
    "source": "the source's own vintage",
    "rule": "by the declared publication rule",
    "sight": "first seen by us",
    "imported": "imported history, latest vintage, lagged by its rule",
}
CURVES = {
    "pre": ("PRE", "DI1..", "ANBIMA", "TD"),
    "cupom": ("CUPOM",),
    "real": ("REAL", "DI1..", "ANBIMA", "TD"),
    "ust": ("UST",),
}
"""The inputs that a curve may be read off, in the order of desk/catalog/fallbacks.toml."""
CURVE_PATIENCE = dt.timedelta(days=5)
"""As there: an input gives way to a later one in the order that is fresher by more than this."""


@dataclass(frozen=True)
class Receipts:
    """Receipts of one decision by input id."""

    rows: dict[str, Row]

    def find(self, feature_id: str) -> Row | None:
        """The receipt of a level: its own, else that of the curve, or of what stood in for it, that it was read off."""
        own = self.rows.get(feature_id)
        prefix = feature_id.rsplit("_", 1)[0]
        if own is not None or prefix not in CURVES:
            return own
        found = [self.rows[name] for name in (prefix, *CURVES[prefix]) if name in self.rows]
        dates = [row["obs_date"] for row in found if row["obs_date"] is not None]
        fresh = [row for row in found if row["obs_date"] and row["obs_date"] >= max(dates) - CURVE_PATIENCE]
        return next(iter(fresh or found), None)

    def behind(self, feature_id: str, others: Sequence[str] = (), read_from: Sequence[str] = ()) -> list[Row]:
        """The receipts behind a level: its own; else of all inputs that it is computed from; else of the first of the
        other names that it goes by. An input that is known is preferred to one that is absent."""
        own = self.find(feature_id)
        if own is not None and own["state"] != "absent":
            return [own]
        inputs = [row for name in read_from if (row := self.find(name)) is not None]
        named = [row for name in others if (row := self.find(name)) is not None and row["state"] != "absent"]
        return inputs or named[:1] or ([own] if own is not None else [])

    def title(self, feature_id: str, others: Sequence[str] = (), read_from: Sequence[str] = ()) -> str:
        """One line for a hover or a footnote; says plainly when there is no receipt."""
        found = self.behind(feature_id, others, read_from)
        return " | ".join(receipt_line(row) for row in found) or translate(
            "{}: no receipt stored for this input", feature_id
        )

    def href(self, feature_id: str, others: Sequence[str] = (), read_from: Sequence[str] = ()) -> str:
        found = self.behind(feature_id, others, read_from)
        return f"#{anchor(found[0]['input_id'])}" if found else ""

    def stale(self, feature_id: str, others: Sequence[str] = (), read_from: Sequence[str] = ()) -> bool:
        return any(row["state"] == "stale" for row in self.behind(feature_id, others, read_from))


def receipts(data: ReportData) -> Receipts:
    return Receipts({row["input_id"]: row for row in data.latest("input_receipt").iter_rows(named=True)})


def anchor(input_id: str) -> str:
    """An id for the page: letters, digits and dashes only, whatever the input is called."""
    return "receipt-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in input_id)


def short_hash(row: Row) -> str:
    return str(row["sha256"])[:12] if row["sha256"] else translate("no payload")


def receipt_line(row: Row) -> str:
    stamp = translate(STAMPS.get(row["stamp"], row["stamp"] or "not known"))
    age = translate("age not known") if row["age_bd"] is None else translate("age {} bd", row["age_bd"])
    return translate(
        "{} · {} ({}) · for {}, {} · known {} ({}) · payload {}",
        row["source"],
        row["input_id"],
        row["dataset"],
        date(row["obs_date"]),
        age,
        moment(row["knowledge_time"]),
        stamp,
        short_hash(row),
    )
