"""A figure's still picture: one SVG from the `data` and `layout` of its Plotly spec, of the kinds that the page has.

It is what a reader without a script, a mail's preview and a printer show. Its numbers are those of the figure; it is
drawn wide enough for its own labels, and scales to the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.elements.page_elements import Figure
from reports.elements.palette import INK, MUTED
from reports.stills import frames, marks
from reports.stills.scales import Scale, axis_kind, make_scale
from reports.stills.svg_text import LINE, text, text_lines, text_width, widest

WIDTH, WIDE, SMALL = 416, 856, 268
"""Units of a picture in a column of the sheet, over both, and in a card: so few that the smallest label, LEGEND_SIZE,
is 7 pt in print (tests/reports/page/test_print.py)."""
ON_SCREEN = 1.3
"""Px of a screen for a unit, where no script draws the figure."""
LEGEND_SIZE, LEGEND_ROW = 11, 18
FLATTER, FLATTEST = 0.47, 0.34
"""Height of a still picture in heights of the live figure, and of one of many small plots: a sheet is dearer than a
screen."""
NAMES_SHARE = 0.45
"""Of the width, for the names of bars."""
MANY = 3
"""Plots in one figure, above which they are small."""
ROW_GAP, HEAT_ROW = 0.8, 20.0
"""Between the labels of two rows of bars, and a heatmap's row, px."""


def still(figure: Figure, *, small: bool = False) -> str:
    """The figure as an SVG element; its alternative text stands on the element around it."""
    width = SMALL if small else WIDE if figure.wide else WIDTH
    return drawing(_unwrapped(figure.spec, width), width)


def _unwrapped(spec: Mapping[str, Any], width: int) -> Mapping[str, Any]:
    """The figure with its bars' names in one line each where that leaves the bars enough room: a phone's do not."""
    named = {name for trace in spec["data"] for name in trace["y"] if isinstance(name, str)}
    plain = {name: name.replace("<br>", " ") for name in named}
    if not any("<br>" in name for name in named) or widest(list(plain.values()), LEGEND_SIZE) > width * NAMES_SHARE:
        return spec
    data = [{**trace, "y": [plain.get(name, name) for name in trace["y"]]} for trace in spec["data"]]
    notes = [{**note, "y": plain.get(note["y"], note["y"])} for note in spec["layout"].get("annotations", ())]
    return {"data": data, "layout": {**spec["layout"], "annotations": notes}}


def drawing(spec: Mapping[str, Any], width: int) -> str:
    """SVG of `data` and `layout`, `width` wide and flatter than on the page; empty where no trace has a point. Raises
    KeyError for a kind of trace or mark that no figure of the page had."""
    data, layout = [trace for trace in spec["data"] if len(trace["x"]) and len(trace["y"])], spec["layout"]
    if not data:
        return ""
    rows = legend_rows(data, width) if layout.get("showlegend") else []
    top = 6 + LEGEND_ROW * len(rows) + 4 if rows else min(float(layout["margin"]["t"]), 24.0)
    plots = _plots(data, layout, width, int(layout["height"]), top)
    height = _height(plots, int(layout["height"]))
    plots = _plots(data, layout, width, height, top)
    body = [_legend(rows)]
    for plot in plots:
        body += [frames.grid(plot), _shapes(layout, plot, plots, below=True), _traces(data, layout, plot)]
        body += [frames.labels(plot), _shapes(layout, plot, plots, below=False)]
    body.append(_notes(layout, plots))
    shown = round(height * ON_SCREEN)
    return (
        f'<svg class="still" viewBox="0 0 {width} {height}" height="{shown}" aria-hidden="true">{"".join(body)}</svg>'
    )


def _height(plots: Sequence[frames.Plot], whole: int) -> int:
    """Named rows as near as their labels allow, which on the page are as far apart as a finger needs; else a share of
    the page's `whole` height."""
    if len(plots) != 1 or plots[0].y.kind != "category":
        return round(whole * (FLATTEST if len(plots) > MANY else FLATTER))
    _, top, _, bottom = plots[0].box
    lines = max((len(text_lines(name)) for name in plots[0].y.names), default=1)
    row = HEAT_ROW if plots[0].heat else ROW_GAP + LEGEND_SIZE * LINE * lines
    return min(whole, round(whole - (bottom - top) + len(plots[0].y.names) * row))


def _own(data: Sequence[marks.Trace], across: str, down: str) -> list[marks.Trace]:
    return [trace for trace in data if (trace.get("xaxis", "x"), trace.get("yaxis", "y")) == (across, down)]


def _plots(
    data: Sequence[marks.Trace], layout: Mapping[str, Any], width: int, height: int, top: float
) -> list[frames.Plot]:
    """Every pair of axes that traces are on, placed so that all labels are inside of the picture."""
    pairs = list(dict.fromkeys((trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in data))
    found = []
    for across, down in pairs:
        own = _own(data, across, down)
        x_axis, y_axis = layout[f"xaxis{across[1:]}"], layout[f"yaxis{down[1:]}"]
        # Two plots above each other may share the axis across: its labels stand below the one that it is anchored to.
        carries = len(pairs) == 1 or x_axis.get("anchor", "y") == down
        found.append(_Draft(own, across, down, x_axis, y_axis, carries))
    left = max(frames.left_room(draft.down_scale((0.0, height / len(found)))[0], draft.y_axis) for draft in found)
    plain = (left, width - frames.RIGHT)
    spaces = [frames.across_room(draft.across_scale(data, plain)[0], draft.x_axis) for draft in found if draft.carries]
    over = max([top, *(room + 4 for room, on_top in spaces if on_top)])
    under = max([6.0, *(room for room, on_top in spaces if not on_top)])
    area = (left, over, width - frames.RIGHT, height - under)
    return [draft.placed(data, area) for draft in found]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A pair of axes before its place is known."""

    own: Sequence[marks.Trace]
    across: str
    down: str
    x_axis: Mapping[str, Any]
    y_axis: Mapping[str, Any]
    carries: bool

    def across_scale(self, data: Sequence[marks.Trace], px: tuple[float, float]) -> tuple[Scale, str]:
        shared = [trace for trace in data if trace.get("xaxis", "x") == self.across]
        return self._scale("x", self.x_axis, shared, px), self.across

    def down_scale(self, px: tuple[float, float]) -> tuple[Scale, str]:
        return self._scale("y", self.y_axis, self.own, px[::-1]), self.down

    def _scale(
        self, name: str, axis: Mapping[str, Any], traces: Sequence[marks.Trace], px: tuple[float, float]
    ) -> Scale:
        values = [value for trace in traces for value in trace[name]]
        kind = axis_kind(axis, values)
        sized = [t for t in traces if t["type"] == "bar" and (t.get("orientation") == "h") == (name == "x")]
        for trace in sized:
            bases = trace.get("base") or [0.0] * len(trace[name])
            values += [*bases, *(base + (size or 0.0) for base, size in zip(bases, trace[name], strict=True))]
        filled = any(trace.get("fill") == "tozeroy" or "stackgroup" in trace for trace in traces) and name == "y"
        thick = [t for t in traces if t["type"] == "bar" and t not in sized]
        half = marks.thickness(thick[0], make_scale(axis, kind, values, px), 0.0, 1) / 2 if thick else 0.0
        exact = name == "x" and not sized and all(trace.get("mode") == "lines" or trace in thick for trace in traces)
        return make_scale(axis, kind, values, px, bars=bool(sized) or filled, half=half, pad=not exact)

    def placed(self, data: Sequence[marks.Trace], area: tuple[float, float, float, float]) -> frames.Plot:
        left, top, right, bottom = area
        a, b = self.x_axis.get("domain", (0.0, 1.0))
        c, d = self.y_axis.get("domain", (0.0, 1.0))
        words, beyond = self._words_beside_bars(-1), max(self._words_beside_bars(1) - frames.RIGHT, 0.0)
        x_px = (left + a * (right - left) + words, left + b * (right - left) - beyond)
        y_px = (bottom - d * (bottom - top), bottom - c * (bottom - top))
        return frames.Plot(
            self.across,
            self.down,
            self.across_scale(data, x_px)[0],
            self.down_scale(y_px)[0],
            self.x_axis,
            self.y_axis,
            self.carries,
            (x_px[0], y_px[0], x_px[1], y_px[1]),
            area,
            any(trace["type"] == "heatmap" for trace in self.own),
            words,
        )

    def _words_beside_bars(self, side: int) -> float:
        """Px for the longest number at the left (-1) or right (1) end of a bar, which else would run into the bars'
        names or off the picture."""
        bars = [trace for trace in self.own if trace["type"] == "bar" and trace.get("orientation") == "h"]
        words = [
            str(word)
            for trace in bars
            for word, size in zip(trace.get("text") or (), trace["x"], strict=False)
            if size is not None and size * side > 0
        ]
        return widest(words, LEGEND_SIZE) + 4.0 if words else 0.0


def _traces(data: Sequence[marks.Trace], layout: Mapping[str, Any], plot: frames.Plot) -> str:
    own, drawn = _own(data, plot.across, plot.down), []
    gap = float(layout.get("bargap", 0.2))
    grouped = [trace for trace in own if trace["type"] == "bar"] if layout.get("barmode") != "overlay" else []
    drawn.append(marks.stacked([trace for trace in own if "stackgroup" in trace], plot.x, plot.y))
    for trace in own:
        if trace["type"] == "bar":
            slot = grouped.index(trace) if grouped else 0
            drawn.append(marks.bars(trace, plot.x, plot.y, gap, slot, max(len(grouped), 1)))
        elif trace["type"] == "heatmap":
            drawn.append(marks.heatmap(trace, plot.x, plot.y))
        elif trace["type"] != "scatter":
            raise KeyError(f"no still picture of a trace of type {trace['type']}")
        elif "stackgroup" not in trace:
            drawn.append(marks.lines(trace, plot.x, plot.y))
    return "".join(drawn)


def _shapes(layout: Mapping[str, Any], plot: frames.Plot, plots: Sequence[frames.Plot], *, below: bool) -> str:
    drawn = []
    for shape in layout.get("shapes", ()):
        if (shape.get("layer") == "below") != below or _plot_of(shape, plots) is not plot:
            continue
        ends = [(plot.x_of(shape, f"x{k}"), plot.y_of(shape, f"y{k}")) for k in (0, 1)]
        style = shape["line"]
        dash = marks.DASHES.get(style.get("dash", ""), "")
        drawn.append(
            f'<path d="{marks.path(ends)}" stroke="{style["color"]}" stroke-width="{style["width"]:g}"{dash}/>'
        )
    return "".join(drawn)


def _plot_of(item: Mapping[str, Any], plots: Sequence[frames.Plot]) -> frames.Plot:
    """The plot whose axes a shape or an annotation names; the first where it names none."""
    axes = {item.get("xref", "x"), item.get("yref", "y")} - {"paper"}
    return next((plot for plot in plots if axes <= {plot.across, plot.down}), plots[0])


def _notes(layout: Mapping[str, Any], plots: Sequence[frames.Plot]) -> str:
    drawn = []
    for note in layout.get("annotations", ()):
        plot, font = _plot_of(note, plots), note.get("font", {})
        x, y = plot.x_of(note, "x") + note.get("xshift", 0), plot.y_of(note, "y")
        anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
        base = note.get("yanchor", "middle")
        drawn.append(text(note["text"], x, y, font.get("size", 12), font.get("color", INK), anchor, base))
    return "".join(drawn)


LegendItem = tuple[float, marks.Trace]


def legend_rows(data: Sequence[marks.Trace], width: int) -> list[list[LegendItem]]:
    """(left px, trace) of the named traces, in rows that fit into the width."""
    rows: list[list[LegendItem]] = [[]]
    x = 0.0
    for trace in data:
        if trace.get("showlegend") is False or "name" not in trace:
            continue
        needed = 30 + text_width(trace["name"], LEGEND_SIZE)
        if rows[-1] and x + needed > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, trace))
        x += needed + 12
    return [row for row in rows if row]


def _legend(rows: Sequence[Sequence[LegendItem]]) -> str:
    drawn = []
    for place, row in enumerate(rows):
        y = 10.0 + LEGEND_ROW * place
        for x, trace in row:
            drawn.append(_sample(trace, x, y))
            drawn.append(text(trace["name"], x + 28, y, LEGEND_SIZE, MUTED))
    return "".join(drawn)


def _sample(trace: marks.Trace, x: float, y: float) -> str:
    """What stands before a trace's name in the legend."""
    if trace["type"] == "bar":
        color = trace["marker"]["color"]
        return marks.rectangle((x + 8, y - 5, 10, 10), color if isinstance(color, str) else color[0])
    if "fillcolor" in trace:
        return marks.rectangle((x + 2, y - 5, 20, 10), trace["fillcolor"])
    if trace["mode"] == "markers":
        style = {**trace["marker"], "size": min(trace["marker"]["size"], 12)}
        return marks.marker(x + 13, y, style, INK)
    style = trace["line"]
    dash = marks.DASHES.get(style.get("dash", ""), "")
    return f'<path d="M{x + 1:.1f} {y:.1f}h23" stroke="{style["color"]}" stroke-width="{style["width"]:g}"{dash}/>'
