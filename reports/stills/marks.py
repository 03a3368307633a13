"""The traces of a still picture: lines, areas, bars, markers and heatmaps as SVG elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from reports.elements.palette import INK
from reports.stills.scales import Scale
from reports.stills.svg_text import text

Trace = Mapping[str, Any]
DASHES = {"dash": ' stroke-dasharray="7 4"', "dot": ' stroke-dasharray="2 3"'}
AREA_OPACITY = 0.5
"""Plotly's own of an area without a fill colour."""
ON_LIGHT, ON_DARK = "#000", "#fff"
"""Inks on a cell's own colour, which no theme changes: no colour of the palette."""
DARK_CELL = 0.46
"""Brightness below which a cell carries light text."""


def _d(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}".replace(".0 ", " ").removesuffix(".0")


def path(points: Sequence[tuple[float, float] | None]) -> str:
    """Path data through the points; None is a gap."""
    parts, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        parts.append(pen + _d(*point))
        pen = "L"
    return "".join(parts)


def points_of(trace: Trace, x: Scale, y: Scale) -> list[tuple[float, float] | None]:
    """Each point of a trace in px; None where one of its values is unknown."""
    return [
        None if a is None or b is None else (x.place(a), y.place(b))
        for a, b in zip(trace["x"], trace["y"], strict=True)
    ]


def lines(trace: Trace, x: Scale, y: Scale) -> str:
    """A scatter trace: its line, outlined down to zero where it is filled, and its markers, as its mode says."""
    points, mode, drawn = points_of(trace, x, y), trace.get("mode", "lines"), []
    style = trace.get("line", {})
    if trace.get("fill") == "tozeroy":
        zero = y.at(0.0)
        shape = "".join(path([(run[0][0], zero), *run, (run[-1][0], zero)]) + "Z" for run in runs(points))
        color = f'fill="{style["color"]}" stroke="{style["color"]}" stroke-width="{style["width"]:g}"'
        drawn.append(f'<path d="{shape}" {color} fill-opacity="{AREA_OPACITY}"/>')
    elif "lines" in mode:
        dash = DASHES.get(style.get("dash", ""), "")
        drawn.append(
            f'<path d="{path(points)}" fill="none" stroke="{style["color"]}" stroke-width="{style["width"]:g}"{dash}/>'
        )
    if "markers" in mode:
        color = style.get("color", INK)
        drawn += [marker(*point, trace["marker"], color) for point in points if point is not None]
    return "".join(drawn)


def runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The points between the gaps."""
    found: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(point)
    return [run for run in found if run]


def marker(x: float, y: float, style: Mapping[str, Any], color: str) -> str:
    """One marker. Raises KeyError for a symbol that no figure of the page had."""
    size, color = style.get("size", 6) / 2, style.get("color", color)
    width = style.get("line", {}).get("width", 2)
    if style.get("symbol", "circle") == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="{color}"/>'
    if style["symbol"] == "circle-open":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="none" stroke="{color}" stroke-width="{width:g}"/>'
    shape = {
        "x": f"M{_d(x - size, y - size)}L{_d(x + size, y + size)}M{_d(x - size, y + size)}L{_d(x + size, y - size)}",
        "line-ew": f"M{_d(x - size, y)}L{_d(x + size, y)}",
        "line-ns": f"M{_d(x, y - size)}L{_d(x, y + size)}",
    }[style["symbol"]]
    return f'<path d="{shape}" stroke="{color}" stroke-width="{width:g}"/>'


def stacked(traces: Sequence[Trace], x: Scale, y: Scale) -> str:
    """Areas on each other, the first at the bottom; an unknown value adds nothing. Each reaches down to zero and is
    drawn before the one below it, which covers it."""
    sums = [0.0] * len(traces[0]["x"]) if traces else []
    drawn = []
    for trace in traces:
        sums = [below + (value or 0.0) for below, value in zip(sums, trace["y"], strict=True)]
        places = [x.place(at) for at in trace["x"]]
        top = [(left, y.at(value)) for left, value in zip(places, sums, strict=True)]
        shape = path([(places[0], y.at(0.0)), *top, (places[-1], y.at(0.0))])
        color, width = trace["line"]["color"], trace["line"]["width"]
        drawn.append(f'<path d="{shape}Z" fill="{trace["fillcolor"]}" stroke="{color}" stroke-width="{width:g}"/>')
    return "".join(reversed(drawn))


def thickness(trace: Trace, along: Scale, gap: float, slots: int) -> float:
    """A bar's thickness on its scale; `slots` bars share the room between two places."""
    if "width" in trace:
        return float(trace["width"])
    places = sorted({along.number_of(value) for value in trace["y" if trace.get("orientation") == "h" else "x"]})
    least = min((after - before for before, after in pairwise(places)), default=1.0)
    return least * (1.0 - gap) / slots


def bars(trace: Trace, x: Scale, y: Scale, gap: float, slot: int, slots: int) -> str:
    """Bars from their base, each with its text beyond its end. `slot` of `slots`: their place in a group."""
    flat = trace.get("orientation") == "h"
    along, across, names, sizes = (y, x, trace["y"], trace["x"]) if flat else (x, y, trace["x"], trace["y"])
    wide = thickness(trace, along, gap, slots)
    bases = trace.get("base") or [0.0] * len(sizes)
    colors = trace["marker"]["color"]
    texts = trace.get("text") or [""] * len(sizes)
    font = trace.get("textfont", {})
    drawn = []
    for place, (name, size, base) in enumerate(zip(names, sizes, bases, strict=True)):
        if size is None:
            continue
        middle = along.number_of(name) + wide * (slot - (slots - 1) / 2)
        ends = sorted((along.at(middle - wide / 2), along.at(middle + wide / 2)))
        tips = across.at(base), across.at(base + size)
        low, high = sorted(tips)
        box = (low, ends[0], high - low, ends[1] - ends[0]) if flat else (ends[0], low, ends[1] - ends[0], high - low)
        color = colors if isinstance(colors, str) else colors[place]
        drawn.append(rectangle(box, color))
        if texts[place]:
            at = sum(ends) / 2
            if flat:
                left = size < 0
                spot = (tips[1] + (-4 if left else 4), at, font["size"], font["color"], "end" if left else "start")
                drawn.append(text(texts[place], *spot))
            else:
                under = size < 0
                spot = (at, tips[1] + (3 if under else -2), font["size"], font["color"], "middle")
                drawn.append(text(texts[place], *spot, "top" if under else "bottom"))
    return "".join(drawn)


def rectangle(box: tuple[float, float, float, float], color: str) -> str:
    """A filled rectangle of (left, top, width, height), px."""
    left, top, width, height = box
    size = f'width="{max(width, 0.4):.1f}" height="{max(height, 0.4):.1f}"'
    return f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{color}"/>'


def heatmap(trace: Trace, x: Scale, y: Scale) -> str:
    """Cells in the colours of the trace's scale, with their texts in an ink that is read on the cell."""
    drawn, gap, size = [], trace.get("xgap", 0), trace.get("textfont", {}).get("size", 11)
    texts = trace.get("text") or [[""] * len(row) for row in trace["z"]]
    wide, high = abs(x.at(1.0) - x.at(0.0)) - gap, abs(y.at(1.0) - y.at(0.0)) - gap
    for row, values in enumerate(trace["z"]):
        for column, value in enumerate(values):
            if value is None:
                continue
            share = (value - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
            red, green, blue = blended(trace["colorscale"], min(max(share, 0.0), 1.0))
            across, down = x.at(column), y.at(row)
            drawn.append(
                rectangle((across - wide / 2, down - high / 2, wide, high), f"#{red:02x}{green:02x}{blue:02x}")
            )
            if texts[row][column]:
                ink = ON_DARK if (0.299 * red + 0.587 * green + 0.114 * blue) / 255 < DARK_CELL else ON_LIGHT
                drawn.append(text(texts[row][column], across, down, size, ink, "middle"))
    return "".join(drawn)


def blended(colors: Sequence[Sequence[Any]], share: float) -> tuple[int, int, int]:
    """Red, green and blue at a share of a scale of (share, #rrggbb) stops. Raises ValueError above the last."""
    for (low, first), (high, second) in pairwise(colors):
        if share <= high:
            part = (share - low) / (high - low)
            parts = [
                round(int(first[k : k + 2], 16) * (1 - part) + int(second[k : k + 2], 16) * part) for k in (1, 3, 5)
            ]
            return parts[0], parts[1], parts[2]
    raise ValueError(f"a share of {share} is on no colour scale")
