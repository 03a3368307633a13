"""Panels of the data: which source each level was read off, pairs of sources, held and suspect values, and how much of
the book rests on each dataset."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from desk.catalog.fallbacks import load_fallbacks
from grafana.parts import COLOURED_CELL, LEGEND, PanelSpec, override, state_mappings, table_panel


def origin_panel() -> PanelSpec:
    """Each level that several sources have, and each curve's input, at the latest decision of the time range.

    Not by max(as_of): the view asks by row whether content may leave, so a maximum over it reads every row of years.
    """
    fallbacks = load_fallbacks()
    columns = ", ".join(f"'{column.name}'" for column in fallbacks.columns)
    curves = "|".join(dict.fromkeys(curve.prefix for curve in fallbacks.curves))
    sql = f"""
SELECT feature_id AS level, value, origin AS "read off", source, obs_date::text AS observed,
       knowledge_time AS "known at", left(sha256, 12) AS payload
FROM v_feature
WHERE as_of = (SELECT as_of FROM v_feature WHERE as_of <= $__timeTo() ORDER BY as_of DESC LIMIT 1)
  AND (feature_id IN ({columns}) OR feature_id ~ '^({curves})_[0-9]+$')
ORDER BY feature_id ~ '_[0-9]+$', regexp_replace(feature_id, '_?[0-9]+$', ''), length(feature_id), feature_id"""
    about = (
        "Every level that more than one source has, and every vertex of the curves, as the latest decision of the time"
        " range used it: the input that it was read off, when the world knew it, and the payload (of several inputs"
        " none). The report's receipts say the same."
    )
    panel = table_panel().no_value("No decision in this time range")
    return PanelSpec(panel, "Which source a level was read off", about, sql, 24, 13)


def held_panels(latest: str) -> list[PanelSpec]:
    """Two sources of one fact side by side at the decision that the SQL `latest` gives; held values; suspect values."""

    def table(title: str, about: str, sql: str, width: int, no_value: str) -> PanelSpec:
        panel = table_panel().mappings(state_mappings()).no_value(no_value)
        if " state," in sql:
            panel = panel.override_by_name(
                "state", [override("custom.cellOptions", COLOURED_CELL), override("custom.width", 90)]
            )
        return PanelSpec(panel, title, about, sql, width, 11)

    pairs = f"""
SELECT pair_id AS pair, state, left_source AS "first source", right_source AS "second source",
       left_value AS "first value", right_value AS "second value", difference, unit, tolerance, breach,
       left_date::text AS observed, broken AS "dates beyond", compared AS "dates compared"
FROM v_source_comparison WHERE as_of = {latest}
ORDER BY array_position(ARRAY['broken', 'held', 'apart', 'absent', 'agree'], state), pair_id"""
    held = """
SELECT hold_id AS id, entity AS series, obs_date::text AS observed, value, expected, rule, state, reason,
       decided_by AS "decided by", decision_reason AS "why", held_at AS "held at"
FROM v_hold WHERE $__timeFilter(held_at) OR state = 'open' ORDER BY state <> 'open', hold_id DESC LIMIT 200"""
    suspect = """
SELECT entity AS series, obs_date::text AS observed, value, expected, rule, reason, found_at AS "found at"
FROM v_suspect WHERE $__timeFilter(knowledge_time) ORDER BY knowledge_time DESC LIMIT 200"""
    return [
        table(
            "Two sources of one fact",
            "Every declared pair at the latest decision of the time range. Red: beyond its breach, and both are used."
            " Amber: beyond its tolerance, or one of the two is held.",
            pairs,
            24,
            "No decision in this time range",
        ),
        table("Held values", "Stored, and read by nothing that decides.", held, 12, "Nothing is held"),
        table("Suspect values", "Believed, and odd.", suspect, 12, "Nothing is suspect in this time range"),
    ]


def weight_panels(latest: str) -> list[PanelSpec]:
    """How much of the book and of its orders rests on each dataset, and on old inputs, day by day."""
    share = [override("unit", "percentunit"), override("custom.width", 110)]
    panel = (
        table_panel()
        .mappings(state_mappings())
        .override_by_name("state", [override("custom.cellOptions", COLOURED_CELL), override("custom.width", 90)])
        .no_value("No decision in this time range")
    )
    for name in ("of VaR", "of orders", "quality"):
        panel = panel.override_by_name(name, share)
    sql = f"""
SELECT weight.subject AS dataset, weight.var_share AS "of VaR", weight.order_share AS "of orders", status.state,
       status.age_bd AS "age, business days", (
           SELECT quality FROM v_fetch WHERE v_fetch.dataset = weight.subject AND quality IS NOT NULL
           ORDER BY started_at DESC LIMIT 1) AS quality
FROM v_data_weight AS weight
LEFT JOIN v_dataset_status AS status ON status.as_of = weight.as_of AND status.dataset = weight.subject
WHERE weight.kind = 'dataset' AND weight.as_of = {latest}
ORDER BY greatest(weight.var_share, weight.order_share) DESC NULLS LAST, 1"""
    old = timeseries.Panel().unit("percentunit").min(0).max(1).legend(LEGEND)
    old_sql = """
SELECT as_of AS time, var_share AS "of VaR", order_share AS "of the risk that the sizes would move"
FROM v_data_weight WHERE kind = 'old' AND $__timeFilter(as_of) ORDER BY as_of"""
    return [
        PanelSpec(
            panel,
            "What the book rests on",
            "Share of VaR and of the risk that the day's sizes would move, by dataset, at the latest decision of the"
            " time range. A position rests on several: the shares do not add up.",
            sql,
            12,
            11,
        ),
        PanelSpec(
            old,
            "Resting on old inputs",
            "Of VaR: on prices that are too old. Of what the sizes would move: on such prices, or on views of old"
            " inputs.",
            old_sql,
            12,
            11,
        ),
    ]
