"""The way back from a number to the payload it came from: source, series, knowledge time, payload hash.

Which input a number was read off is decided once, in the panel, and stored beside it (`feature.origin`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from desk.point_in_time.provenance import input_ids
from desk.transforms.possible_inputs import possible_inputs
from reports.elements.formats import moment
from reports.elements.locale import translate
from reports.elements.observed import observed
from reports.elements.report_data import ReportData, Row

STAMPS = {
    "source": "the source's own vintage",
    "rule": "by the declared publication rule",
    "sight": "first seen by us",
    "imported": "imported history, latest vintage, lagged by its rule",
}


@dataclass(frozen=True)
class Receipts:
    """Receipts of one decision by input id, and the inputs that each level was read off, by feature id."""

    rows: Mapping[str, Row]
    origins: Mapping[str, tuple[str, ...]]

    def behind(self, feature_id: str) -> list[Row]:
        """The receipts of the inputs that a level was read off; of those that it could have been read off where it is
        not known."""
        names = self.origins[feature_id] if feature_id in self.origins else possible_inputs(feature_id)
        return [self.rows[name] for name in names if name in self.rows]

    def title(self, feature_id: str) -> str:
        """One line for a hover or a footnote; says plainly when there is no receipt."""
        found = self.behind(feature_id)
        return " | ".join(receipt_line(row) for row in found) or translate(
            "{}: no receipt stored for this input", feature_id
        )

    def href(self, feature_id: str) -> str:
        """A link to the first receipt on the page; empty where there is none."""
        found = self.behind(feature_id)
        return f"#{anchor(found[0]['input_id'])}" if found else ""

    def observed(self, feature_id: str, day: dt.date | None) -> str:
        """The day, month or quarter that a level is about."""
        return observed(day, [row["input_id"] for row in self.behind(feature_id)])

    def stale(self, feature_id: str) -> bool:
        """Whether any input behind the level is older than its promise."""
        return any(row["state"] == "stale" for row in self.behind(feature_id))


def receipts(data: ReportData) -> Receipts:
    """The receipts of the decision."""
    rows = {row["input_id"]: row for row in data.latest("input_receipt").iter_rows(named=True)}
    features = data.latest("feature").select("feature_id", "origin").iter_rows()
    return Receipts(rows, {name: input_ids(origin) for name, origin in features})


def used_sources(data: ReportData) -> tuple[str, ...]:
    """The sources of which a number was known at the decision, in the order of the inputs."""
    known = data.latest("input_receipt").drop_nulls(("source", "obs_date"))
    return tuple(known["source"].unique(maintain_order=True).to_list())


def anchor(input_id: str) -> str:
    """An id for the page: letters, digits and dashes only, whatever the input is called."""
    return "receipt-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in input_id)


def short_hash(row: Row) -> str:
    """The first twelve digits of the payload hash, or that there is no payload."""
    return str(row["sha256"])[:12] if row["sha256"] else translate("no payload")


def receipt_line(row: Row) -> str:
    """A receipt on one line: source, input, dates, age, how the date of knowledge came about, payload."""
    stamp = translate(STAMPS.get(row["stamp"], row["stamp"] or "not known"))
    age = translate("age not known") if row["age_bd"] is None else translate("age {} bd", row["age_bd"])
    return translate(
        "{} · {} ({}) · for {}, {} · known {} ({}) · payload {}",
        row["source"],
        row["input_id"],
        row["dataset"],
        observed(row["obs_date"], [row["input_id"]]),
        age,
        moment(row["knowledge_time"]),
        stamp,
        short_hash(row),
    )
