"""Scales of a still picture: from a value, date or category to a place in px, with ticks and their labels."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.elements.formats import date, month_of, number

MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)
PADDING = 0.05
"""Room beyond the outermost points, as a share of the range, where the axis has no range of its own."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`kind`: linear, date or category. `low` and `high` (days of a date, places of a category) lie at the px `start`
    and `end`; a reversed axis has them the other way round."""

    kind: str
    low: float
    high: float
    start: float
    end: float
    names: tuple[str, ...] = ()

    def number_of(self, value: Any) -> float:
        """The value on the scale. Raises KeyError for a category that no trace has."""
        if self.kind == "date" and isinstance(value, str):
            return float(dt.date.fromisoformat(value[:10]).toordinal())
        if self.kind == "category" and isinstance(value, str):
            if value not in self.names:
                raise KeyError(value)
            return float(self.names.index(value))
        return float(value)

    def place(self, value: Any) -> float:
        """Its px."""
        return self.at(self.number_of(value))

    def at(self, value: float) -> float:
        """The px of a number on the scale."""
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


def axis_kind(axis: Mapping[str, Any], values: Sequence[Any]) -> str:
    """What the axis says it is; else category where it has texts, as Plotly decides it."""
    declared = axis.get("type")
    if declared:
        return str(declared)
    return "category" if any(isinstance(value, str) for value in values) else "linear"


def make_scale(
    axis: Mapping[str, Any],
    kind: str,
    values: Sequence[Any],
    px: tuple[float, float],
    *,
    bars: bool = False,
    half: float = 0.0,
    pad: bool = True,
) -> Scale:
    """The scale of an axis over `px`. `values`: all that is drawn on it. `bars`: they are lengths from zero, which the
    range then contains. `half`: half of a bar's thickness on the scale. `pad`: leave room beyond the ends."""
    start, end = px[::-1] if axis.get("autorange") == "reversed" else px
    if kind == "category":
        names = tuple(dict.fromkeys(str(value) for value in values if value is not None))
        return Scale(kind, -0.5, max(len(names), 1) - 0.5, start, end, names)
    bare = Scale(kind, 0.0, 1.0, start, end)
    known = [bare.number_of(value) for value in values if value is not None]
    if "range" in axis:
        low, high = (bare.number_of(value) for value in axis["range"])
        return Scale(kind, low, high, start, end)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    low, high = low - half, high + half
    room = (high - low or 1.0) * PADDING if pad else 0.0
    from_zero = bars or axis.get("rangemode") == "tozero"
    if from_zero and low >= 0.0:
        return Scale(kind, 0.0, high + room, start, end)
    if from_zero and high <= 0.0:
        return Scale(kind, low - room, 0.0, start, end)
    return Scale(kind, low - room, high + room or 1.0, start, end)


def ticks(scale: Scale, axis: Mapping[str, Any], label_px: float) -> list[tuple[float, str]]:
    """(number on the scale, label) of each tick; `label_px` is the room that one label needs along the axis."""
    length = abs(scale.end - scale.start)
    most = max(2, int(length / label_px))
    if "nticks" in axis:
        most = min(most, int(axis["nticks"]))
    if scale.kind == "category":
        return [(float(place), name) for place, name in enumerate(scale.names)]
    if scale.kind == "date":
        return _date_ticks(scale, most)
    given = axis.get("tickvals")
    step = _nice_step(abs(scale.high - scale.low) / most)
    if given is None:
        first = math.ceil(min(scale.low, scale.high) / step - 1e-9)
        last = math.floor(max(scale.low, scale.high) / step + 1e-9)
        given = [place * step for place in range(first, last + 1)]
    signed, suffix = str(axis.get("tickformat", "")).startswith("+"), str(axis.get("ticksuffix", ""))
    digits = 0 if all(float(value).is_integer() for value in given) else _digits(step)
    return [(float(value), number(value, digits, signed=signed) + suffix) for value in given]


def _nice_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def _digits(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def _date_ticks(scale: Scale, most: int) -> list[tuple[float, str]]:
    first, last = (dt.date.fromordinal(round(value)) for value in (scale.low, scale.high))
    months = (last.year - first.year) * 12 + last.month - first.month
    if months < 2:
        every = max(1, math.ceil(((last - first).days + 1) / most))
        days = [first + dt.timedelta(days=k) for k in range(0, (last - first).days + 1, every)]
        return [(float(day.toordinal()), date(day)) for day in days]
    step = next((step for step in MONTH_STEPS if months / step <= most), MONTH_STEPS[-1])
    begin = first.year * 12 + first.month - 1
    starts = [dt.date(m // 12, m % 12 + 1, 1) for m in range(begin - begin % step, begin + months + 1, step)]
    return [(float(day.toordinal()), month_of(day)) for day in starts if first <= day <= last]
