"""Unit constants, and the conversion of a source's text to a number: an exact Decimal first, one float at the end.

Rates are fractions per year inside the desk. Percent and basis points exist only where numbers come in or are shown.
"""

from __future__ import annotations

import re
from decimal import Decimal

DAYS_PER_YEAR = 252
"""Business days per year: the convention of BRL rates (BUS/252), and of annual volatility."""
BASIS_POINT = 1e-4
"""One basis point as a fraction."""

_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")


def decimal_point(text: str) -> Decimal:
    """Decimal of a text such as `-0.32`, without thousands separator. Raises ValueError."""
    stripped = text.strip()
    if not _POINT.match(stripped):
        raise ValueError(f"not a point-decimal number: {text!r}")
    return Decimal(stripped)


def scaled(number: Decimal, scale: Decimal) -> float:
    """A source's number in the desk's unit: an exact product, then the nearest float."""
    return float(number * scale)


def pct(fraction: float) -> float:
    """A fraction in percent."""
    return fraction * 100.0


def bp(fraction: float) -> float:
    """A fraction in basis points."""
    return fraction * 10_000.0
