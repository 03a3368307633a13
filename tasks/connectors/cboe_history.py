"""Cboe's index history file (`DATE,OPEN,HIGH,LOW,CLOSE`): daily bars of the VIX since 1990 (one price until 1992)."""

from __future__ import annotations

import datetime as dt

from desk.units import decimal_point
from tasks.connectors.strict_values import csv_rows, day_of

_HEADER = b"DATE,OPEN,HIGH,LOW,CLOSE"


def is_cboe_history(body: bytes) -> bool:
    """Whether the body is Cboe's history file (by its header)."""
    return body[:64].lstrip(b"\xef\xbb\xbf").upper().startswith(_HEADER)


def read_cboe_history(body: bytes) -> dict[dt.date, dict[str, float | None]]:
    """Bars by day, in index points, without volume. Dates are ISO or MM/DD/YYYY. Raises ValueError."""
    bars: dict[dt.date, dict[str, float | None]] = {}
    for row in csv_rows(body.decode("utf-8-sig"))[1:]:
        day = day_of(row[0], "yyyy-mm-dd" if "-" in row[0] else "mm/dd/yyyy")
        prices = [float(decimal_point(text)) for text in row[1:]]
        bar = {**dict(zip(("open", "high", "low", "close"), prices, strict=True)), "volume": None}
        if bars.setdefault(day, bar) != bar:
            raise ValueError(f"two different bars of {day}")
    return bars
