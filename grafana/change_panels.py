"""Panels of the last decision's changes: why each position, and the book's daily risk, is another than before."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart
from grafana_foundation_sdk.models import common

from desk.portfolio.change_split import PARTS
from grafana.parts import GREEN, NO_LEGEND, RED, THRESHOLD_COLOURS, PanelSpec, override, table_panel, thresholds

NAMES = {
    "data": "revised data",
    "code": "changed code",
    "data_or_code": "data or code",
    "parameters": "changed parameters",
    "roll": "roll",
    "volatility": "volatility",
    "market": "held book measured anew",
    "view": "views",
    "nav": "NAV",
    "limit": "caps and limits",
    "breaker": "breaker",
    "waits": "waiting",
    "band": "no-trade band, lots",
    "unfilled": "did not fill",
}
"""Part of a change -> what a panel calls it."""


def changes() -> list[PanelSpec]:
    """Contracts of each changed position by part, which add up; and the book's risk of a day by part, in their order.

    Raises KeyError for a part without a name.
    """
    latest = "(SELECT max(as_of) FROM v_{} WHERE as_of <= $__timeTo())"
    columns = ",\n       ".join(f"(parts ->> '{part}')::bigint AS \"{NAMES[part]}\"" for part in PARTS)
    lines_sql = f"""
SELECT instrument_id AS instrument, since::text AS since, contracts_from AS "from", contracts_to AS "to",
       contracts_to - contracts_from AS "order",
       {columns}
FROM v_position_change
WHERE as_of = {latest.format("position_change")} AND contracts_to <> contracts_from
ORDER BY abs(contracts_to - contracts_from) DESC, instrument_id"""
    names = " ".join(f"WHEN '{part}' THEN '{name}'" for part, name in NAMES.items())
    book_sql = f"""
SELECT CASE part {names} ELSE part END AS part, risk_brl AS "change of risk, BRL a day"
FROM v_book_change
WHERE as_of = {latest.format("book_change")} AND abs(risk_brl) >= 1 ORDER BY seq"""
    lines = (
        table_panel()
        .decimals(0)
        .no_value("No position changed")
        .override_by_name("instrument", [override("custom.width", 110)])
        .override_by_name("since", [override("custom.width", 100)])
    )
    bars = (
        barchart.Panel()
        .unit("short")
        .decimals(0)
        .orientation(common.VizOrientation.HORIZONTAL)
        .x_field("part")
        .show_value(common.VisibilityMode.AUTO)
        .legend(NO_LEGEND)
        .thresholds(thresholds((None, GREEN), (0, RED)))
        .color_scheme(THRESHOLD_COLOURS)
        .no_value("Nothing to compare with")
    )
    about = (
        "Contracts, at the latest decision of the time range: sizes computed again with one thing changed at a time."
    )
    book_about = "One standard deviation of a day, at the latest decision: what each cause adds (red) or takes (green)."
    return [
        PanelSpec(lines, "Why positions changed", about + " The parts add up to the order.", lines_sql, 15, 11),
        PanelSpec(bars, "Why the book's risk changed", book_about, book_sql, 9, 11),
    ]
