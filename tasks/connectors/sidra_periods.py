"""SIDRA's periods: `202605` is a month, `202602` a quarter where the table is quarterly, `2026` a year."""

from __future__ import annotations

import datetime as dt

from desk.model import Window


def first_day(period: str, frequency: str) -> dt.date | None:
    """The first day of `period` for a series of `frequency` ("M" or "Q"; four digits are a year). None: not one."""
    if not (period.isascii() and period.isdigit()):
        return None
    if len(period) == 4:
        return dt.date(int(period), 1, 1)
    year, part = int(period[:4]), int(period[4:])
    month = 3 * part - 2 if frequency == "Q" else part
    return dt.date(year, month, 1) if len(period) == 6 and 1 <= month <= 12 else None


def period_range(window: Window, frequency: str) -> str:
    """The range of periods that touch `window`, as both routes take it: `202401-202412`."""
    return "-".join(_code(day, frequency) for day in (window.start, window.end))


def _code(day: dt.date, frequency: str) -> str:
    part = (day.month + 2) // 3 if frequency == "Q" else day.month
    return f"{day.year}{part:02d}"
