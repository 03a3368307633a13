"""The gold tables of risk: metrics, components, the DV01 ladder, stress and limits."""

from __future__ import annotations

from desk.gold_table import GoldTable

RISK_METRICS_DAILY = GoldTable(
    "risk_metrics_daily",
    ("metric", "method"),
    {"metric": "text", "method": "text", "value": "float", "observations": "int"},
)
COMPONENT_VAR = GoldTable(
    "component_var",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "asset_class": "text",
        "individual_var_95": "float",
        "marginal_var_95": "float",
        "component_var_95": "float",
        "share": "float",
        "incremental_var_95": "float",  # VaR of the book less that of the book without the line
    },
)
DV01_LADDER = GoldTable(
    "dv01_ladder", ("curve_id", "tenor_bd"), {"curve_id": "text", "tenor_bd": "int", "dv01_brl": "float"}
)
STRESS_TEST_RESULTS = GoldTable(
    "stress_test_results",
    ("scenario_id", "instrument_id"),
    {
        "scenario_id": "text",
        "instrument_id": "text",  # TOTAL for the book
        "name": "text",
        "kind": "text",  # parametric, dated, reverse
        "pnl_brl": "float",
        "pnl_fraction": "float",
        "moves": "json",  # {factor: move} on the TOTAL row: rates in bp, spots as fractions
    },
)
VAR_METHOD = GoldTable(
    "var_method",
    ("role",),
    {
        "role": "text",  # headline: what limits and alerts read on the day; challenger: the other one that is tested
        "method": "text",
        "since": "date",  # decision day from which the headline is this method's; null for the challenger
        "verdict": "text",  # accepted, doubtful, rejected, untested: desk/risk/var_method.py
    },
)
RISK_LIMITS_STATUS = GoldTable(
    "risk_limits_status",
    ("limit_id",),
    {
        "limit_id": "text",
        "name": "text",
        "value": "float",
        "threshold": "float",
        "utilisation": "float",
        "status": "text",  # green, amber, red, breach, absent
    },
)
