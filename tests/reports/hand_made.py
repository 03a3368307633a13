"""`ReportData` of a few rows, for tests that compute the expected result by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from desk.model import decision_time
from reports.elements.report_data import ReportData
from tests.reports.sample_parts import frame, market_day

DAY = dt.date(2026, 11, 19)  # a Thursday
NOW = decision_time(DAY)


def ago(days: int) -> dt.datetime:
    return decision_time(DAY - dt.timedelta(days=days))


def made(**tables: list[dict[str, Any]]) -> ReportData:
    """ReportData of hand-made rows; `as_of` is today's decision where a row says nothing."""
    frames = {name: frame(name, [_dated({"as_of": NOW, **row}) for row in rows]) for name, rows in tables.items()}
    return ReportData(NOW, "live", "run", "code", frames)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """With the market day of its decision where the row says nothing; tables without the column leave it out."""
    return {"valuation_date": market_day(row["as_of"]), **row}


def levels(name: str, *values: tuple[int, float, int]) -> list[dict[str, Any]]:
    """(days ago, value, age of the observation in days) -> feature rows."""
    return [
        {"as_of": ago(back), "feature_id": name, "value": value, "obs_date": DAY - dt.timedelta(days=back + age)}
        for back, value, age in values
    ]


def tail(value: float, method: str = "historical", metric: str = "var_95", back: int = 0) -> dict[str, Any]:
    return {"as_of": ago(back), "metric": metric, "method": method, "value": value, "observations": 756}


LIMIT = {
    "limit_id": "var_95",
    "name": "VaR 95%, one day",
    "value": 0.027,
    "threshold": 0.03,
    "utilisation": 0.9,
    "status": "red",
}
