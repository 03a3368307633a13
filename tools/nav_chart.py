"""A NAV against its cash rate, and its drawdowns below, as a small SVG for the docs. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WIDTH, UPPER, LOWER, LEFT, TOP, GAP = 860, 240, 110, 52, 22, 30
NAV, CASH, FALL = "#1f6feb", "#8c959f", "#cf222e"
EVERY = 5
"""Rows per point: a week."""


def nav_chart(days: Sequence[dt.date], nav: Floats, cash: Floats, fall: Floats) -> str:
    """`nav` and `cash` (T,) as multiples of the start, on a logarithmic axis; `fall` (T,) fractions below the peak."""
    rows = np.unique(np.append(np.arange(0, len(days), EVERY), len(days) - 1))
    across = LEFT + (WIDTH - LEFT - 8) * rows / (len(days) - 1)
    logs = np.log(np.stack([nav[rows], cash[rows]]))
    low, high = float(logs.min()), float(logs.max())
    upper = TOP + UPPER * (1.0 - (logs - low) / (high - low))
    base, deepest = TOP + UPPER + GAP, float(fall.max())
    lower = base + LOWER * fall[rows] / deepest
    height = base + LOWER + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="14"><tspan fill="{NAV}">NAV</tspan> and <tspan fill="{CASH}">CDI</tspan>, '
        "multiples of the start (log scale)</text>",
        f'<text x="{LEFT}" y="{base - 8}" fill="{FALL}">drawdown</text>',
        *_years(days, height),
        *_levels(low, high),
        f'<text x="{LEFT - 6}" y="{base + LOWER + 4}" text-anchor="end">-{deepest:.0%}</text>',
        _line(across, upper[1], CASH),
        _line(across, upper[0], NAV),
        _line(across, lower, FALL),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(x: Floats, y: Floats, colour: str) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.2"/>'


def _years(days: Sequence[dt.date], height: int) -> list[str]:
    found = []
    for row in range(1, len(days)):
        year = days[row].year
        if year != days[row - 1].year and year % 2 == 0:
            x = LEFT + (WIDTH - LEFT - 8) * row / (len(days) - 1)
            found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 12}" stroke="#e6e8eb"/>')
            found.append(f'<text x="{x:.1f}" y="{TOP + UPPER + 14}" text-anchor="middle" fill="#57606a">{year}</text>')
    return found


def _levels(low: float, high: float) -> list[str]:
    found = []
    for multiple in (0.5, 1, 2, 3, 4, 5, 7, 10):
        if low - 1e-9 <= np.log(multiple) <= high + 1e-9:
            y = TOP + UPPER * (1.0 - (np.log(multiple) - low) / (high - low))
            found.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e6e8eb"/>')
            found.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{multiple:g}x</text>')
    return found
