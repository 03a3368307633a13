"""Panels of what is believed: pairs of sources, held values, suspect values."""

from __future__ import annotations

from grafana.parts import COLOURED_CELL, PanelSpec, override, state_mappings, table_panel


def held_panels(latest: str) -> list[PanelSpec]:
    """Two sources of one fact side by side at the decision that the SQL `latest` gives; held values; suspect values."""

    def table(title: str, about: str, sql: str, width: int, no_value: str) -> PanelSpec:
        panel = (
            table_panel()
            .mappings(state_mappings())
            .override_by_name("state", [override("custom.cellOptions", COLOURED_CELL), override("custom.width", 90)])
            .no_value(no_value)
        )
        return PanelSpec(panel, title, about, sql, width, 11)

    pairs = f"""
SELECT pair_id AS pair, state, left_source AS "first source", right_source AS "second source",
       left_value AS "first value", right_value AS "second value", difference, unit, tolerance, breach,
       left_date AS observed, broken AS "dates beyond", compared AS "dates compared"
FROM v_source_comparison WHERE as_of = {latest}
ORDER BY array_position(ARRAY['broken', 'held', 'apart', 'absent', 'agree'], state), pair_id"""
    held = """
SELECT hold_id AS id, entity AS series, obs_date AS observed, value, expected, rule, state, reason,
       decided_by AS "decided by", decision_reason AS "why", held_at AS "held at"
FROM v_hold WHERE $__timeFilter(held_at) OR state = 'open' ORDER BY state <> 'open', hold_id DESC LIMIT 200"""
    suspect = """
SELECT entity AS series, obs_date AS observed, value, expected, rule, reason, found_at AS "found at"
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
