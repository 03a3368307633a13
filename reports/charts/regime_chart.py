"""The figure of regime probabilities."""

from __future__ import annotations

from reports.calculations.regimes import RegimeView
from reports.charts import chart_parts
from reports.elements.formats import date, percent
from reports.elements.labels import regime_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import (
    BLUE,
    BLUE_SOFT,
    GOLD,
    GOLD_SOFT,
    GREEN,
    GREEN_SOFT,
    GREY,
    GREY_SOFT,
    ORANGE,
    ORANGE_SOFT,
    PURPLE,
    PURPLE_SOFT,
)

COLORS = {
    "goldilocks": (BLUE, BLUE_SOFT),
    "reflation": (GOLD, GOLD_SOFT),
    "stagflation": (ORANGE, ORANGE_SOFT),
    "deflation": (PURPLE, PURPLE_SOFT),
    "mixed": (GREY, GREY_SOFT),
}
"""Line and fill colour of a regime."""
OTHER_COLORS = ((GREEN, GREEN_SOFT),)


def regime_figure(regimes: RegimeView, day: str) -> Figure:
    """Stacked areas of the probabilities over time, in percent."""
    traces, others = [], iter(OTHER_COLORS)
    for name, path in regimes.paths.items():
        color, fill = COLORS.get(name.lower()) or next(others, OTHER_COLORS[-1])
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": chart_parts.escaped([regime_name(name)])[0],
                "stackgroup": "all",
                "x": chart_parts.days(regimes.days),
                "y": chart_parts.column(path, 100.0),
                "fillcolor": fill,
                "line": {"width": 1.2, "color": color},
                "hovertemplate": "%{y:.0f}%",
            }
        )
    layout = chart_parts.layout(
        300, chart_parts.axis(type="date"), chart_parts.axis("probability", ticksuffix="%", range=[0, 100])
    )
    parts = ", ".join(f"{regime_name(name)} {percent(share, 0)}" for name, share in regimes.today.items())
    return Figure(
        "fig-regime",
        "Regime probabilities",
        translate("Stacked areas since {}; today {}", date(regimes.days[0]), parts),
        {"data": traces, "layout": chart_parts.with_legend(layout) | {"hovermode": "x unified"}},
        source_note("regime", day),
        wide=True,
    )
