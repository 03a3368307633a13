"""Cboe's index history file (`DATE,OPEN,HIGH,LOW,CLOSE`): daily bars of the VIX since 1990 (one price until 1992)."""

from __future__ import annotations

import csv
import datetime as dt

from desk.units import decimal_point

_HEADER = b"DATE,OPEN,HIGH,LOW,CLOSE"


def is_cboe_history(body: bytes) -> bool:
    return body[:64].lstrip(b"\xef\xbb\xbf").upper().startswith(_HEADER)


def read_cboe_history(body: bytes) -> dict[dt.date, dict[str, float | None]]:
    """Bars by day, in index points, without volume. Dates are ISO or MM/DD/YYYY. Raises ValueError."""
    bars: dict[dt.date, dict[str, float | None]] = {}
    for number, row in enumerate(csv.reader(body.decode("utf-8-sig").splitlines()[1:]), start=2):
        if not row:
            continue
        if len(row) != 5:
            raise ValueError(f"line {number}: {len(row)} fields in place of 5")
        day = dt.date.fromisoformat(row[0]) if "-" in row[0] else dt.datetime.strptime(row[0], "%m/%d/%Y").date()
        prices = [float(decimal_point(text)) for text in row[1:]]
        bars[day] = {**dict(zip(("open", "high", "low", "close"), prices, strict=True)), "volume": None}
    return bars
