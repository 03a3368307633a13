"""Two sources of one fact, side by side, and the values that are believed and odd: rows of the page's receipts."""

from __future__ import annotations

from reports.elements.formats import date, finite_or_none, number, percent, significant
from reports.elements.locale import translate
from reports.elements.observed import observed
from reports.elements.report_data import ReportData, Row

ORDER = ("broken", "held", "apart", "absent", "agree")
"""The states of a pair, the ones to look at first."""
TONES = {"broken": "red", "held": "amber", "apart": "amber", "agree": "ok"}


def comparison_rows(data: ReportData) -> list[dict[str, str]]:
    """One row per declared pair; none where the decision has stored none."""
    found = list(data.latest("source_comparison").iter_rows(named=True))
    found.sort(key=lambda row: (ORDER.index(row["state"]) if row["state"] in ORDER else -1, row["pair_id"]))
    return [
        {
            "pair": row["pair_id"],
            "left": row["left_source"] or "",
            "right": row["right_source"] or "",
            "left_value": significant(row["left_value"]),
            "right_value": significant(row["right_value"]),
            "date": observed(row["left_date"], [row["left_source"] or ""]),
            "difference": _size(row, "difference"),
            "tolerance": _size(row, "tolerance"),
            "breach": _size(row, "breach"),
            "days": f"{number(row['broken'], 0)} / {number(row['compared'], 0)}",
            "state": translate(row["state"] or "absent"),
            "tone": TONES.get(row["state"], "muted"),
        }
        for row in found
    ]


def broken_pairs(data: ReportData) -> list[str]:
    """A sentence for each pair whose two sources disagree, and neither of whose numbers is held."""
    rows = data.latest("source_comparison").filter(state="broken").sort("pair_id")
    return [
        translate(
            "{} has {}, {} has {} for {}: the same fact, and both are used.",
            row["left_source"], significant(row["left_value"]), row["right_source"], significant(row["right_value"]),
            observed(row["left_date"], [row["left_source"] or ""]),
        )
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip


def suspect_rows(data: ReportData) -> list[dict[str, str]]:
    """One row per suspect value of the last days."""
    return [
        {
            "entity": one.entity,
            "date": date(one.obs_date),
            "value": significant(one.value),
            "expected": significant(one.expected),
            "reason": one.reason,
        }
        for one in data.suspect
    ]


def _size(row: Row, name: str) -> str:
    """A difference or a limit in per cent of the value where the pair is relative, else in the pair's unit."""
    value = finite_or_none(row[name])
    if value is None:
        return ""
    return percent(value, 3) if row["unit"] == "share" else significant(value, 3)
