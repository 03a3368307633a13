"""Figures of the tear sheet: rolling Sharpe ratio and volatility, distribution of returns, and the drawdown breaker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from reports.calculations.track_record import WINDOW, TrackRecord
from reports.charts import chart_parts
from reports.elements.formats import date, number, percent
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import AMBER, BLUE, GREY, ORANGE

BINS = 41
"""Histogram bins; an odd number, so that zero is in the middle of one."""


def rolling_figure(record: TrackRecord, target: float | None, day: str) -> Figure | None:
    """Rolling Sharpe ratio above, rolling volatility and its target below; None before the first full window."""
    if not any(value is not None for value in record.sharpe):
        return None
    x = chart_parts.days(record.days)
    ratio = chart_parts.line(
        "Sharpe", x, chart_parts.column(record.sharpe), 0, hovertemplate="%{x}: %{y:+.2f}<extra></extra>"
    )
    volatility = chart_parts.line(translate("volatility"), x, chart_parts.column(record.volatility, 100.0), 1)
    volatility |= {"yaxis": "y2", "hovertemplate": "%{x}: %{y:.2f}%<extra></extra>"}
    layout = chart_parts.layout(
        320,
        chart_parts.axis(type="date", anchor="y2"),
        chart_parts.axis("Sharpe", domain=[0.56, 1.0], zeroline=True),
        yaxis2=chart_parts.axis("volatility", domain=[0.0, 0.44], ticksuffix="%", rangemode="tozero"),
    )
    if target is not None:
        shape, note = chart_parts.reference_line(target * 100, translate("target {}", percent(target, 1)), AMBER)
        layout |= {"shapes": [shape | {"yref": "y2"}], "annotations": [note | {"yref": "y2"}]}
    alt = translate(
        "Two lines over {} days at each day to {}: Sharpe now {}, volatility now {}",
        WINDOW,
        day,
        number(record.sharpe[-1], 2, signed=True),
        percent(record.volatility[-1], 1),
    )
    title = translate("Rolling Sharpe and volatility, {} days", WINDOW)
    return Figure(
        "fig-rolling", title, alt, {"data": [ratio, volatility], "layout": layout}, source_note("portfolio_state", day)
    )


def distribution_figure(record: TrackRecord, day: str) -> Figure | None:
    """Histogram of the daily returns in percent; losses orange, gains blue. None without a record."""
    if record.whole is None:
        return None
    edge = max(abs(record.whole.best_day), abs(record.whole.worst_day)) or 1e-6
    counts, edges = np.histogram(record.returns, bins=BINS, range=(-edge, edge))
    middle = (edges[:-1] + edges[1:]) / 2
    colors = [GREY if abs(m) < 1e-12 else BLUE if m > 0 else ORANGE for m in middle.tolist()]
    bars = {
        "type": "bar",
        "x": chart_parts.column(middle.tolist(), 100.0),
        "y": counts.tolist(),
        "marker": {"color": colors},
        "hovertemplate": "%{x:+.2f}%: %{y}<extra></extra>",
    }
    layout = chart_parts.layout(
        320, chart_parts.axis("return of the day", ticksuffix="%"), chart_parts.axis("days"), bargap=0.06
    )
    alt = translate(
        "Histogram of {} daily returns from {} to {}; skew {}",
        len(record.returns),
        percent(record.whole.worst_day, signed=True),
        percent(record.whole.best_day, signed=True),
        number(record.whole.skew, 2, signed=True),
    )
    return Figure(
        "fig-returns", "How daily returns are spread", alt, {"data": [bars], "layout": layout},
        source_note("portfolio_state", day),
    )  # fmt: skip


def breaker_figure(
    days: Sequence[dt.date], nav: Sequence[float | None], shadow: Sequence[float | None],
    decided: Sequence[dt.date], multiplier: Sequence[float | None],
) -> Figure | None:  # fmt: skip
    """NAV of the book and of the same book without the breaker, and the share of risk that the breaker allowed.

    NAV by market day (`days`), the share by the day of its decision (`decided`); all sequences share their length. None
    where the breaker never reduced risk.
    """
    known = [value for value in multiplier if value is not None]
    if not known or min(known) >= 1.0:
        return None
    x = chart_parts.days(days)
    traces = [
        chart_parts.line(translate("book"), x, chart_parts.column(nav, 1e-6), 0),
        chart_parts.line(translate("without the breaker"), x, chart_parts.column(shadow, 1e-6), 6, width=1.4),
        chart_parts.area(
            translate("risk allowed"), chart_parts.days(decided), chart_parts.column(multiplier, 100.0), AMBER
        )
        | {"yaxis": "y2"},
    ]
    layout = chart_parts.layout(
        320,
        chart_parts.axis(type="date", anchor="y2"),
        chart_parts.axis("BRL million", domain=[0.4, 1.0]),
        yaxis2=chart_parts.axis("risk allowed", domain=[0.0, 0.28], ticksuffix="%", range=[0, 105]),
    )
    alt = translate(
        "The book against the book without the drawdown breaker from {} to {}; least risk allowed {}, now {}",
        date(days[0]),
        date(days[-1]),
        percent(min(known), 0),
        percent(multiplier[-1], 0),
    )
    spec = {"data": traces, "layout": chart_parts.with_legend(layout)}
    source = source_note("portfolio_state", date(decided[-1]))
    return Figure("fig-breaker", "The drawdown breaker", alt, spec, source, wide=True)
