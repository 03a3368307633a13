"""Grafana's data frames, written anew from its rules: what its PostgreSQL source makes of a result, and which of it a
panel draws. Of a time series: the types and the change from long to wide of grafana-plugin-sdk-go (`TimeSeriesSchema`,
`LongToWide`); of a panel: `prepareGraphableFields`, `getFieldDisplayValues` and the bar chart's first text field."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["time", "number", "string", "boolean"]
KINDS: Mapping[str, Kind] = {
    "timestamptz": "time", "timestamp": "time", "date": "time",
    "float8": "number", "float4": "number", "int8": "number", "int4": "number", "int2": "number", "numeric": "number",
    "bool": "boolean",
}  # fmt: skip
"""PostgreSQL's type -> Grafana's; every other type arrives as text."""
ROWS = 25
"""Values that a stat, gauge or bar gauge shows of a frame, where the panel has no limit of its own."""


@dataclass
class Field:
    """A column. `labels`: what a text column became in the change from long to wide."""

    name: str
    kind: Kind
    values: list[Any] = field(default_factory=list)
    labels: Mapping[str, str] = field(default_factory=dict)


Frame = list[Field]


def frame_of(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> Frame:
    """The frame of a result whose columns are (name, PostgreSQL type)."""
    table = [list(row) for row in rows]
    return [Field(name, KINDS.get(kind, "string"), [row[k] for row in table]) for k, (name, kind) in enumerate(columns)]


def series_type(frame: Frame) -> Literal["not", "wide", "long"]:
    """Whether it is a time series: `long` where text or yes/no columns tell its series apart."""
    times = [one for one in frame if one.kind == "time"]
    factors = [one for one in frame if one.kind in ("string", "boolean")]
    if not times or len(frame) <= 1 + len(factors):
        return "not"
    return "long" if factors else "wide"


def wide(frame: Frame) -> Frame:
    """A long series as a wide one: one row a time, a column for each value column and each combination of the texts.

    Raises ValueError for another frame, a time that is null, and times out of order.
    """
    if series_type(frame) != "long":
        raise ValueError(f"a {series_type(frame)} series, not a long one")
    time = next(one for one in frame if one.kind == "time")
    factors = [one for one in frame if one.kind in ("string", "boolean")]
    columns = [one for one in frame if one is not time and one not in factors]
    if None in time.values or time.values != sorted(time.values):
        raise ValueError("times of a long series are known and in order")
    times = list(dict.fromkeys(time.values))
    made: dict[tuple[str, tuple[str, ...]], Field] = {}
    for row, at in enumerate(time.values):
        key = tuple("" if one.values[row] is None else str(one.values[row]) for one in factors)
        labels = {one.name: text for one, text in zip(factors, key, strict=True)}
        for column in columns:
            new = made.setdefault((column.name, key), Field(column.name, column.kind, [None] * len(times), labels))
            new.values[times.index(at)] = column.values[row]
    return [Field(time.name, "time", list(times)), *(made[key] for key in sorted(made))]


def graphable(frame: Frame) -> Frame:
    """What a time series panel draws: times, numbers (not finite: a gap), yes as 1; a text column is left out.

    Raises ValueError where Grafana writes "Data is missing a time field" or "a number field".
    """
    kept: Frame = []
    for one in frame:
        if one.kind == "number":
            finite = [None if v is None or not math.isfinite(v) else float(v) for v in one.values]
            kept.append(Field(one.name, "number", finite, one.labels))
        elif one.kind == "boolean":
            kept.append(Field(one.name, "number", [None if v is None else float(v) for v in one.values], one.labels))
        elif one.kind == "time":
            kept.append(one)
    for kind in ("time", "number"):
        if not any(one.kind == kind for one in kept):
            raise ValueError(f"Data is missing a {kind} field")
    return kept


def displayed(frame: Frame, options: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """(name, value) of each tile or bar, by the panel's `reduceOptions`: every row, or each column's last known value.

    Of every row the name is that of the row's first text, as Grafana takes it where one column is a number. Raises
    ValueError for a reduction that no panel of ours has.
    """
    numbers = [one for one in frame if one.kind == "number"]
    if options["values"]:
        texts = next((one.values for one in frame if one.kind == "string"), None)
        if texts is None or len(numbers) != 1:
            raise ValueError("each row needs one text and one number")
        return list(zip(texts, numbers[0].values, strict=True))[: int(options.get("limit", ROWS))]
    if options["calcs"] != ["lastNotNull"]:
        raise ValueError(f"a reduction by {options['calcs']}")
    return [(one.name, next((v for v in reversed(one.values) if v is not None), None)) for one in numbers]


def barred(frame: Frame, x_name: str | None) -> tuple[list[str], Frame]:
    """A bar chart's names, from the column `x_name` or its first text, and the numbers that it draws for them.

    Raises ValueError where Grafana writes "Configured x field not found", "Bar charts requires a string or time field"
    or "No numeric fields found".
    """
    found = [one for one in frame if (one.name == x_name if x_name else one.kind in ("string", "time"))]
    if not found:
        raise ValueError("Configured x field not found" if x_name else "Bar charts requires a string or time field")
    bars = [one for one in frame if one.kind == "number"]
    if not bars:
        raise ValueError("No numeric fields found")
    return [str(value) for value in found[0].values], bars


def shown_day(instant: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The day that a time axis in the dashboard's zone shows."""
    return instant.astimezone(zone).date()
