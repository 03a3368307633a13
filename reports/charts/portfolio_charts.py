"""Figures of the book: NAV, underwater, monthly returns, P&L waterfall. Money in the unit of the axis title."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import accumulate

from reports.charts import chart_parts
from reports.elements.formats import brl, date, finite_or_none, month_of, percent, thousands
from reports.elements.locale import current_locale, source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import BLUE, GRID, INK, ORANGE

MOST_BARS = 12
"""Bars of a waterfall; the remaining parts are summed in one bar whose label counts them."""


def nav_figure(days: Sequence[dt.date], nav: Sequence[float | None], cash: Sequence[float | None] = ()) -> Figure:
    """NAV over time in BRL million, and what the first of them would be at CDI; all share their length, or `cash`, NAV
    of the inception's money at CDI, is empty."""
    hover = translate("%{x}: BRL %{y:,.2f} million<extra></extra>")
    x = chart_parts.days(days)
    traces = [chart_parts.line("NAV", x, chart_parts.column(nav, 1e-6), hovertemplate=hover)]
    spec_layout = chart_parts.layout(260, chart_parts.axis(type="date"), chart_parts.axis("BRL million"))
    first, start = finite_or_none(nav[0]), finite_or_none(cash[0]) if cash else None
    if first and start:
        at_cdi = [None if finite_or_none(value) is None else (value or 0.0) * first / start for value in cash]
        traces.append(chart_parts.line("CDI", x, chart_parts.column(at_cdi, 1e-6), 6, width=1.4, hovertemplate=hover))
        spec_layout = chart_parts.with_legend(spec_layout)
    spec = {"data": traces, "layout": spec_layout}
    alt = translate("NAV from {} on {} to {} on {}", brl(nav[0]), date(days[0]), brl(nav[-1]), date(days[-1]))
    return Figure("fig-nav", "NAV", alt, spec, translate("portfolio_state · as of {}", date(days[-1])))


def underwater_figure(days: Sequence[dt.date], drawdown: Sequence[float | None]) -> Figure:
    """Drawdown over time, drawn below zero in percent. `drawdown`: positive fractions."""
    below = [None if finite_or_none(value) is None else -(value or 0.0) for value in drawdown]
    trace = chart_parts.area("drawdown", chart_parts.days(days), chart_parts.column(below, 100.0), ORANGE)
    spec = {
        "data": [trace | {"hovertemplate": "%{x}: %{y:.2f}%<extra></extra>"}],
        "layout": chart_parts.layout(
            260, chart_parts.axis(type="date"), chart_parts.axis("below the peak", ticksuffix="%", rangemode="tozero")
        ),
    }
    deepest = max(
        (value for value in drawdown if finite_or_none(value) is not None and value is not None), default=None
    )
    alt = translate(
        "Drawdown over CDI from the peak of the year; deepest {}, now {}", percent(deepest), percent(drawdown[-1])
    )
    return Figure("fig-underwater", "Underwater", alt, spec, translate("portfolio_state · as of {}", date(days[-1])))


def monthly_figure(monthly: Mapping[tuple[int, int], float], day: str) -> Figure:
    """Heatmap of monthly returns, fractions by (year, month); years as rows. A month without a return is empty."""
    years = sorted({year for year, _ in monthly})
    z = [
        [None if (value := monthly.get((year, month))) is None else value * 100 for month in range(1, 13)]
        for year in years
    ]
    texts = [["" if value is None else percent(value / 100, 1, signed=True) for value in row] for row in z]
    limit = max(max(abs(value) for value in monthly.values()) * 100, 0.1)
    spec = chart_parts.heatmap(
        current_locale().months,
        [str(year) for year in years],
        z,
        texts,
        limit,
        60 + 44 * len(years),
        "%{x} %{y}: %{z:+.2f}%<extra></extra>",
    )
    spec["data"][0]["textfont"] = {"size": 10}
    last = max(monthly)
    final = f"{month_of(dt.date(last[0], last[1], 1))} {percent(monthly[last], signed=True)}"
    alt = translate("Heatmap of monthly returns over {} months; {}", len(monthly), final)
    return Figure(
        "fig-months",
        "Monthly returns",
        alt,
        spec,
        translate("portfolio_state · as of {}; the last month is to date", day),
        wide=True,
    )


def attribution_figure(
    identity: str, title: str, parts: Sequence[tuple[str, float]], day: str, table: str = "pnl_attribution"
) -> Figure:
    """A waterfall from zero through the parts (label, BRL), in the given order, to their total, in BRL thousand."""
    shown = list(parts[:MOST_BARS]) if len(parts) > MOST_BARS + 1 else list(parts)
    if rest := parts[len(shown) :]:
        shown.append((translate("{} others", len(rest)), sum(value for _, value in rest)))
    labels = chart_parts.escaped([name for name, _ in shown])
    sizes = [value for _, value in shown]
    total = sum(sizes)
    levels = [0.0, *accumulate(sizes)]
    trace = {
        "type": "bar",
        "x": [*labels, translate("Total")],
        "y": [*chart_parts.column(sizes, 1e-3), chart_parts.rounded(total, 1e-3)],
        "base": [*chart_parts.column(levels[:-1], 1e-3), 0.0],
        "text": [thousands(value / 1000, signed=True) for value in (*sizes, total)],
        "textposition": "outside",
        "textfont": {"size": 10, "color": INK},
        "cliponaxis": False,
        "marker": {
            "color": [BLUE if value >= 0 else ORANGE for value in (*sizes, total)],
            "line": {"color": INK, "width": [0.0] * len(sizes) + [1.5]},
        },
        "hovertemplate": translate("%{x}: BRL %{text} thousand<extra></extra>"),
    }
    edges = [min(levels) / 1000, max(levels) / 1000]
    y = chart_parts.axis("BRL thousand", range=chart_parts.padded(edges, 0.14), zeroline=True)
    layout = chart_parts.layout(300, chart_parts.axis(showgrid=False, type="category", tickangle=-40), y)
    # Each bar begins where the one before it ends: a line between the two, under the bars.
    layout["shapes"] = [
        {
            "type": "line",
            "layer": "below",
            "line": {"color": GRID, "width": 1},
            "x0": place,
            "x1": place + 1,
            **dict.fromkeys(("y0", "y1"), chart_parts.rounded(level, 1e-3)),
        }
        for place, level in enumerate(levels[1:])
    ]
    listing = ", ".join(f"{name} {brl(value, signed=True)}" for name, value in shown)
    return Figure(
        identity,
        title,
        translate("Waterfall: {}; total {}", listing, brl(total, signed=True)),
        {"data": [trace], "layout": layout},
        source_note(table, day),
    )
