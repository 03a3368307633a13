"""The gold that a report shows: what to read of each table, and what to leave out after a stage has failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from blocks.settings import Settings
from desk.gold import GOLD
from desk.model import decision_time, desk_day
from desk.point_in_time.panel_span import history_start
from reports.elements.decision_facts import DecisionFacts
from reports.elements.report_data import HISTORY, HeldValue, ReportData
from tasks.store import Store
from tasks.store.holds import disbelieved

HELD_DAYS = 30
"""An older held value no longer stands on the first screen; `alvorada held list` has it."""
SUSPECT_DAYS = dt.timedelta(days=5)
"""Suspect values that became known this long before the decision stand in the receipts."""
RISK_TABLES = (
    "risk_metrics_daily", "component_var", "dv01_ladder", "stress_test_results", "var_method", "risk_limits_status",
)  # fmt: skip
STAGE_TABLES: Mapping[str, tuple[str, ...]] = {
    "transform": ("feature",),
    "risk": RISK_TABLES,
    "gate": (
        "target_position",
        "portfolio_state",
        "package",
        "pnl_attribution",
        "pnl_by_strategy",
        "pnl_by_factor",
        "withheld_order",
        "action",
        "position_change",
        "book_change",
        "sizing_basis",
        "ticket",
        "action_gate",
        "gate_verdict",
        "gated_order",
        "data_weight",
        *RISK_TABLES,
    ),
}
"""Stage -> the gold tables that rest on its result. Those of the portfolio and risk stages are written by the gate. The
signals stage is not here: before it fails, it writes which inputs its agents and strategies did not have."""


async def read_report_gold(
    store: Store,
    settings: Settings,
    as_of: dt.datetime,
    *,
    run_id: str = "",
    code_version: str = "",
    failed_stages: Collection[str] = (),
    decision: DecisionFacts | None = None,
) -> ReportData:
    """The stored gold of a decision: some tables with their history, the others with the rows of `as_of` only.

    `failed_stages`: stages of this run without a result. Raises StoreError.
    """
    since = decision_time(history_start(desk_day(as_of), settings.history_days))
    frames = {name: await store.read_gold(name, since if name in HISTORY else as_of, as_of) for name in GOLD}
    kept = without_failed_stages(frames, failed_stages, as_of)
    held = held_at(await store.read_holds(), as_of)
    suspect, stages = _values(await store.read_suspects(as_of - SUSPECT_DAYS, as_of)), frozenset(failed_stages)
    about = run_id, code_version, kept, decision, held, suspect, stages
    return ReportData(as_of, store.world, *about)  # type: ignore[arg-type]


def held_at(holds: pl.DataFrame, as_of: dt.datetime) -> tuple[HeldValue, ...]:
    """The values that the decision of `as_of` did not believe, of the last HELD_DAYS: a later decision on one of them
    changes no page of the past."""
    recent = pl.col("obs_date") > desk_day(as_of) - dt.timedelta(days=HELD_DAYS)
    shown = disbelieved(holds, as_of).filter(recent).sort("obs_date", "entity", descending=[True, False])
    return _values(shown)


def _values(rows: pl.DataFrame) -> tuple[HeldValue, ...]:
    return tuple(
        HeldValue(row["entity"], row["obs_date"], row["value"], row["expected"], row["reason"])
        for row in rows.iter_rows(named=True)
    )


def without_failed_stages(
    frames: Mapping[str, pl.DataFrame], failed_stages: Collection[str], as_of: dt.datetime
) -> dict[str, pl.DataFrame]:
    """`frames` without the rows of `as_of` in the tables of a failed stage: an earlier run of the day wrote them."""
    stale = {table for stage in failed_stages for table in STAGE_TABLES.get(stage, ())}
    return {name: frame.filter(pl.col("as_of") < as_of) if name in stale else frame for name, frame in frames.items()}
