"""Parts of Plotly figures as plain JSON values; Plotly itself is not needed to build them.

Numbers are scaled to the unit of their axis and rounded to 7 significant digits, which keeps the page small. None is a
gap, never a zero.
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
TRANSPARENT = "rgba(0,0,0,0)"


def rounded(value: float | None, scale: float = 1.0) -> float | None:
    """`value * scale` to 7 significant digits; None for null, NaN and infinity."""
    clean = finite_or_none(value)
    return None if clean is None else float(f"{clean * scale:.7g}")


def column(values: Sequence[float | None], scale: float = 1.0) -> list[float | None]:
    """`rounded` for each value of a trace."""
    return [rounded(value, scale) for value in values]


def escaped(texts: Sequence[str]) -> list[str]:
    """Escape names from outside: Plotly interprets some HTML tags in labels."""
    return [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]


def wrapped(texts: Sequence[str], width: int = 22) -> list[str]:
    """Labels broken into lines of `width` characters, so that a narrow screen keeps room for the bars.

    Text after a colon is left out, unless two labels would become equal.
    """
    short = [text.split(":")[0] for text in texts]
    chosen = short if len(set(short)) == len(set(texts)) else list(texts)
    return ["<br>".join(escaped(textwrap.wrap(text, width) or [""])) for text in chosen]


def days(values: Sequence[dt.date]) -> list[str]:
    """Dates as ISO text, for a date axis."""
    return [value.isoformat() for value in values]


def axis(title: str = "", **extra: Any) -> Spec:
    """An axis in the page's style, with an English title that is translated. `extra`: Plotly's own properties."""
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
    """A layout of `height` px in the page's style, without legend. `extra`: Plotly's own properties."""
    local: Spec = {} if current_locale() is ENGLISH else {"separators": current_locale().separators}
    return {
        **local,
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8, "pad": 0},
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
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
    """The layout with a legend above the plot."""
    return spec | {"showlegend": True, "margin": spec["margin"] | {"t": 40}}


def line(name: str, x: Sequence[Any], y: Sequence[float | None], index: int = 0, **extra: Any) -> Spec:
    """A line trace; `index` chooses the colour. `extra`: Plotly's own properties of a scatter trace."""
    width = extra.pop("width", 1.8)
    base: Spec = {"type": "scatter", "mode": "lines", "name": escaped([translate(name)])[0], "x": list(x), "y": list(y)}
    return base | {"line": {"color": cycle(index), "width": width}} | extra


def signed_bars(
    labels: Sequence[str], values: Sequence[float], texts: Sequence[str], unit: str, height: int | None = None
) -> Spec:
    """Horizontal bars from zero, the first at the top; blue plus, orange minus, a text beside each bar."""
    clean = [rounded(value) for value in values]
    bars: Spec = {
        "type": "bar",
        "orientation": "h",
        "x": clean,
        "y": wrapped(labels),
        "text": escaped(texts),
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
    """Share of the axis to leave beyond the bars for the longest text."""
    return min(0.8, max(0.12, 0.055 * max((len(text) for text in texts), default=0)))


def padded(values: Sequence[float | None], share: float = 0.28) -> list[float]:
    """A range that contains the values and zero, with room for the texts at the ends of the bars."""
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
    """A heatmap with a diverging scale from -limit to +limit; the first row is at the top. None is a gap."""
    trace: Spec = {
        "type": "heatmap",
        "x": escaped(x),
        "y": escaped(y),
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
        trace |= {"text": [escaped(row) for row in texts], "texttemplate": "%{text}", "textfont": {"size": 12}}
    across = axis(showgrid=False, side="top", type="category", ticks="") | dict(x_axis or {})
    down = axis(showgrid=False, autorange="reversed", type="category", ticks="")
    return {"data": [trace], "layout": layout(height, across, down)}


def reference_line(
    value: float, text: str, color: str, *, horizontal: bool = True, dash: str = "dash"
) -> tuple[Spec, Spec]:
    """A reference line across the plot and its label: (shape, annotation)."""
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
    """A line trace with the area down to zero filled."""
    return line(name, x, y, width=1.4) | {"fill": "tozeroy", "line": {"color": color, "width": 1.4}}
