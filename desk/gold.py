"""Gold tables: the desk's results. One row per decision (`as_of`) and key; the store adds `run_id`.

A row of day t uses only what was known at 06:00 America/Sao_Paulo of t, whether the daily run or the history pass wrote
it. `json` columns are JSON text. Money in BRL, rates and risk as fractions, losses positive.
"""

from __future__ import annotations

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
TARGET_POSITION = GoldTable(
    "target_position",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "contract_id": "text",
        "asset_class": "text",
        "maturity": "date",
        "price": "float",
        "rate": "float",
        "risk_weight": "float",  # share of the book's target risk, signed
        "contracts": "int",  # + is long the price (receive for rates)
        "contracts_before": "int",
        "notional_brl": "float",
        "dv01_brl": "float",  # whole position, BRL per bp; + when a fall in yield gains
        "delta_brl": "float",  # FX and equity exposure in BRL, signed
        "margin_brl": "float",
        "cost_brl": "float",
        "unit_vol_brl": "float",  # daily standard deviation of one contract
    },
)
PORTFOLIO_STATE = GoldTable(
    "portfolio_state",
    (),
    {
        "nav_brl": "float",
        "pnl_brl": "float",
        "cost_brl": "float",
        "return_1d": "float",
        "peak_nav_brl": "float",  # the highest NAV over cash of the last year, carried to today at CDI
        "drawdown": "float",  # of NAV below it: of the excess over CDI, from a peak that ages
        "gross_leverage": "float",
        "target_volatility": "float",
        "expected_volatility": "float",
        "active_positions": "int",
        "risk_multiplier": "float",  # share of its risk that the drawdown breaker leaves the day's decision, 0 to 1
        "shadow_nav_brl": "float",  # of the book without the breaker, which the breaker is measured on
        "benchmark_nav_brl": "float",  # of the inception NAV held in cash at CDI
        "sizing": "text",  # how the packages are combined, and which had a view and could not be formed
        "valuation_date": "date",  # the market day that the money is about: the session whose prices mark it
        "asked_volatility": "float",  # of the convictions; target_volatility is what limits and breaker left of it
        "limits_bound": "json",  # [{limit, subjects, taken}]: what each took of the volatility asked for, a year
    },
)
PACKAGE = GoldTable(
    "package",
    ("strategy_id",),
    {
        "strategy_id": "text",
        "asset_class": "text",
        "neutrality": "text",  # dv01, beta, cash, outright
        "conviction": "float",
        "budget": "float",  # share of the target's variance when every strategy is at full conviction
        "asked_volatility": "float",  # of the package alone, a year, of NAV, before limits and breaker
        "scale": "float",  # share of it that limits and breaker left, 0 to 1
        "limit_bound": "text",  # the limit that took most of it; null for none
        "legs": "json",  # {instrument_id: contracts after the decision, not rounded to lots}
        "leg_dv01_brl": "json",  # {instrument_id: BRL per bp of the leg}
        "imbalance": "float",  # of the two sides, as a fraction of one; null for an outright package
        "volatility": "float",  # of the legs, a year, of NAV
        "state": "text",  # flat, traded, kept, waits (a leg has no price), held (no decision)
    },
)
PNL_ATTRIBUTION = GoldTable(
    "pnl_attribution",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "asset_class": "text",
        "contracts": "int",  # held over the day
        "price_pnl_brl": "float",
        "carry_pnl_brl": "float",
        "cost_brl": "float",
        "pnl_brl": "float",  # price + carry + source - cost
        "rate_pnl_brl": "float",  # rate, fx, equity and residual are parts of the price
        "fx_pnl_brl": "float",
        "equity_pnl_brl": "float",
        "residual_pnl_brl": "float",
        "inflation_pnl_brl": "float",  # part of the carry: what the IPCA accrued
        "source_pnl_brl": "float",  # what the change to another source of the price made
        "mark": "text",  # marked, unknown (its price was old: null P&L), catch_up (of several days); null: nothing held
        "marked_from": "date",  # the day of the mark before
        "valuation_date": "date",  # as in PORTFOLIO_STATE
    },
)
PNL_BY_STRATEGY = GoldTable(
    "pnl_by_strategy",
    ("strategy_id",),
    {
        # a strategy, CASH, COST, UNATTRIBUTED or SOURCE_CHANGE; the lines of a day add up to the book's P&L
        "strategy_id": "text",
        "pnl_brl": "float",
        "valuation_date": "date",  # as in PORTFOLIO_STATE
    },
)
PNL_BY_FACTOR = GoldTable(
    "pnl_by_factor",
    ("factor",),
    {
        # DI, REAL, CUPOM, UST, FX, EQUITY, INFLATION, CARRY, RESIDUAL, CASH, COST; CATCH_UP and SOURCE_CHANGE on days
        # that have some; as above
        "factor": "text",
        "pnl_brl": "float",
        "valuation_date": "date",  # as in PORTFOLIO_STATE
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
