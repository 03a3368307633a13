"""pipeline-health, the home dashboard: datasets, runs, errors and alerts."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from grafana.annotations import RunErrorsBuilder
from grafana.data_panels import held_panels, origin_panel, weight_panels
from grafana.pages.pipeline_sources import LATEST, by_source, connectors, grid, status_grid
from grafana.parts import (
    AMBER,
    COLOURED_CELL,
    COLOURED_TEXT,
    GREEN,
    LAST_VALUE,
    LEGEND,
    RED,
    THRESHOLD_COLOURS,
    PanelSpec,
    build_dashboard,
    choice,
    link,
    override,
    state_mappings,
    table_panel,
    thresholds,
)


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


def run_list() -> PanelSpec:
    """The last runs, each with its report and its page in Prefect."""
    panel = (
        table_panel()
        .mappings(state_mappings())
        .override_by_name("state", [override("custom.cellOptions", COLOURED_CELL), override("custom.width", 150)])
        .override_by_name(
            "day",
            [
                _links("Report of this day", "${desk:raw}/api/v1/reports/daily/${__value.text}"),
                override("custom.width", 110),
            ],
        )
        .override_by_name(
            "Prefect's run",
            [
                _links("This run in Prefect", "${prefect:raw}/flow-runs/flow-run/${__value.text}"),
                override("custom.width", 300),
            ],
        )
        .links([link("When a run failed", "${desk:raw}/api/v1/runbook#a-run-failed")])
        .no_value("No run in this time range")
    )
    sql = """
SELECT (as_of AT TIME ZONE 'America/Sao_Paulo')::date::text AS day, kind, state, started_at AS started, seconds,
       prefect_run_id::text AS "Prefect's run", message
FROM v_pipeline_runs WHERE $__timeFilter(started_at) ORDER BY started_at DESC LIMIT 50"""
    return PanelSpec(panel, "Runs", "Newest first; a day leads to its report, an id to Prefect's page.", sql, 24, 9)


def _links(title: str, url: str) -> model.DynamicConfigValue:
    return override("links", [{"title": title, "url": url, "targetBlank": True}])


def logs() -> list[PanelSpec]:
    """Errors of fetches and changes of alerts, newest first."""
    errors = (
        table_panel().override_by_name("at", [override("custom.width", 170)]).no_value("No error in this time range")
    )
    error_sql = """
SELECT started_at AS at, dataset, day::text AS day, attempt, error_kind AS kind, error FROM v_ledger
WHERE $__timeFilter(started_at) AND error IS NOT NULL
      AND dataset IN (SELECT dataset FROM v_dataset_status WHERE source IN (${source:sqlstring}))
ORDER BY started_at DESC LIMIT 200"""
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
        [connectors()],
        counters(),
        [status_grid()],
        weight_panels(LATEST),
        [run_list()],
        [origin_panel()],
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
        [choice("source", "Source", "SELECT DISTINCT source FROM v_dataset_status ORDER BY 1")],
    )
