"""pipeline-health, the home dashboard: datasets, runs, errors and alerts."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart, stat, statetimeline, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from desk.catalog import load_catalog
from grafana.annotations import RunErrorsBuilder
from grafana.held_panels import held_panels, weight_panels
from grafana.parts import (
    AMBER,
    COLOURED_CELL,
    COLOURED_TEXT,
    GREEN,
    LAST_VALUE,
    LEGEND,
    NO_LEGEND,
    RED,
    THRESHOLD_COLOURS,
    PanelSpec,
    build_dashboard,
    override,
    pivot,
    state_mappings,
    table_panel,
    threshold_property,
    thresholds,
)

LATEST = "(SELECT max(as_of) FROM v_dataset_status WHERE as_of <= $__timeTo())"


def status_grid() -> PanelSpec:
    """Every dataset with its state, age, promise and last attempt."""
    panel = (
        table_panel()
        .mappings(state_mappings())
        .override_by_name("state", [override("custom.cellOptions", COLOURED_CELL), override("custom.width", 90)])
        .override_by_name(
            "last attempt", [override("custom.cellOptions", COLOURED_TEXT), override("custom.width", 110)]
        )
        .override_by_name(
            "age / promise",
            [
                override("unit", "percentunit"),
                override("custom.cellOptions", COLOURED_CELL),
                override("thresholds", threshold_property((None, GREEN), (0.999, AMBER), (1.5, RED))),
                override("color", {"mode": "thresholds"}),
                override("custom.width", 110),
            ],
        )
        .override_by_name("age, business days", [override("custom.width", 140)])
        .override_by_name("promise, business days", [override("custom.width", 160)])
    )
    sql = f"""
SELECT source, dataset, state, age_bd AS "age, business days", promise_bd AS "promise, business days",
       age_bd::double precision / nullif(promise_bd, 0) AS "age / promise", last_obs_date AS "data up to",
       last_attempt_state AS "last attempt", last_success_at AS "last success",
       coalesce(error, last_error) AS error
FROM v_dataset_status WHERE as_of = {LATEST}
ORDER BY array_position(ARRAY['failed', 'absent', 'stale', 'ok'], state), source, dataset"""
    about = (
        "Every dataset against its own freshness promise, at the latest decision of the time range. Green: within it."
        " Amber: older. Red: the run could not fetch it. Grey: nothing has ever come."
    )
    return PanelSpec(panel, "Sources", about, sql, 24, 13)


def counters() -> list[PanelSpec]:
    """Single numbers: hours since a run, datasets within their promise, gaps, seconds, alerts, undelivered messages."""

    def stat_panel(
        title: str, about: str, sql: str, *bounds: tuple[float | None, str], unit: str = "short"
    ) -> PanelSpec:
        panel = (
            stat.Panel()
            .unit(unit)
            .reduce_options(LAST_VALUE)
            .thresholds(thresholds(*bounds))
            .color_scheme(THRESHOLD_COLOURS)
            .graph_mode(common.BigValueGraphMode.NONE)
            .color_mode(common.BigValueColorMode.BACKGROUND)
        )
        return PanelSpec(panel, title, about, sql, 4, 4)

    latest_run = (
        "FROM v_pipeline_runs WHERE kind = 'daily' AND started_at <= $__timeTo() ORDER BY started_at DESC LIMIT 1"
    )
    return [
        stat_panel(
            "Hours since a run finished",
            "Daily runs that completed, with or without gaps. Red past 26 hours; more over a weekend is no fault.",
            "SELECT extract(epoch FROM $__timeTo()::timestamptz - finished_at) / 3600 AS hours FROM v_pipeline_runs"
            " WHERE kind = 'daily' AND state IN ('completed', 'completed_with_gaps') AND started_at <= $__timeTo()"
            " ORDER BY started_at DESC LIMIT 1",
            (None, GREEN),
            (24.5, AMBER),
            (26, RED),
            unit="h",
        ),
        stat_panel(
            "Datasets within their promise",
            "Share of all datasets, at the latest decision.",
            "SELECT count(*) FILTER (WHERE state = 'ok')::double precision / count(*) AS share"
            f" FROM v_dataset_status WHERE as_of = {LATEST}",
            (None, RED),
            (0.8, AMBER),
            (0.999, GREEN),
            unit="percentunit",
        ),
        stat_panel(
            "Gaps of the last run",
            "Datasets that were stale, failed or absent when it ended.",
            f"SELECT cardinality(gaps) AS gaps {latest_run}",
            (None, GREEN),
            (1, AMBER),
            (5, RED),
        ),
        stat_panel(
            "Seconds of the last run",
            "From its start to its end.",
            f"SELECT seconds {latest_run}",
            (None, GREEN),
            (300, AMBER),
            (900, RED),
            unit="s",
        ),
        stat_panel(
            "Alerts that fire",
            "Not counting those that another one explains.",
            "SELECT count(*) AS firing FROM v_alert_active WHERE state = 'firing' AND inhibited_by IS NULL",
            (None, GREEN),
            (1, RED),
        ),
        stat_panel(
            "Messages not yet delivered",
            "Alerts and reports that wait for Slack or the mail server.",
            "SELECT count(*) AS waiting FROM v_outbox WHERE sent_at IS NULL",
            (None, GREEN),
            (1, AMBER),
            (10, RED),
        ),
    ]


def runs() -> PanelSpec:
    """One bar a daily run, as high as its seconds, coloured by its state."""
    panel = (
        timeseries.Panel()
        .unit("s")
        .draw_style(common.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .show_points(common.VisibilityMode.NEVER)
        .legend(LEGEND)
        .override_by_name("completed", [override("color", {"mode": "fixed", "fixedColor": GREEN})])
        .override_by_name("with gaps", [override("color", {"mode": "fixed", "fixedColor": AMBER})])
        .override_by_name("failed", [override("color", {"mode": "fixed", "fixedColor": RED})])
    )
    sql = """
SELECT started_at AS time, CASE WHEN state = 'completed' THEN seconds END AS completed,
       CASE WHEN state = 'completed_with_gaps' THEN seconds END AS "with gaps",
       CASE WHEN state IN ('failed', 'died') THEN coalesce(seconds, 0) END AS failed
FROM v_pipeline_runs WHERE kind = 'daily' AND $__timeFilter(started_at) ORDER BY started_at"""
    return PanelSpec(panel, "Daily runs", "One bar a run, as long as it took; failed runs are marked.", sql, 24, 7)


def grid() -> PanelSpec:
    """The ledger: one row a dataset, one cell a day."""
    panel = (
        statetimeline.Panel()
        .mappings(state_mappings())
        .merge_values(True)
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(85)
        .legend(NO_LEGEND)
    )
    names = sorted(load_catalog().datasets)
    sql = f"""
SELECT day::timestamp AT TIME ZONE 'America/Sao_Paulo' AS time,
       {pivot(names, "state", "dataset")}
FROM v_cells WHERE day >= $__timeFrom()::date AND day <= $__timeTo()::date GROUP BY day ORDER BY day"""
    about = "The ledger: one row a dataset, one cell a day that it promises. Empty is an answer: that day has no data."
    return PanelSpec(panel, "Datasets by day", about, sql, 24, 14)


def by_source() -> list[PanelSpec]:
    """Seconds, rows and quality score by dataset."""

    def bars(title: str, about: str, value: str, unit: str) -> PanelSpec:
        panel = (
            barchart.Panel()
            .unit(unit)
            .orientation(common.VizOrientation.HORIZONTAL)
            .x_field("dataset")
            .show_value(common.VisibilityMode.AUTO)
            .legend(NO_LEGEND)
        )
        sql = f"""
SELECT dataset, {value} FROM v_fetch WHERE run_id = (
    SELECT run_id FROM v_pipeline_runs AS run WHERE kind = 'daily' AND started_at <= $__timeTo()
    AND EXISTS (SELECT FROM v_fetch WHERE v_fetch.run_id = run.run_id) ORDER BY started_at DESC LIMIT 1)
ORDER BY 2 DESC NULLS LAST"""
        return PanelSpec(panel, title, about, sql, 8, 11)

    quality = (
        barchart.Panel()
        .unit("percentunit")
        .min(0)
        .max(1)
        .orientation(common.VizOrientation.HORIZONTAL)
        .x_field("dataset")
        .show_value(common.VisibilityMode.AUTO)
        .legend(NO_LEGEND)
        .thresholds(thresholds((None, RED), (0.95, AMBER), (0.99, GREEN)))
        .color_scheme(THRESHOLD_COLOURS)
    )
    quality_sql = """
SELECT DISTINCT ON (dataset) dataset, quality FROM v_fetch
WHERE $__timeFilter(started_at) AND quality IS NOT NULL ORDER BY dataset, started_at DESC"""
    return [
        bars("Seconds per dataset", "Of the last daily run that fetched.", "seconds", "s"),
        bars("Rows per dataset", "Of the last daily run that fetched; a quiet day brings none.", "rows", "short"),
        PanelSpec(
            quality,
            "Quality score",
            "Weighted share of a fetch's rows that pass its checks, at each dataset's last fetch.",
            quality_sql,
            8,
            11,
        ),
    ]


def logs() -> list[PanelSpec]:
    """Errors of fetches and changes of alerts, newest first."""
    errors = (
        table_panel().override_by_name("at", [override("custom.width", 170)]).no_value("No error in this time range")
    )
    error_sql = """
SELECT started_at AS at, dataset, day, attempt, error_kind AS kind, error FROM v_ledger
WHERE $__timeFilter(started_at) AND error IS NOT NULL ORDER BY started_at DESC LIMIT 200"""
    alerts = (
        table_panel()
        .mappings(state_mappings())
        .override_by_name("event", [override("custom.cellOptions", COLOURED_TEXT)])
        .override_by_name("at", [override("custom.width", 170)])
        .no_value("No alert in this time range")
    )
    alert_sql = """
SELECT at, rule_id AS rule, subject, event, severity, value, threshold, summary, channel FROM v_alert_history
WHERE $__timeFilter(at) ORDER BY at DESC LIMIT 200"""
    return [
        PanelSpec(errors, "Errors", "What a fetch came to, word for word, newest first.", error_sql, 12, 10),
        PanelSpec(alerts, "Alert history", "Every change of state, and what was queued for whom.", alert_sql, 12, 10),
    ]


def dashboard_rows() -> list[list[PanelSpec]]:
    """The panels, row by row."""
    pairs, held, suspect = held_panels(LATEST)
    return [
        [status_grid()],
        counters(),
        weight_panels(LATEST),
        [pairs],
        [held, suspect],
        [runs()],
        [grid()],
        by_source(),
        logs(),
    ]


def build() -> model.Dashboard:
    """The dashboard pipeline-health."""
    return build_dashboard(
        "pipeline-health",
        "Pipeline health",
        "Did the data come, is the run on time, what failed, who was alerted.",
        "30d",
        dashboard_rows(),
        [RunErrorsBuilder()],
    )
