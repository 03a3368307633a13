"""TaxaSwap.txt: 72 columns, CRLF, fixed and moving vertices; curves PRE, DOC (clean cupom), DPL (clean IPCA coupon) and
DIC (the dirty one, polled).
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy
from sandbox.economy.rates import linear_360

_FIXED = (
    1,
    30,
    60,
    90,
    120,
    150,
    180,
    240,
    300,
    360,
    480,
    540,
    720,
    900,
    1080,
    1260,
    1440,
    1800,
    2160,
    2520,
    2880,
    3240,
    3600,
    3960,
)
_MOVING_MONTHS = (1, 2, 7, 14, 26, 50)
CURVES = (("DIC", "DI X IPCA"), ("DOC", "DIxXDOL Cupom l"), ("DPL", "Cupom Limpo de "), ("PRE", "DIxPRE"))
_DIRT_FADES = (
    1.2  # per year: DIC was PRE at three days and 45% of the way from DPL to PRE at a year on 25 September 2026
)


def swap_file(economy: Economy, day: dt.date, without: str | None = None) -> bytes:
    """One session's curves, but for the one `without`. PRE, DPL and DIC are annual, BUS/252; DOC is linear, ACT/360.
    Percent, seven decimals."""
    calendar_days, fixed, vertices = _vertices(day)
    business = calendars.anbima(day).count_array(
        np.array(day, dtype="datetime64[D]"), np.datetime64(day, "D") + calendar_days.astype("timedelta64[D]")
    )
    at = economy.timeline.index(day)
    years = np.maximum(business, 1) / DAYS_PER_YEAR
    pre, real = economy.rates.pre(at, years), economy.rates.real(at, years)
    rates: dict[str, FloatArray] = {
        "PRE": pre,
        "DPL": real,
        "DIC": real + (pre - real) / (1.0 + _DIRT_FADES * years),
        "DOC": linear_360(economy.rates.cupom(at, calendar_days / 365.0), calendar_days),
    }
    stamp = f"{day:%Y%m%d}"
    lines: list[str] = []
    for code, name in CURVES:
        if code == without:
            continue
        units = np.round(rates[code] * 1e5).astype(np.int64).tolist()  # four decimals of percent are quoted
        columns = zip(calendar_days.tolist(), business.tolist(), units, fixed, vertices, strict=True)
        for days, bd, rate, kind, vertex in columns:
            sign, number = ("-", -rate) if rate < 0 else ("+", rate)
            head = f"{697 + len(lines):06d}00101{stamp}T1{code:<5}{name:<15}"
            lines.append(f"{head}{days:05d}{bd:05d}{sign}{number * 10_000:014d}{kind}{vertex:05d}")
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def _vertices(day: dt.date) -> tuple[IntArray, list[str], list[int]]:
    """Calendar days, kind (F fixed, M moving: a future's maturity) and vertex code, ascending."""
    anbima = calendars.anbima(day)
    found: dict[int, tuple[str, int]] = {}
    month = np.datetime64(day, "M")
    for step in _MOVING_MONTHS:
        maturity = anbima.on_or_after((month + step).astype("datetime64[D]"))
        days = (maturity - day).days
        found[days] = ("M", days)
    for days in _FIXED:
        # a vertex of n days on a closed day is quoted at the next open one
        open_day = anbima.on_or_after(day + dt.timedelta(days=days))
        found[(open_day - day).days] = ("F", days)
    ordered = sorted(found.items())
    return (
        np.array([days for days, _ in ordered], dtype=np.int64),
        [kind for _, (kind, _) in ordered],
        [vertex for _, (_, vertex) in ordered],
    )
