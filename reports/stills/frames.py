"""The frame of a still picture: grid, zero lines, tick labels and axis titles, and the room that they need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.elements.palette import MUTED
from reports.stills.scales import Scale, ticks
from reports.stills.svg_text import LINE, text, text_lines, text_width, widest

TITLE_SIZE, RIGHT = 11, 12.0
"""Font size of titles, and the room to the right of all plots, px."""
LABEL_PX, DATE_PX = 52.0, 66.0
"""Room for one label along a horizontal axis."""
TURNED = -40.0
"""Degrees of category labels that would run into each other."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A pair of axes in its place. `box`: left, top, right and bottom of the plot, px; `area`: of all plots together.
    `carries`: the labels of the axis across stand at this plot; `heat`: it holds a heatmap. `words`: px between the
    names of bars and the plot, for numbers at the bars' left ends."""

    across: str
    down: str
    x: Scale
    y: Scale
    x_axis: Mapping[str, Any]
    y_axis: Mapping[str, Any]
    carries: bool
    box: tuple[float, float, float, float]
    area: tuple[float, float, float, float]
    heat: bool
    words: float = 0.0

    def x_of(self, item: Mapping[str, Any], key: str) -> float:
        """The px of an item's place across, which is a share of the area where its reference is the paper."""
        left, _, right, _ = self.area
        return left + item[key] * (right - left) if item.get("xref") == "paper" else self.x.place(item[key])

    def y_of(self, item: Mapping[str, Any], key: str) -> float:
        """As `x_of`, from the bottom up."""
        _, top, _, bottom = self.area
        return bottom - item[key] * (bottom - top) if item.get("yref") == "paper" else self.y.place(item[key])


def _size(axis: Mapping[str, Any]) -> float:
    return float(axis["tickfont"]["size"])


def _title(axis: Mapping[str, Any]) -> str:
    return str(axis.get("title", {}).get("text", ""))


def _down_ticks(scale: Scale, axis: Mapping[str, Any]) -> list[tuple[float, str]]:
    return ticks(scale, axis, 26.0)


def _across_ticks(scale: Scale, axis: Mapping[str, Any]) -> list[tuple[float, str]]:
    return ticks(scale, axis, DATE_PX if scale.kind == "date" else LABEL_PX)


def _apart(found: list[tuple[float, str]], scale: Scale, size: float) -> list[tuple[float, str]]:
    """The level labels that do not run into each other: the last one stays, and what it covers is left out."""
    kept: list[tuple[float, str]] = []
    for value, label in reversed(found):
        room = kept and (text_width(kept[-1][1], size) + text_width(label, size)) / 2 + 3.0
        if not room or abs(scale.at(value) - scale.at(kept[-1][0])) >= room:
            kept.append((value, label))
    return kept[::-1]


def left_room(scale: Scale, axis: Mapping[str, Any]) -> float:
    """Px to the left of the plot for the labels and the title of its vertical axis."""
    labels = [label for _, label in _down_ticks(scale, axis)] if axis.get("showticklabels", True) else []
    return widest(labels, _size(axis)) + 8.0 + (TITLE_SIZE + 8.0 if _title(axis) else 0.0)


def turn_of(scale: Scale, axis: Mapping[str, Any]) -> float:
    """Degrees that the labels across are turned by: the axis's own, else as far as they need."""
    if "tickangle" in axis:
        return float(axis["tickangle"])
    if scale.kind != "category" or not scale.names:
        return 0.0
    room = abs(scale.end - scale.start) / len(scale.names)
    return TURNED if widest(scale.names, _size(axis)) + 6.0 > room else 0.0


def across_room(scale: Scale, axis: Mapping[str, Any]) -> tuple[float, bool]:
    """Px for the labels and the title of the axis across, and whether they stand above the plot."""
    room = 4.0 + (TITLE_SIZE + 9.0 if _title(axis) else 0.0)
    if axis.get("showticklabels", True):
        labels, size = [label for _, label in _across_ticks(scale, axis)], _size(axis)
        turn = math.radians(abs(turn_of(scale, axis)))
        lines = max((len(text_lines(label)) for label in labels), default=1)
        room += math.sin(turn) * widest(labels, size) + math.cos(turn) * size * LINE * lines + 6.0
    return room, axis.get("side") == "top"


def grid(plot: Plot) -> str:
    """Grid lines and zero lines."""
    left, top, right, bottom = plot.box
    drawn, zeros = [], []
    for scale, axis, found, line in (
        (plot.x, plot.x_axis, _across_ticks(plot.x, plot.x_axis), "M{0:.1f} {1:.1f}V{2:.1f}"),
        (plot.y, plot.y_axis, _down_ticks(plot.y, plot.y_axis), "M{1:.1f} {0:.1f}H{2:.1f}"),
    ):
        ends = (top, bottom) if scale is plot.x else (left, right)
        if axis.get("showgrid", True):
            drawn += [line.format(scale.at(value), *ends) for value, _ in found]
        inside = min(scale.low, scale.high) <= 0.0 <= max(scale.low, scale.high)
        if scale.kind == "linear" and inside:
            zeros.append((line.format(scale.at(0.0), *ends), axis["zerolinecolor"]))
    color = plot.y_axis["gridcolor"]
    return (f'<path d="{"".join(drawn)}" stroke="{color}"/>' if drawn else "") + "".join(
        f'<path d="{shape}" stroke="{zero}"/>' for shape, zero in zeros
    )


def labels(plot: Plot) -> str:
    """Tick labels and titles of both axes."""
    left, top, right, bottom = plot.box
    drawn = []
    if plot.y_axis.get("showticklabels", True):
        size = _size(plot.y_axis)
        drawn += [
            text(label, left - 6 - plot.words, plot.y.at(value), size, MUTED, "end")
            for value, label in _down_ticks(plot.y, plot.y_axis)
        ]
    if title := _title(plot.y_axis):
        drawn.append(text(title, 8, (top + bottom) / 2, TITLE_SIZE, MUTED, "middle", turn=-90))
    if not plot.carries:
        return "".join(drawn)
    room, on_top = across_room(plot.x, plot.x_axis)
    if plot.x_axis.get("showticklabels", True):
        size, turn = _size(plot.x_axis), turn_of(plot.x, plot.x_axis)
        y = top - 6 if on_top else bottom + 6
        anchor = ("start" if on_top else "end") if turn else "middle"
        base = "middle" if turn else "bottom" if on_top else "top"
        found = _across_ticks(plot.x, plot.x_axis)
        edge = plot.area[2] + RIGHT
        for value, label in found if turn else _apart(found, plot.x, size):
            x = plot.x.at(value) if turn else min(plot.x.at(value), edge - text_width(label, size) / 2)
            drawn.append(text(label, x, y + (4 if turn and not on_top else 0), size, MUTED, anchor, base, turn))
    if title := _title(plot.x_axis):
        y = top - room + 4 if on_top else bottom + room - 4
        drawn.append(text(title, (left + right) / 2, y, TITLE_SIZE, MUTED, "middle", "top" if on_top else "bottom"))
    return "".join(drawn)
