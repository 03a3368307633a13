"""Figures of signals: the class x strategy matrix, convictions, scores through time. All numbers -1..+1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from reports import charts
from reports.blocks import Figure
from reports.formats import number
from reports.language import say, sourced
from reports.palette import GREY, MUTED, ZERO, by_sign

CLASSES = ("FX", "Rates", "Inflation", "Cupom", "Sovereign", "Cross-Asset")


class ScoredSignal(Protocol):
    @property
    def strategy_id(self) -> str: ...
    @property
    def asset_class(self) -> str: ...
    @property
    def score(self) -> float | None: ...


class HeldConviction(Protocol):
    @property
    def instrument_id(self) -> str: ...
    @property
    def conviction(self) -> float | None: ...
    @property
    def change_1w(self) -> float | None: ...


def matrix_figure(signals: Sequence[ScoredSignal], day: str) -> Figure:
    """Classes down, strategies across, those of a class side by side; a strategy speaks in its own class only. On a
    narrow screen the page turns it (`meta.turn`), so that names stay level."""
    present = {s.asset_class for s in signals}
    classes = [c for c in CLASSES if c in present] + sorted(present - set(CLASSES))
    ranked = sorted(signals, key=lambda s: (classes.index(s.asset_class), s.strategy_id))
    z = [[s.score if s.asset_class == name else None for s in ranked] for name in classes]
    texts = [["" if value is None else number(value, 1, signed=True) for value in line] for line in z]
    across = {"tickangle": -50, "tickfont": {"size": 10, "color": MUTED}}
    rows = [say(name) for name in classes]
    names = [s.strategy_id for s in ranked]
    height = 190 + 40 * len(classes)
    spec = charts.heatmap(names, rows, z, texts, 1.0, height, "%{x}: %{z:+.2f}<extra>%{y}</extra>", across)
    spec["data"][0]["textfont"] = {"size": 11}
    spec["layout"]["meta"] = {"turn": True}
    spec["layout"]["annotations"] = [
        {
            "x": charts.plain([s.strategy_id])[0],
            "y": charts.plain([say(s.asset_class)])[0],
            "text": say("n/a"),
            "showarrow": False,
            "font": {"size": 10, "color": MUTED},
        }
        for s in ranked
        if s.score is None
    ]
    parts = ", ".join(f"{s.strategy_id} {number(s.score, 2, signed=True)}" for s in ranked)
    source = say("strategy_signals · as of {}; blue: do the legs as written, orange: the reverse", day)
    return Figure(
        "fig-signal-matrix", "Scores by class and strategy", say("Heatmap, {}", parts), spec, source, wide=True
    )


def conviction_figure(convictions: Sequence[HeldConviction], day: str) -> Figure | None:
    held = sorted(((c, c.conviction) for c in convictions if c.conviction is not None), key=lambda pair: -pair[1])
    if not held:
        return None
    labels = charts.plain([c.instrument_id for c, _ in held])
    now = [value for _, value in held]
    before = [None if c.change_1w is None else value - c.change_1w for c, value in held]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "today",
        "x": charts.column(now),
        "y": labels,
        "marker": {"color": by_sign(now)},
        "hovertemplate": "%{y} today %{x:+.2f}<extra></extra>",
        "showlegend": False,
    }
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "a week ago",
        "x": charts.column(before),
        "y": labels,
        "marker": {"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": GREY}, "color": GREY},
        "hovertemplate": "%{y} a week ago %{x:+.2f}<extra></extra>",
    }
    layout = charts.layout(
        84 + 26 * len(labels),
        charts.axis("conviction", range=[-1.05, 1.05], zeroline=True),
        charts.axis(autorange="reversed", showgrid=False, type="category"),
        bargap=0.4,
    )
    alt = "Bars of conviction: " + ", ".join(f"{c.instrument_id} {number(v, 2, signed=True)}" for c, v in held)
    spec = {"data": [bars, marks], "layout": charts.with_legend(layout)}
    return Figure(
        "fig-conviction", "Conviction by instrument, against a week ago", alt, spec, sourced("aggregated_signal", day)
    )


def history_figure(days: Sequence[dt.date], paths: Mapping[str, Sequence[float | None]], day: str) -> Figure | None:
    """One small plot a strategy, all on the same days and the same -1..+1."""
    count = len(paths)
    if len(days) < 2 or not count:
        return None
    height, gap = 66, 0.34
    layout = charts.layout(50 + height * count, charts.axis(type="date", anchor=f"y{count}" if count > 1 else "y"))
    traces, notes = [], []
    share = 1.0 / count
    for index, (name, path) in enumerate(paths.items()):
        suffix = "" if index == 0 else str(index + 1)
        top = 1.0 - index * share
        domain = [max(top - share * (1 - gap), 0.0), top - share * 0.04]
        layout[f"yaxis{suffix}"] = charts.axis(range=[-1.1, 1.1], domain=domain, tickvals=[-1, 0, 1], zeroline=True)
        line = charts.area(name, charts.days(days), charts.column(path))
        traces.append(line | {"yaxis": f"y{suffix}", "hovertemplate": "%{x}: %{y:+.2f}<extra></extra>"})
        notes.append(
            {
                "text": charts.plain([name])[0],
                "x": 0,
                "xref": "paper",
                "y": domain[1],
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11},
            }
        )
    layout["annotations"] = notes
    layout["margin"] = layout["margin"] | {"t": 24}
    layout["xaxis"] |= {"linecolor": ZERO}
    alt = say("Small lines of every strategy's score over {} decisions to {}", len(days), day)
    return Figure(
        "fig-signal-history",
        "Scores over half a year",
        alt,
        {"data": traces, "layout": layout},
        sourced("strategy_signals", day),
        wide=True,
    )
