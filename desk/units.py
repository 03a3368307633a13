"""Unit constants, and the conversion of a source's text to a number: an exact Decimal first, one float at the end.

A number from outside is finite and bounded: at most `MOST_DIGITS` characters, its first digit at most `MOST_PLACES`
places from the point. Nothing that the desk reads comes near; `1E1000000` as an integer would block the process.

Rates are fractions per year inside the desk. Percent and basis points exist only where numbers come in or are shown.
"""

from __future__ import annotations

import re
from decimal import Decimal

DAYS_PER_YEAR = 252
"""Business days per year: the convention of BRL rates (BUS/252), and of annual volatility."""
BASIS_POINT = 1e-4
"""One basis point as a fraction."""

MOST_DIGITS = 40
"""Characters of a number as text."""
MOST_PLACES = 40
"""Places between the point and a number's first digit."""
_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)


def decimal_point(text: str) -> Decimal:
    """Decimal of a text such as `-0.32`, without thousands separator. Raises ValueError."""
    stripped = text.strip()
    match = _POINT.match(stripped) if len(stripped) <= MOST_DIGITS else None
    if match is None:
        raise ValueError(f"not a point-decimal number: {text!r:.60}")
    number = Decimal(stripped)
    return bounded(number) if match[3] else number  # without an exponent its length bounds it


def bounded(number: Decimal) -> Decimal:
    """`number` itself. Raises ValueError for NaN, infinity, and one too large or too small."""
    if not (-MOST_PLACES <= number.adjusted() <= MOST_PLACES and number.is_finite()):
        raise ValueError(f"not a number that a source gives: {number!s:.60}")
    return number


def scaled(number: Decimal, scale: Decimal) -> float:
    """A source's number in the desk's unit: an exact product, then the nearest float."""
    return float(number * scale)


def pct(fraction: float) -> float:
    """A fraction in percent."""
    return fraction * 100.0


def bp(fraction: float) -> float:
    """A fraction in basis points."""
    return fraction * 10_000.0
