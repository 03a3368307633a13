"""Numbers as text, by the source's own format. Decimal first, float last: nothing is guessed and nothing is rounded.

A number from outside is finite and bounded: at most `MOST_DIGITS` characters, its first digit at most `MOST_PLACES`
places from the point. Nothing that the desk reads comes near, and `1E1000000` as an integer would hold up the process.

Rates are fractions per year in here; percent and basis points exist only at the rim (`pct`, `bp`).
"""

from __future__ import annotations

import re
from decimal import Decimal

MOST_DIGITS = 40
MOST_PLACES = 40
_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?\Z", re.ASCII)


def decimal_point(text: str) -> Decimal:
    """`-0.32` -> Decimal. No thousands separator. Raises ValueError."""
    stripped = text.strip()
    match = _POINT.match(stripped) if len(stripped) <= MOST_DIGITS else None
    if match is None:
        raise ValueError(f"not a point-decimal number: {text!r:.60}")
    number = Decimal(stripped)
    return bounded(number) if match[3] else number  # without an exponent its length bounds it


def decimal_comma(text: str) -> Decimal:
    """`1.008,65`, `,12` or `5,4272` -> Decimal (point for thousands, comma for decimals). Raises ValueError."""
    stripped = text.strip()
    if len(stripped) > MOST_DIGITS or not stripped.strip("+-,.") or not _COMMA.match(stripped):
        raise ValueError(f"not a comma-decimal number: {text!r:.60}")
    return Decimal(stripped.replace(".", "").replace(",", "."))


def bounded(number: Decimal) -> Decimal:
    """`number` itself. Raises ValueError for NaN, infinity, and one too large or too small."""
    if not (-MOST_PLACES <= number.adjusted() <= MOST_PLACES and number.is_finite()):
        raise ValueError(f"not a number that a source gives: {number!s:.60}")
    return number


def scaled(number: Decimal, scale: Decimal) -> float:
    """The source's number in our unit; the product is exact, the float is the nearest one."""
    return float(number * scale)


def pct(fraction: float) -> float:
    return fraction * 100.0


def bp(fraction: float) -> float:
    return fraction * 10_000.0
