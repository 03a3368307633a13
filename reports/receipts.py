"""The way back from a number to the payload it came from: source, series, knowledge time, payload hash."""

from __future__ import annotations

from dataclasses import dataclass

from reports.data import ReportData, Row
from reports.formats import date, moment

STAMPS = {
    "source": "the source's own vintage",
    "rule": "by the declared publication rule",
    "sight": "first seen by us",
    "imported": "imported history, latest vintage, lagged by its rule",
}
CURVES = {"pre": "PRE", "cupom": "CUPOM", "real": "REAL", "ust": "UST"}


@dataclass(frozen=True)
class Receipts:
    """Receipts of one decision by input id."""

    rows: dict[str, Row]

    def find(self, feature_id: str) -> Row | None:
        """The receipt of a level: its own, else that of the curve that it was read off."""
        if feature_id in self.rows:
            return self.rows[feature_id]
        prefix = feature_id.rsplit("_", 1)[0]
        return self.rows.get(CURVES.get(prefix, ""))

    def title(self, feature_id: str) -> str:
        """One line for a hover or a footnote; says plainly when there is no receipt."""
        row = self.find(feature_id)
        return receipt_line(row) if row is not None else f"{feature_id}: no receipt stored for this input"

    def href(self, feature_id: str) -> str:
        row = self.find(feature_id)
        return f"#{anchor(row['input_id'])}" if row is not None else ""


def receipts(data: ReportData) -> Receipts:
    return Receipts({row["input_id"]: row for row in data.latest("input_receipt").iter_rows(named=True)})


def anchor(input_id: str) -> str:
    """An id for the page: letters, digits and dashes only, whatever the input is called."""
    return "receipt-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in input_id)


def short_hash(row: Row) -> str:
    return str(row["sha256"])[:12] if row["sha256"] else "no payload"


def receipt_line(row: Row) -> str:
    stamp = STAMPS.get(row["stamp"], row["stamp"] or "not known")
    age = "age not known" if row["age_bd"] is None else f"age {row['age_bd']} bd"
    return (
        f"{row['source']} · {row['input_id']} ({row['dataset']}) · for {date(row['obs_date'])}, {age} · known "
        f"{moment(row['knowledge_time'])} ({stamp}) · payload {short_hash(row)}"
    )
