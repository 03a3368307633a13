"""The sources of pipeline-health: tiles, state, ledger, speed."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart, stat, statetimeline
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from desk.catalog import load_catalog
from grafana.parts import (
    AMBER,
    COLOURED_CELL,
    COLOURED_TEXT,
    EVERY_ROW,
    GREEN,
    NO_LEGEND,
    RED,
    THRESHOLD_COLOURS,
    PanelSpec,
    link,
    override,
    pivot,
    state_mappings,
    table_panel,
    threshold_property,
    thresholds,
)

LATEST = "(SELECT max(as_of) FROM v_dataset_status WHERE as_of <= $__timeTo())"


def connectors() -> PanelSpec:
    """One tile a source, by its worst dataset; a click shows that source alone."""
    tile = {0: ("within its promise", GREEN), 1: ("late", AMBER), 2: ("failed or absent", RED)}
    options = {
        str(code): model.ValueMappingResult(text=text, color=colour, index=code)
        for code, (text, colour) in tile.items()
    }
    panel = (
        stat.Panel()
        .reduce_options(EVERY_ROW)
        .mappings([model.ValueMap(options=options)])
        .thresholds(thresholds((None, GREEN), (1, AMBER), (2, RED)))
        .color_scheme(THRESHOLD_COLOURS)
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .data_links(
            [link("Only this source", "/d/pipeline-health?var-source=${__data.fields.source}&${__url_time_range}")]
        )
        .links([link("When a source is down", "${desk:raw}/api/v1/runbook#a-source-is-down")])
    )
    sql = f"""
SELECT source, max(CASE WHEN state IN ('failed', 'absent') THEN 2 WHEN state = 'stale' THEN 1 ELSE 0 END) AS state
FROM v_dataset_status WHERE as_of = {LATEST} AND source IN (${{source:sqlstring}})
GROUP BY source ORDER BY 2 DESC, 1"""
    about = (
        "Every source at the latest decision of the time range, by its worst dataset. Green: within its promise. Amber:"
        " older. Red: not fetched, or nothing usable is known. A click shows its datasets and errors below."
    )
    return PanelSpec(panel, "Connectors", about, sql, 24, 7)


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
       age_bd::double precision / nullif(promise_bd, 0) AS "age / promise", last_obs_date::text AS "data up to",
       last_attempt_state AS "last attempt", last_success_at AS "last success",
       coalesce(error, last_error) AS error
FROM v_dataset_status WHERE as_of = {LATEST} AND source IN (${{source:sqlstring}})
ORDER BY array_position(ARRAY['failed', 'absent', 'stale', 'ok'], state), source, dataset"""
    about = (
        "Every dataset against its own freshness promise, at the latest decision of the time range. Green: within it."
        " Amber: older. Red: the run could not fetch it. Grey: nothing has ever come."
    )
    return PanelSpec(panel, "Sources", about, sql, 24, 13)


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
