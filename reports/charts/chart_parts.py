"""Plotly figures as plain JSON values: `data` and `layout`, nothing that needs Plotly to build.

Numbers go in as the frames have them, scaled to the unit that the axis names and rounded to 7 significant digits so
that the page stays small. None is a gap, never a zero.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from reports.elements.formats import finite_or_none
from reports.elements.locale import ENGLISH, current_locale, translate
from reports.elements.palette import BLUE, DIVERGING, GRID, INK, MUTED, ZERO, by_sign, cycle

Spec = dict[str, Any]
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
CLEAR = "rgba(0,0,0,0)"


def rounded(value: float | None, scale: float = 1.0) -> float | None:
    clean = finite_or_none(value)
    return None if clean is None else float(f"{clean * scale:.7g}")


def column(values: Sequence[float | None], scale: float = 1.0) -> list[float | None]:
    return [rounded(value, scale) for value in values]


def plain(texts: Sequence[str]) -> list[str]:
    """Names from outside as text: Plotly reads a few HTML tags in labels, and these are not to be read as any."""
    return [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]


def wrapped(texts: Sequence[str], width: int = 22) -> list[str]:
    """Labels over several lines, so that a narrow screen keeps room for the bars. What stands after a colon is left to
    the table, unless two labels would become the same."""
    short = [text.split(":")[0] for text in texts]
    chosen = short if len(set(short)) == len(set(texts)) else list(texts)
    return ["<br>".join(plain(textwrap.wrap(text, width) or [""])) for text in chosen]


def days(values: Sequence[dt.date]) -> list[str]:
    return [value.isoformat() for value in values]


def axis(title: str = "", **extra: Any) -> Spec:
    base: Spec = {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zerolinecolor": ZERO,
        "zerolinewidth": 1,
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"color": MUTED, "size": 11},
    }
    if title:
        base["title"] = {"text": translate(title), "font": {"color": MUTED, "size": 11}, "standoff": 8}
    if extra.get("type") == "date" and current_locale() is not ENGLISH:  # Plotly names months in English
        base |= {"tickformat": "%m/%Y", "hoverformat": "%d/%m/%Y"}
    return base | extra


def layout(height: int, x: Spec | None = None, y: Spec | None = None, **extra: Any) -> Spec:
    local: Spec = {} if current_locale() is ENGLISH else {"separators": current_locale().separators}
    return {
        **local,
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8, "pad": 0},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": FONT, "size": 12, "color": INK},
        "hoverlabel": {"font": {"family": FONT, "size": 12}},
        "dragmode": False,
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": MUTED}},
        "xaxis": x if x is not None else axis(),
        "yaxis": y if y is not None else axis(),
        **extra,
    }


def with_legend(spec: Spec) -> Spec:
    """The same layout with the legend above the plot and room for it."""
    return spec | {"showlegend": True, "margin": spec["margin"] | {"t": 40}}


def line(name: str, x: Sequence[Any], y: Sequence[float | None], index: int = 0, **extra: Any) -> Spec:
    width = extra.pop("width", 1.8)
    base: Spec = {"type": "scatter", "mode": "lines", "name": plain([translate(name)])[0], "x": list(x), "y": list(y)}
    return base | {"line": {"color": cycle(index), "width": width}} | extra


def signed_bars(
    labels: Sequence[str], values: Sequence[float], texts: Sequence[str], unit: str, height: int | None = None
) -> Spec:
    """Horizontal bars from zero, in the order given from the top; blue plus, orange minus; the number beside each."""
    clean = [rounded(value) for value in values]
    bars: Spec = {
        "type": "bar",
        "orientation": "h",
        "x": clean,
        "y": wrapped(labels),
        "text": plain(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 11, "color": INK},
        "marker": {"color": by_sign(list(values))},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    tall = height if height is not None else 64 + 24 * len(labels)
    x = axis(unit, range=padded(clean, text_room(texts)), zeroline=True)
    return {
        "data": [bars],
        "layout": layout(tall, x, axis(autorange="reversed", showgrid=False, type="category"), bargap=0.35),
    }


def text_room(texts: Sequence[str]) -> float:
    """The share of the span to leave beyond the bars for the longest text, on a narrow screen too."""
    return min(0.8, max(0.12, 0.055 * max((len(text) for text in texts), default=0)))


def padded(values: Sequence[float | None], share: float = 0.28) -> list[float]:
    """A range about the values and zero, with room for the numbers written at the ends of the bars."""
    numbers = [value for value in values if value is not None]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    room = (high - low or 1.0) * share
    return [low - (room if low < 0 else 0.0), high + (room if high > 0 or low == 0 else 0.0)]


def heatmap(
    x: Sequence[str],
    y: Sequence[str],
    z: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]] | None,
    limit: float,
    height: int,
    hover: str,
    x_axis: Mapping[str, Any] | None = None,
) -> Spec:
    """Diverging about zero from -limit to +limit; rows from the top; a gap for what is not known."""
    trace: Spec = {
        "type": "heatmap",
        "x": plain(x),
        "y": plain(y),
        "z": [column(row) for row in z],
        "zmin": -limit,
        "zmax": limit,
        "colorscale": [list(stop) for stop in DIVERGING],
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": hover,
    }
    if texts is not None:
        trace |= {"text": [plain(row) for row in texts], "texttemplate": "%{text}", "textfont": {"size": 12}}
    across = axis(showgrid=False, side="top", type="category", ticks="") | dict(x_axis or {})
    down = axis(showgrid=False, autorange="reversed", type="category", ticks="")
    return {"data": [trace], "layout": layout(height, across, down)}


def rule(value: float, text: str, color: str, *, horizontal: bool = True, dash: str = "dash") -> tuple[Spec, Spec]:
    """A limit drawn across the plot, and its label: (shape, annotation)."""
    at, along = ("y", "x") if horizontal else ("x", "y")
    shape = {
        "type": "line",
        f"{at}0": value,
        f"{at}1": value,
        f"{along}0": 0,
        f"{along}1": 1,
        f"{along}ref": "paper",
        "line": {"color": color, "width": 1.4, "dash": dash},
    }
    note = {
        "text": text,
        "showarrow": False,
        "font": {"size": 11, "color": color},
        at: value,
        along: 1,
        f"{along}ref": "paper",
        "xanchor": "right",
        "yanchor": "bottom" if horizontal else "top",
    }
    return shape, note


def area(name: str, x: Sequence[Any], y: Sequence[float | None], color: str = BLUE) -> Spec:
    """A line with the space down to zero filled."""
    return line(name, x, y, width=1.4) | {"fill": "tozeroy", "line": {"color": color, "width": 1.4}}
