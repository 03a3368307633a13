"""Figures of risk. Fractions of NAV in percent; VaR and ES are positive losses, stress P&L and returns are signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from desk.units import bp
from reports.charts import chart_parts
from reports.elements.formats import brl, date, finite_or_none, number, percent, plural, tenor, thousands
from reports.elements.labels import method_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import AMBER, BLUE, GOLD_SOFT, GREEN_SOFT, GREY, INK, ORANGE, ORANGE_SOFT, RED, cycle
from reports.elements.report_data import Row
from reports.elements.scenario_text import scenario_name

AMBER_FROM, RED_FROM = 0.60, 0.80
"""Shares of a limit from which it is amber and red, as in limits.toml: a test compares."""
STATUS_COLORS = {"green": BLUE, "amber": AMBER, "red": ORANGE, "breach": RED}


def tail_figure(
    tail: Mapping[tuple[str, str], float],
    methods: Sequence[str],
    limits: Sequence[Row],
    names: Mapping[str, str],
    day: str,
) -> Figure:
    """Grouped bars of VaR and ES, metric by method, with a mark at the limit of each metric.

    `tail`: (metric, method) -> loss as a fraction of NAV. `names`: metric -> display name, in display order.
    """
    metrics = [metric for metric in names if any((metric, method) in tail for method in methods)]
    labels = [translate(names[metric]) for metric in metrics]
    traces = [
        {
            "type": "bar",
            "name": chart_parts.escaped([method_name(method)])[0],
            "x": labels,
            "marker": {"color": cycle(index)},
            "y": chart_parts.column([tail.get((metric, method)) for metric in metrics], 100.0),
            "hovertemplate": translate("%{x}: %{y:.2f}% of NAV"),
            "textposition": "outside",
            "cliponaxis": False,
            "text": [percent(tail.get((metric, method))) if len(methods) <= 2 else "" for metric in metrics],
            "textfont": {"size": 10, "color": INK},
        }
        for index, method in enumerate(methods)
    ]
    thresholds = {row["limit_id"]: finite_or_none(row["threshold"]) for row in limits}
    marks = [thresholds.get(metric) for metric in metrics]
    if any(mark is not None for mark in marks):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": translate("limit"),
                "x": labels,
                "y": chart_parts.column(marks, 100.0),
                "marker": {"symbol": "line-ew", "size": 54, "color": RED, "line": {"width": 2.5, "color": RED}},
                "hovertemplate": translate("limit %{y:.2f}% of NAV<extra></extra>"),
            }
        )
    layout = chart_parts.layout(
        300,
        chart_parts.axis(showgrid=False),
        chart_parts.axis("% of NAV", ticksuffix="%", rangemode="tozero"),
        bargap=0.35,
    )
    listing = ", ".join(f"{translate(names[m])} {method_name(k)} {percent(v)}" for (m, k), v in tail.items())
    alt = translate("Bars of one-day losses: {}", listing)
    return Figure(
        "fig-tail",
        "VaR and ES by method, against limits",
        alt,
        {"data": traces, "layout": chart_parts.with_legend(layout)},
        source_note("risk_metrics_daily", day),
    )


def limit_figure(limits: Sequence[Row], day: str) -> Figure:
    """A bullet chart: the used share of each limit over bands of green, amber and red; 100% is a breach."""
    known_rows = [(row, share) for row in limits if (share := finite_or_none(row["utilisation"])) is not None]
    ranked = sorted(known_rows, key=lambda pair: (-pair[1], pair[0]["limit_id"]))
    shares = [share for _, share in ranked]
    top = max(125.0, *(share * 175 for share in shares)) if shares else 125.0
    labels = chart_parts.wrapped([translate(row["name"]) for row, _ in ranked], 28)
    marks = (0.0, AMBER_FROM * 100, RED_FROM * 100, 100.0)
    bands: list[dict[str, object]] = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [end - start] * len(labels),
            "base": [start] * len(labels),
            "y": labels,
            "width": 0.72,
            "marker": {"color": color},
            "hoverinfo": "skip",
        }
        for start, end, color in zip(marks, marks[1:], (GREEN_SOFT, GOLD_SOFT, ORANGE_SOFT), strict=False)
    ]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": chart_parts.column(shares, 100.0),
        "y": labels,
        "width": 0.3,
        "marker": {"color": [STATUS_COLORS.get(row["status"], GREY) for row, _ in ranked]},
        "hovertemplate": "%{y}: %{x:.1f}%<extra></extra>",
    }
    labelled = [
        {
            "x": max(share * 100, 100.0),
            "y": label,
            "text": f"{percent(share, 1)} {translate(row['status'])}",
            "showarrow": False,
            "xanchor": "left",
            "xshift": 6,
            "font": {"size": 11, "color": INK},
        }
        for (row, share), label in zip(ranked, labels, strict=True)
    ]
    shape, note = chart_parts.reference_line(100, translate("limit"), RED, horizontal=False)
    note |= {"xanchor": "center", "yanchor": "bottom"}
    layout = chart_parts.layout(
        76 + 34 * len(ranked),
        chart_parts.axis("of the limit", ticksuffix="%", range=[0, top + 30], tickvals=[0, 60, 80, 100]),
        chart_parts.axis(autorange="reversed", showgrid=False, type="category"),
        barmode="overlay",
        shapes=[shape],
        annotations=[note, *labelled],
    )
    layout["margin"] |= {"t": 26}
    alt = translate(
        "Bars of limit use: {}",
        ", ".join(f"{translate(row['name'])} {percent(share, 0)} {translate(row['status'])}" for row, share in ranked),
    )
    source = source_note("risk_limits_status", day)
    return Figure(
        "fig-limits", "How much of each limit is used", alt, {"data": [*bands, trace], "layout": layout}, source
    )


def backtest_figure(
    days: Sequence[dt.date], var_95: Sequence[float], returns: Sequence[float], exceptions: Sequence[int], method: str
) -> Figure:
    """Daily price P&L of the positions held still as bars, minus VaR 95% as a line, and a mark on each exception.

    `exceptions`: places in `days` where the loss exceeded the VaR.
    """
    x = chart_parts.days(days)
    bars = {
        "type": "bar",
        "name": translate("return"),
        "x": x,
        "y": chart_parts.column(returns, 100.0),
        "marker": {"color": GREY},
        "hovertemplate": "%{x}: %{y:+.2f}%<extra></extra>",
    }
    line = chart_parts.line(
        "−VaR 95%", x, chart_parts.column([-v for v in var_95], 100.0), 0, hovertemplate="−VaR %{y:.2f}%<extra></extra>"
    )
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": translate("exception"),
        "x": [x[i] for i in exceptions],
        "y": chart_parts.column([returns[i] for i in exceptions], 100.0),
        "marker": {"symbol": "x", "size": 8, "color": ORANGE},
        "hovertemplate": "%{x}: %{y:+.2f}%<extra></extra>",
    }
    layout = chart_parts.layout(
        280, chart_parts.axis(type="date"), chart_parts.axis("return", ticksuffix="%", zeroline=True), bargap=0.1
    )
    expected = number(0.05 * len(days), 1)
    span = translate("{} to {}", plural(len(days), "day"), date(days[-1]))
    alt = translate(
        "Returns against VaR 95% over {}: {}, {} expected", span, plural(len(exceptions), "exception"), expected
    )
    spec = {"data": [bars, line, marks], "layout": chart_parts.with_legend(layout)}
    source = translate("risk_metrics_daily · {} to {}", date(days[0]), date(days[-1]))
    return Figure(
        "fig-var-history", translate("VaR 95% ({}) against realised P&L", method), alt, spec, source, wide=True
    )


def component_figure(components: Sequence[Row], day: str) -> Figure:
    """Component VaR 95% of each instrument in bp of NAV: orange adds risk, blue reduces it."""
    labels = [row["instrument_id"] for row in components]
    values = [bp(row["component_var_95"]) for row in components]
    texts = [number(value, 1, signed=True) for value in values]
    spec = chart_parts.signed_bars(labels, values, texts, "bp of NAV")
    for bar, row in zip(range(len(labels)), components, strict=True):
        spec["data"][0]["marker"]["color"][bar] = ORANGE if row["component_var_95"] > 0 else BLUE
    listing = ", ".join(f"{n} {t}" for n, t in zip(labels, texts, strict=True))
    alt = translate("Bars of component VaR in bp of NAV: {}", listing)
    return Figure(
        "fig-component-var",
        "Where VaR 95% comes from",
        alt,
        spec,
        translate("component_var · as of {}; orange adds risk, blue takes it away", day),
    )


def stress_figure(stress: Sequence[Row], day: str) -> Figure:
    """P&L of each scenario in BRL million, in the given order."""
    values = [row["pnl_brl"] / 1e6 for row in stress]
    texts = [number(value, 2, signed=True) for value in values]
    spec = chart_parts.signed_bars([scenario_name(row) for row in stress], values, texts, "BRL million")
    listing = ", ".join(
        f"{scenario_name(row)} {brl(row['pnl_brl'], signed=True)} ({percent(row['pnl_fraction'], 1, signed=True)})"
        for row in stress
    )
    alt = translate("Bars of stress P&L, worst first: {}", listing)
    return Figure(
        "fig-stress",
        "Stress: what the book would make or lose",
        alt,
        spec,
        source_note("stress_test_results", day),
        wide=True,
    )


def ladder_figure(ladder: Sequence[Row], day: str) -> Figure:
    """DV01 by vertex, grouped by curve, in BRL per bp: + gains when rates fall."""
    curves = sorted({row["curve_id"] for row in ladder})
    tenors = sorted({row["tenor_bd"] for row in ladder})
    by_key = {(row["curve_id"], row["tenor_bd"]): row["dv01_brl"] for row in ladder}
    traces = [
        {
            "type": "bar",
            "name": chart_parts.escaped([curve])[0],
            "x": [tenor(bd) for bd in tenors],
            "marker": {"color": cycle(index)},
            "y": chart_parts.column([by_key.get((curve, bd)) for bd in tenors]),
            "hovertemplate": translate("%{x}: BRL %{y:+,.0f} per bp"),
        }
        for index, curve in enumerate(curves)
    ]
    layout = chart_parts.layout(
        300,
        chart_parts.axis(showgrid=False, type="category"),
        chart_parts.axis("BRL per bp", zeroline=True, tickformat=","),
    )
    totals = ", ".join(
        f"{c} {thousands(sum(v for (k, _), v in by_key.items() if k == c), signed=True)}" for c in curves
    )
    return Figure(
        "fig-dv01",
        "DV01 along the curves",
        translate("Bars of DV01 by vertex; totals in BRL per bp: {}", totals),
        {"data": traces, "layout": chart_parts.with_legend(layout) | {"barmode": "group"}},
        translate("dv01_ladder · as of {}; + gains when rates fall", day),
    )
