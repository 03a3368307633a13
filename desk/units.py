"""Numbers as text, by the source's own format. Decimal first, float last: nothing is guessed and nothing is rounded.

Rates are fractions per year in here; percent and basis points exist only at the rim (`pct`, `bp`).
"""

from __future__ import annotations

import re
from decimal import Decimal

DAYS_PER_YEAR = 252
"""Business days of a year: the convention of BRL rates (BUS/252), and trading days for annual volatility."""
BASIS_POINT = 1e-4
"""One basis point as a fraction."""

_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?\Z")


def decimal_point(text: str) -> Decimal:
    """`-0.32` -> Decimal. No thousands separator. Raises ValueError."""
    stripped = text.strip()
    if not _POINT.match(stripped):
        raise ValueError(f"not a point-decimal number: {text!r}")
    return Decimal(stripped)


def decimal_comma(text: str) -> Decimal:
    """`1.008,65`, `,12` or `5,4272` -> Decimal (point for thousands, comma for decimals). Raises ValueError."""
    stripped = text.strip()
    if not stripped.strip("+-,.") or not _COMMA.match(stripped):
        raise ValueError(f"not a comma-decimal number: {text!r}")
    return Decimal(stripped.replace(".", "").replace(",", "."))


def scaled(number: Decimal, scale: Decimal) -> float:
    """The source's number in our unit; the product is exact, the float is the nearest one."""
    return float(number * scale)


def pct(fraction: float) -> float:
    return fraction * 100.0


def bp(fraction: float) -> float:
    return fraction * 10_000.0
