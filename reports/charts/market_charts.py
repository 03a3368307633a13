"""Figures of the market: curves at three moments, and how far each level is from its own mean."""

from __future__ import annotations

from desk.units import DAYS_PER_YEAR
from reports.calculations.market import MarketView
from reports.charts import chart_parts
from reports.elements.formats import format_list, number, percent, tenor
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import GREY, cycle


def curve_figure(identity: str, title: str, curves: dict[str, list[tuple[int, float]]], day: str) -> Figure | None:
    """One curve at each of MOMENTS, percent a year over years to maturity; None where it is not known today."""
    if not curves["today"]:
        return None
    styles = {"today": (0, "solid", 2.6), "a week ago": (1, "dash", 1.6), "a month ago": (6, "dot", 1.6)}
    traces = []
    for name, points in curves.items():
        if not points:
            continue
        index, dash, width = styles[name]
        color = cycle(index) if index < 6 else GREY
        traces.append(
            chart_parts.line(
                name, [bd / DAYS_PER_YEAR for bd, _ in points], chart_parts.column([r for _, r in points], 100.0)
            )
            | {
                "mode": "lines+markers",
                "marker": {"size": 4},
                "line": {"color": color, "dash": dash, "width": width},
                "customdata": [tenor(bd) for bd, _ in points],
                "hovertemplate": "%{customdata} " + translate(name) + ": %{y:.2f}%<extra></extra>",
            }
        )
    layout = chart_parts.layout(300, chart_parts.axis("years"), chart_parts.axis("% a year", ticksuffix="%"))
    ends = curves["today"][0], curves["today"][-1]
    ends_text = [translate("{} at {}", percent(rate), tenor(bd)) for bd, rate in ends]
    alt = translate(
        "{}, {}: {} to {}; drawn against {}",
        translate(title),
        day,
        ends_text[0],
        ends_text[1],
        format_list([translate(name) for name in curves if name != "today" and curves[name]])
        or translate("no earlier day"),
    )
    return Figure(
        identity, title, alt, {"data": traces, "layout": chart_parts.with_legend(layout)}, source_note("feature", day)
    )


def z_figure(market: MarketView, day: str) -> Figure | None:
    """Z-scores of the levels, highest first; None where no level has one."""
    scored = [(quote.name, level.z) for quote, level in market.levels if level.z is not None]
    if not scored:
        return None
    ranked = sorted(scored, key=lambda pair: -pair[1])
    names = [name for name, _ in ranked]
    scores = [score for _, score in ranked]
    texts = [number(score, 1, signed=True) for score in scores]
    spec = chart_parts.signed_bars(
        [translate(name) for name in names], scores, texts, "standard deviations", 64 + 33 * len(names)
    )
    ends = [f"{translate(names[i])} ({number(scores[i], 1, signed=True)})" for i in (0, -1)]
    alt = translate("Bars of z-scores from {} to {}", ends[0], ends[1])
    return Figure(
        "fig-level-z", "How far each level is from its own mean", alt, spec, source_note("feature", day), tall=True
    )
