"""Figures of signals: the matrix of asset classes and strategies, convictions, score history. All from -1 to +1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from reports.calculations.signals import Conviction, Signal
from reports.charts import chart_parts
from reports.elements.formats import number
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import GREY, MUTED, by_sign

CLASSES = ("FX", "Rates", "Inflation", "Cupom", "Sovereign", "Cross-Asset")


def matrix_figure(signals: Sequence[Signal], day: str) -> Figure:
    """Scores as a heatmap: asset classes as rows, strategies as columns, each strategy in the row of its class.

    On a narrow screen the page's script transposes it (`meta.turn`), so that the names stay horizontal.
    """
    present = {s.asset_class for s in signals}
    classes = [c for c in CLASSES if c in present] + sorted(present - set(CLASSES))
    ranked = sorted(signals, key=lambda s: (classes.index(s.asset_class), s.strategy_id))
    z = [[s.score if s.asset_class == name else None for s in ranked] for name in classes]
    texts = [["" if value is None else number(value, 1, signed=True) for value in line] for line in z]
    across = {"tickangle": -50, "tickfont": {"size": 10, "color": MUTED}}
    rows = [translate(name) for name in classes]
    names = [s.strategy_id for s in ranked]
    height = 190 + 40 * len(classes)
    spec = chart_parts.heatmap(names, rows, z, texts, 1.0, height, "%{x}: %{z:+.2f}<extra>%{y}</extra>", across)
    spec["data"][0]["textfont"] = {"size": 11}
    spec["layout"]["meta"] = {"turn": True}
    spec["layout"]["annotations"] = [
        {
            "x": chart_parts.escaped([s.strategy_id])[0],
            "y": chart_parts.escaped([translate(s.asset_class)])[0],
            "text": translate("n/a"),
            "showarrow": False,
            "font": {"size": 10, "color": MUTED},
        }
        for s in ranked
        if s.score is None
    ]
    parts = ", ".join(f"{s.strategy_id} {number(s.score, 2, signed=True)}" for s in ranked)
    source = translate("strategy_signals · as of {}; blue: as defined, orange: reversed", day)
    return Figure(
        "fig-signal-matrix", "Scores by class and strategy", translate("Heatmap, {}", parts), spec, source, wide=True
    )


def conviction_figure(convictions: Sequence[Conviction], day: str) -> Figure | None:
    """Convictions as bars, largest first, with a mark at the value of a week ago; None where none is known."""
    held = sorted(((c, c.conviction) for c in convictions if c.conviction is not None), key=lambda pair: -pair[1])
    if not held:
        return None
    labels = chart_parts.escaped([c.instrument_id for c, _ in held])
    now = [value for _, value in held]
    before = [None if c.change_1w is None else value - c.change_1w for c, value in held]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": translate("today"),
        "x": chart_parts.column(now),
        "y": labels,
        "marker": {"color": by_sign(now)},
        "hovertemplate": "%{y}: %{x:+.2f}<extra></extra>",
        "showlegend": False,
    }
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": translate("a week ago"),
        "x": chart_parts.column(before),
        "y": labels,
        "marker": {"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": GREY}, "color": GREY},
        "hovertemplate": "%{y}: %{x:+.2f}<extra></extra>",
    }
    layout = chart_parts.layout(
        84 + 26 * len(labels),
        chart_parts.axis("conviction", range=[-1.05, 1.05], zeroline=True),
        chart_parts.axis(autorange="reversed", showgrid=False, type="category"),
        bargap=0.4,
    )
    listing = ", ".join(f"{c.instrument_id} {number(v, 2, signed=True)}" for c, v in held)
    alt = translate("Bars of conviction: {}", listing)
    spec = {"data": [bars, marks], "layout": chart_parts.with_legend(layout)}
    return Figure(
        "fig-conviction",
        "Conviction by instrument, against a week ago",
        alt,
        spec,
        source_note("aggregated_signal", day),
        wide=True,
    )


def history_figure(days: Sequence[dt.date], paths: Mapping[str, Sequence[float | None]], day: str) -> Figure | None:
    """One small plot for each strategy, in two columns, on common axes; unknown scores are gaps.

    `paths`: scores by strategy over `days`. None for fewer than two days.
    """
    count = len(paths)
    if len(days) < 2 or not count:
        return None
    rows, height = -(-count // 2), 62
    layout = chart_parts.layout(60 + height * rows)
    del layout["xaxis"], layout["yaxis"]
    x, traces, notes = chart_parts.days(days), [], []
    for index, (name, path) in enumerate(paths.items()):
        column, row = divmod(index, rows)
        suffix = "" if index == 0 else str(index + 1)
        top, left = 1.0 - row / rows, 0.53 * column
        low = max(top - 0.72 / rows, 0.0)
        last = row == rows - 1 or index == count - 1
        across = chart_parts.axis(type="date", domain=[left, left + 0.47], anchor=f"y{suffix}", showticklabels=last)
        layout[f"xaxis{suffix}"] = across | {"range": [x[0], x[-1]], "nticks": 4}
        layout[f"yaxis{suffix}"] = chart_parts.axis(
            range=[-1.1, 1.1], domain=[low, top - 0.1 / rows], tickvals=[-1, 0, 1], zeroline=True, anchor=f"x{suffix}"
        )
        for start, end in stretches(path):
            line = chart_parts.area(name, x[start:end], chart_parts.column(path[start:end]))
            traces.append(
                line | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "hovertemplate": "%{x}: %{y:+.2f}<extra></extra>"}
            )
        notes.append(
            {
                "text": f"{chart_parts.escaped([name])[0]} {number(path[-1], 2, signed=True)}",
                "x": left,
                "xref": "paper",
                "y": top - 0.1 / rows,
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 10},
            }
        )
    layout["annotations"] = notes
    layout["margin"] = layout["margin"] | {"t": 24}
    layout["meta"] = {"small": True}
    return Figure(
        "fig-signal-history",
        "Scores over half a year",
        translate("Small lines of every strategy's score over {} decisions to {}", len(days), day),
        {"data": traces, "layout": layout},
        source_note("strategy_signals", day),
        wide=True,
    )


def stretches(path: Sequence[float | None]) -> list[tuple[int, int]]:
    """[start, end) of each run of known values: the area under each is filled on its own, so that gaps stay empty."""
    found, start = [], None
    for place, value in enumerate([*path, None]):
        if value is not None and start is None:
            start = place
        elif value is None and start is not None:
            found.append((start, place))
            start = None
    return found
