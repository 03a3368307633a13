"""Gold tables: the desk's results. One row per decision (`as_of`) and key; the store adds `run_id`.

A row of day t uses only what was known at 06:00 America/Sao_Paulo of t, whether the daily run or the history pass wrote
it. `json` columns are JSON text. Money in BRL, rates and risk as fractions, losses positive.
"""

from __future__ import annotations

from desk.gold_book import (
    PACKAGE,
    PNL_ATTRIBUTION,
    PNL_BY_FACTOR,
    PNL_BY_STRATEGY,
    PORTFOLIO_STATE,
    TARGET_POSITION,
)
from desk.gold_orders import (
    ACTION,
    ACTION_GATE,
    BOOK_CHANGE,
    DATA_WEIGHT,
    GATE_VERDICT,
    GATED_ORDER,
    POSITION_CHANGE,
    SIZING_BASIS,
    TICKET,
    WITHHELD_ORDER,
)
from desk.gold_risk import (
    COMPONENT_VAR,
    DV01_LADDER,
    RISK_LIMITS_STATUS,
    RISK_METRICS_DAILY,
    STRESS_TEST_RESULTS,
    VAR_METHOD,
)
from desk.gold_table import POLARS_TYPES, GoldTable, Kind

__all__ = [
    "ACTION",
    "ACTION_GATE",
    "AGENT_MEASURE",
    "AGENT_VIEW",
    "AGGREGATED_SIGNAL",
    "BOOK_CHANGE",
    "COMPONENT_VAR",
    "DATASET_STATUS",
    "DATA_WEIGHT",
    "DV01_LADDER",
    "FEATURE",
    "GATED_ORDER",
    "GATE_VERDICT",
    "GOLD",
    "INPUT_RECEIPT",
    "PACKAGE",
    "PNL_ATTRIBUTION",
    "PNL_BY_FACTOR",
    "PNL_BY_STRATEGY",
    "POLARS_TYPES",
    "PORTFOLIO_STATE",
    "POSITION_CHANGE",
    "REGIME",
    "RISK_LIMITS_STATUS",
    "RISK_METRICS_DAILY",
    "SIZING_BASIS",
    "STRATEGY_SIGNALS",
    "STRESS_TEST_RESULTS",
    "TARGET_POSITION",
    "TICKET",
    "VAR_METHOD",
    "WITHHELD_ORDER",
    "GoldTable",
    "Kind",
]

FEATURE = GoldTable(
    "feature",
    ("feature_id",),
    {
        "feature_id": "text",
        "value": "float",
        "obs_date": "date",
        "origin": "text",  # ids of the inputs (INPUT_RECEIPT) that it was read off
        "knowledge_time": "time",  # of the newest of them
        "payload_id": "int",  # where it was read off one input
    },
)
INPUT_RECEIPT = GoldTable(
    "input_receipt",
    ("input_id",),
    {
        "input_id": "text",
        "source": "text",
        "dataset": "text",
        "value": "float",
        "unit": "text",
        "obs_date": "date",
        "knowledge_time": "time",
        "stamp": "text",
        "sha256": "text",
        "age_bd": "int",
        "state": "text",  # known, stale, absent
    },
)
DATASET_STATUS = GoldTable(
    "dataset_status",
    ("dataset",),
    {
        "dataset": "text",
        "source": "text",
        "state": "text",  # ok, stale, absent, failed
        "last_obs_date": "date",
        "age_bd": "int",
        "promise_bd": "int",
        "error": "text",
    },
)
SOURCE_COMPARISON = GoldTable(
    "source_comparison",
    ("pair_id",),
    {
        "pair_id": "text",  # desk/catalog/siblings.toml
        "left_source": "text",  # a series, or a curve's source and tenor
        "right_source": "text",
        "left_value": "float",
        "right_value": "float",  # in the left one's measure
        "left_date": "date",
        "right_date": "date",  # the last of those that stand against the left one
        "difference": "float",  # left less right; a share of the right where the pair is relative
        "unit": "text",
        "tolerance": "float",
        "breach": "float",
        "state": "text",  # agree, apart (beyond the tolerance), broken (beyond the breach), held, absent
        "compared": "int",  # dates of the last days on which both have a value
        "broken": "int",  # of them those beyond the breach
    },
)
AGENT_VIEW = GoldTable(
    "agent_view",
    ("agent_id",),
    {
        "agent_id": "text",
        "score": "float",
        "confidence": "float",
        "drivers": "json",  # {name: signed contribution}
        "missing": "json",  # [input, ...]
        "sentence": "text",
    },
)
REGIME = GoldTable("regime", ("regime_id",), {"regime_id": "text", "probability": "float"})
AGENT_MEASURE = GoldTable("agent_measure", ("measure_id",), {"measure_id": "text", "value": "float"})
STRATEGY_SIGNALS = GoldTable(
    "strategy_signals",
    ("strategy_id",),
    {
        "strategy_id": "text",
        "asset_class": "text",
        "score": "float",
        "confidence": "float",
        "drivers": "json",
        "missing": "json",
        "conviction": "float",  # score x confidence x decay x tilt: what the book goes by
        "age_bd": "int",  # business days that the oldest input is too old by; null where none is known
    },
)
AGGREGATED_SIGNAL = GoldTable(
    "aggregated_signal",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "asset_class": "text",
        "conviction": "float",
        "agreement": "float",
        "contributions": "json",  # {strategy_id: signed part of the conviction}
        "flip": "int",  # -1, 0, +1: change of sign across the dead band against the day before
        "surge": "float",  # change of conviction where its absolute value is above the threshold, else null
        "conflicts": "json",  # [strategy_id, ...] against the conviction
        "tilt": "float",  # the regime's multiplier for the class; null where unknown or none (it counts as one)
        "old_share": "float",  # share of the contributions, by size, of strategies whose inputs are too old
    },
)


GOLD: dict[str, GoldTable] = {
    table.name: table
    for table in (
        FEATURE,
        INPUT_RECEIPT,
        DATASET_STATUS,
        SOURCE_COMPARISON,
        AGENT_VIEW,
        REGIME,
        AGENT_MEASURE,
        STRATEGY_SIGNALS,
        AGGREGATED_SIGNAL,
        TARGET_POSITION,
        PORTFOLIO_STATE,
        PACKAGE,
        PNL_ATTRIBUTION,
        PNL_BY_STRATEGY,
        PNL_BY_FACTOR,
        RISK_METRICS_DAILY,
        COMPONENT_VAR,
        DV01_LADDER,
        STRESS_TEST_RESULTS,
        VAR_METHOD,
        RISK_LIMITS_STATUS,
        TICKET,
        ACTION,
        POSITION_CHANGE,
        BOOK_CHANGE,
        SIZING_BASIS,
        WITHHELD_ORDER,
        ACTION_GATE,
        GATE_VERDICT,
        GATED_ORDER,
        DATA_WEIGHT,
    )
}
