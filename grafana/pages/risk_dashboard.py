"""risk-dashboard: tail risk, stress, limits and exposures of the book."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart, bargauge, gauge, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.risk_parameters import Limits
from grafana.parts import (
    AMBER,
    COLOURED_TEXT,
    EVERY_ROW,
    GREEN,
    LAST_VALUE,
    LEGEND,
    MARKET_TIME,
    NO_LEGEND,
    ORANGE,
    RED,
    THRESHOLD_COLOURS,
    PanelSpec,
    book_choice,
    build_dashboard,
    of_book,
    override,
    pivot,
    state_mappings,
    table_panel,
    threshold_property,
    thresholds,
)

LATEST = "(SELECT max(as_of) FROM v_risk_metrics_daily WHERE as_of <= $__timeTo())"
READ = f"(SELECT method FROM v_var_method WHERE as_of = {LATEST} AND role = 'headline')"
"""The VaR method that the limits of the latest decision read."""
TITLES = {
    "var_95": "VaR 95%",
    "var_99": "VaR 99%",
    "es_95": "CVaR 95% (expected shortfall)",
    "es_975": "Expected shortfall 97.5%",
}


def headline(limits: Limits) -> list[PanelSpec]:
    """Gauges of VaR, expected shortfall and drawdown, by the VaR method that the limits read."""
    panels = []
    top = max(limits.threshold(metric) for metric in TITLES if metric in limits.limits) * 1.4
    for metric, title in TITLES.items():
        limit = limits.threshold(metric) if metric in limits.limits else None
        bounds = [] if limit is None else [(limit * limits.amber, AMBER), (limit * limits.red, ORANGE), (limit, RED)]
        panel = _gauge(top).thresholds(thresholds((None, GREEN), *bounds))
        sql = f"""
SELECT value AS "{title}" FROM v_risk_metrics_daily
WHERE as_of = {LATEST} AND metric = '{metric}' AND method = {READ}"""
        about = "One day, share of NAV, by the method that limits read."
        if limit is None:
            about += " It has no limit."
        else:
            about += f" The desk's limit is {limit:.2%}: red from there on, amber from {limit * limits.amber:.2%}."
            title = f"{title} (limit {limit:.2%})"
        panels.append(PanelSpec(panel, title, about, sql, 5, 7))
    limit = limits.threshold("drawdown")
    panel = _gauge(limit * 1.5).thresholds(thresholds((None, GREEN), (limit / 2, AMBER), (limit, RED)))
    sql = """
SELECT drawdown AS "Drawdown" FROM v_portfolio_state
WHERE as_of = (SELECT max(as_of) FROM v_portfolio_state WHERE as_of <= $__timeTo())"""
    about = f"From the book's highest NAV. The warning is at {limit / 2:.0%}, the limit at {limit:.0%}."
    panels.append(PanelSpec(panel, f"Drawdown (limit {limit:.0%})", about, sql, 4, 7))
    return panels


def _gauge(top: float) -> gauge.Panel:
    return (
        gauge.Panel()
        .unit("percentunit")
        .decimals(2)
        .min(0)
        .max(top)
        .reduce_options(LAST_VALUE)
        .show_threshold_markers(True)
        .show_threshold_labels(True)
        .color_scheme(THRESHOLD_COLOURS)
    )


def stress() -> PanelSpec:
    """P&L of each scenario as a fraction of NAV, worst first."""
    panel = (
        barchart.Panel()
        .unit("percentunit")
        .decimals(1)
        .orientation(common.VizOrientation.HORIZONTAL)
        .x_field("scenario")
        .show_value(common.VisibilityMode.AUTO)
        .legend(NO_LEGEND)
        .thresholds(thresholds((None, RED), (-0.05, AMBER), (0, GREEN)))
        .color_scheme(THRESHOLD_COLOURS)
    )
    sql = """
SELECT name AS scenario, pnl_fraction AS "P&L of NAV" FROM v_stress_test_results
WHERE as_of = (SELECT max(as_of) FROM v_stress_test_results WHERE as_of <= $__timeTo()) AND instrument_id = 'TOTAL'
      AND kind <> 'reverse' AND pnl_fraction IS NOT NULL
ORDER BY pnl_fraction"""
    return PanelSpec(
        panel, "Stress", "The book repriced under each scenario, worst first; losses are negative.", sql, 14, 13
    )


def limit_bars(limits: Limits) -> PanelSpec:
    """Use of each limit as a bar."""
    panel = (
        bargauge.Panel()
        .unit("percentunit")
        .decimals(0)
        .min(0)
        .max(1.2)
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .reduce_options(EVERY_ROW)
        .thresholds(thresholds((None, GREEN), (limits.amber, AMBER), (limits.red, RED)))
        .color_scheme(THRESHOLD_COLOURS)
    )
    sql = """
SELECT name, utilisation FROM v_risk_limits_status
WHERE as_of = (SELECT max(as_of) FROM v_risk_limits_status WHERE as_of <= $__timeTo()) AND utilisation IS NOT NULL
ORDER BY utilisation DESC"""
    about = f"Use of each limit: amber from {limits.amber:.0%}, red from {limits.red:.0%}, a breach at 100%."
    return PanelSpec(panel, "Limits", about, sql, 10, 13)


def limit_table(limits: Limits) -> PanelSpec:
    """Value, threshold, use and status of each limit."""
    panel = (
        table_panel()
        .mappings(state_mappings())
        .override_by_name("status", [override("custom.cellOptions", COLOURED_TEXT), override("custom.width", 90)])
        .override_by_name(
            "use",
            [
                override("unit", "percentunit"),
                override("decimals", 0),
                override("custom.cellOptions", COLOURED_TEXT),
                override("thresholds", threshold_property((None, GREEN), (limits.amber, AMBER), (limits.red, RED))),
            ],
        )
    )
    sql = """
SELECT name AS limit, value, threshold, utilisation AS use, status FROM v_risk_limits_status
WHERE as_of = (SELECT max(as_of) FROM v_risk_limits_status WHERE as_of <= $__timeTo())
ORDER BY utilisation DESC NULLS LAST"""
    return PanelSpec(
        panel, "Limits in numbers", "Absent: too little is known to measure it; that is no all-clear.", sql, 10, 11
    )


def var_history() -> PanelSpec:
    """Daily P&L against minus VaR 95% and 99%, with the exceptions."""
    hidden = override("custom.lineWidth", 0)
    points = [hidden, override("custom.showPoints", "always"), override("custom.pointSize", 8)]
    panel = (
        timeseries.Panel()
        .unit("percentunit")
        .decimals(2)
        .legend(LEGEND)
        .show_points(common.VisibilityMode.NEVER)
        .override_by_name("P&L", [override("custom.drawStyle", "bars"), override("custom.fillOpacity", 60)])
        .override_by_name("exception at 95%", [*points, override("color", {"mode": "fixed", "fixedColor": ORANGE})])
        .override_by_name("exception at 99%", [*points, override("color", {"mode": "fixed", "fixedColor": RED})])
    )
    sql = f"""
SELECT {MARKET_TIME} AS time, pnl_fraction AS "P&L", -var_95 AS "VaR 95%", -var_99 AS "VaR 99%",
       CASE WHEN exception_95 = 1 THEN pnl_fraction END AS "exception at 95%",
       CASE WHEN exception_99 = 1 THEN pnl_fraction END AS "exception at 99%"
FROM v_var_outcome WHERE $__timeFilter(as_of) AND method = {READ} ORDER BY as_of"""
    about = (
        "Price P&L of the positions of the day before, held still, against their VaR by today's method, by market day."
    )
    return PanelSpec(panel, "VaR and what came", about, sql, 24, 10)


def methods() -> PanelSpec:
    """VaR 99% over time, one line a method."""
    names = ["filtered_historical", "historical", "normal", "student_t", "monte_carlo"]
    panel = timeseries.Panel().unit("percentunit").decimals(2).legend(LEGEND).span_nulls(True)
    sql = f"""
SELECT as_of AS time,
       {pivot(names, "value", "method")}
FROM v_risk_metrics_daily WHERE $__timeFilter(as_of) AND metric = 'var_99' GROUP BY as_of ORDER BY as_of"""
    about = "Monte Carlo is run for the newest decision only: it has one point."
    return PanelSpec(panel, "VaR 99%, by method", about, sql, 14, 11)


def ladder() -> PanelSpec:
    """DV01 by vertex, stacked by curve."""
    panel = (
        barchart.Panel()
        .unit("short")
        .x_field("vertex")
        .show_value(common.VisibilityMode.NEVER)
        .stacking(common.StackingMode.NORMAL)
        .legend(LEGEND)
    )
    curves = ["PRE", "REAL", "CUPOM", "UST"]
    sql = f"""
SELECT CASE WHEN tenor_bd < 252 THEN tenor_bd / 21 || 'm' ELSE round(tenor_bd / 252.0, 1) || 'y' END AS vertex,
       {pivot(curves, "dv01_brl", "curve_id", "sum")}
FROM v_dv01_ladder
WHERE as_of = (SELECT max(as_of) FROM v_dv01_ladder WHERE as_of <= $__timeTo()) AND tenor_bd > 0
GROUP BY tenor_bd ORDER BY tenor_bd"""
    about = "BRL per basis point at each vertex; + gains when that rate falls."
    return PanelSpec(panel, "DV01 ladder", about, sql, 12, 10)


def components() -> PanelSpec:
    """Component VaR 95% by instrument."""
    panel = (
        barchart.Panel()
        .unit("percentunit")
        .decimals(2)
        .orientation(common.VizOrientation.HORIZONTAL)
        .x_field("instrument")
        .show_value(common.VisibilityMode.AUTO)
        .legend(NO_LEGEND)
    )
    sql = """
SELECT instrument_id AS instrument, component_var_95 AS "component VaR 95%" FROM v_component_var
WHERE as_of = (SELECT max(as_of) FROM v_component_var WHERE as_of <= $__timeTo()) AND component_var_95 <> 0
ORDER BY component_var_95 DESC"""
    return PanelSpec(
        panel, "Component VaR", "Adds up to the book's parametric VaR 95%; negative lines hedge.", sql, 12, 10
    )


def build() -> model.Dashboard:
    """The dashboard risk-dashboard."""
    limits = load_desk_parameters().limits
    return build_dashboard(
        "risk-dashboard",
        "Risk",
        "How much the book can lose, against the desk's limits.",
        "1y",
        of_book(
            [
                headline(limits),
                [stress(), limit_bars(limits)],
                [var_history()],
                [methods(), limit_table(limits)],
                [ladder(), components()],
            ]
        ),
        variables=[book_choice()],
    )
