"""The facts that the rules read: from runs, ledger and gold as they are stored now.

The desk's numbers are those of the newest decision whose run has come to its end, well or badly. A number that this run
should have computed and did not is missing; it is not taken from the day before.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import asyncpg

from desk import calendars
from desk.agents import AGENTS
from desk.alerts.facts import (
    MISSING,
    DatasetFacts,
    HeldFacts,
    Metrics,
    PipelineFacts,
    RunFacts,
    UnknownFacts,
    expected_day,
    session_hours,
)
from desk.catalog import Catalog
from desk.catalog.alert_rules import AlertCatalog
from desk.catalog.desk_parameters import DeskParameters
from desk.model import desk_day
from tasks.store import Store

DAY = dt.timedelta(days=1)
RUNS_READ = 20
VIEWS_READ = dt.timedelta(days=60)


async def read_metrics(
    store: Store,
    now: dt.datetime,
    catalog: Catalog,
    alerts: AlertCatalog,
    desk: DeskParameters,
    withheld: Collection[str] = (),
) -> Metrics:
    """The facts at `now`, without numbers of the sources `withheld` from whom the alerts reach. Raises StoreError."""
    expected = expected_day(now, alerts.deadline)
    async with store.connections.acquire() as connection:
        latest = await connection.fetchrow(f"{_DAILY_RUNS} ORDER BY as_of DESC, started_at DESC LIMIT 1")
        run = await connection.fetchrow(
            f"{_DAILY_RUNS} AND state <> ALL($1) ORDER BY as_of DESC, started_at DESC LIMIT 1", _WITHOUT_END
        )
        pipeline = await _pipeline(connection, latest, expected, catalog)
        if run is None:
            return Metrics(now, pipeline, is_new=not pipeline.is_late)
        as_of: dt.datetime = run["as_of"]
        status = await connection.fetch(
            "SELECT dataset, state, last_obs_date FROM v_dataset_status"
            " WHERE as_of = (SELECT max(as_of) FROM dataset_status WHERE as_of <= $1)",
            as_of,
        )
        day = max(desk_day(as_of), expected)
        return Metrics(
            now,
            replace(pipeline, required_absent=_required_absent(status, catalog)),
            datasets=_datasets(status, catalog, day),
            **await _risk(connection, as_of, desk),
            flips=await _flips(connection, as_of, now),
            conviction_change=await _conviction_change(connection, as_of),
            agent_age_hours=await _agents(connection, as_of, now),
            held=await _held(connection, catalog, withheld),
            broken_pairs=await _broken_pairs(connection, as_of, catalog, withheld),
            unknown_series=await _unknown_series(connection, catalog),
        )


async def _pipeline(
    connection: asyncpg.Connection, latest: asyncpg.Record | None, expected: dt.date, catalog: Catalog
) -> PipelineFacts:
    """The facts of the pipeline, without the datasets that are absent. `latest`: the newest run, None where none is."""
    completed = await connection.fetchval(
        "SELECT max(as_of) FROM v_pipeline_runs WHERE kind = 'daily' AND state IN ('completed', 'completed_with_gaps')"
    )
    since = await connection.fetchval(
        "SELECT least((SELECT created_at FROM world), min(started_at)) FROM pipeline_runs WHERE kind = 'daily'"
    )
    given_up = await connection.fetchval("SELECT detail FROM heartbeat WHERE name = 'catch-up'") or ""
    failed: dict[str, list[str]] = {}
    for row in await connection.fetch(FAILED_DATASETS, RUNS_READ):
        if dataset := catalog.datasets.get(row["dataset"]):
            failed.setdefault(dataset.source, []).append(dataset.id)
    return PipelineFacts(
        run=None if latest is None else _run_facts(latest),
        expected=expected,
        completed=None if completed is None else desk_day(completed),
        failed_sources={source: tuple(sorted(names)) for source, names in sorted(failed.items())},
        required_sources=frozenset(dataset.source for dataset in catalog.datasets.values() if dataset.required),
        since=since,
        given_up=given_up if given_up.startswith(str(expected)) else "",
    )


def _run_facts(run: asyncpg.Record) -> RunFacts:
    """A run that had no end of its own says nothing about its stages."""
    stages = [] if run["state"] in _WITHOUT_END else json.loads(run["stages"])
    failed = {stage["name"]: stage["error"] for stage in stages if "error" in stage}
    return RunFacts(desk_day(run["as_of"]), run["state"], run["message"] or "", run["started_at"], failed)


def _required_absent(status: list[asyncpg.Record], catalog: Catalog) -> tuple[str, ...]:
    absent = [row["dataset"] for row in status if row["state"] == "absent" and row["dataset"] in catalog.datasets]
    return tuple(sorted(name for name in absent if catalog.datasets[name].required))


def _datasets(status: list[asyncpg.Record], catalog: Catalog, day: dt.date) -> dict[str, DatasetFacts]:
    """Every dataset of the catalogue with its age at `day`, also where no run has fetched it since."""
    last = {row["dataset"]: row["last_obs_date"] for row in status}
    if not last:
        return {}
    return {
        name: DatasetFacts(
            dataset.source,
            _age(dataset.calendar, last[name], day) if name in last else MISSING,
            dataset.freshness_bd,
            last.get(name),
        )
        for name, dataset in catalog.datasets.items()
    }


def _age(calendar: str, last: dt.date | None, day: dt.date) -> int | None:
    return None if last is None else max(0, calendars.by_name(calendar).count(last, day))


async def _risk(connection: asyncpg.Connection, as_of: dt.datetime, desk: DeskParameters) -> dict[str, Any]:
    rows = await connection.fetch(
        "SELECT metric, value FROM v_risk_metrics_daily JOIN v_var_method USING (as_of, method)"
        " WHERE as_of = $1 AND role = 'headline'",
        as_of,
    )
    measured = {row["metric"]: row["value"] for row in rows}
    book = await connection.fetchrow("SELECT drawdown FROM v_portfolio_state WHERE as_of = $1", as_of)
    limits = await connection.fetch(
        "SELECT limit_id, utilisation FROM v_risk_limits_status WHERE as_of = $1 ORDER BY limit_id", as_of
    )
    used: dict[str, object] = {row["limit_id"]: row["utilisation"] for row in limits}
    if used:
        used |= {name: MISSING for name in desk.limits.limits if name not in used}
    return {
        "var_95": measured.get("var_95", MISSING),
        "var_99": measured.get("var_99", MISSING),
        "drawdown": MISSING if book is None else book["drawdown"],
        "utilisation": used,
    }


async def _flips(connection: asyncpg.Connection, as_of: dt.datetime, now: dt.datetime) -> dict[str, object]:
    """Instrument of the decision -> sign flips of its conviction in the last 24 hours; null where one is unknown."""
    rows = await connection.fetch(
        "SELECT instrument_id, count(*) FILTER (WHERE flip <> 0 AND as_of > $2) AS flips,"
        " bool_or(flip IS NULL) AS has_null FROM v_aggregated_signal WHERE as_of = $1 OR (as_of > $2 AND as_of <= $3)"
        " GROUP BY instrument_id HAVING bool_or(as_of = $1) ORDER BY instrument_id",
        as_of,
        now - DAY,
        now,
    )
    return {row["instrument_id"]: None if row["has_null"] else row["flips"] for row in rows}


async def _conviction_change(connection: asyncpg.Connection, as_of: dt.datetime) -> dict[str, object]:
    """Instrument of the decision -> absolute change of its conviction since the decision before.

    Zero for an instrument without a conviction on both days, and where there is no decision before; null where only one
    of the two days has one.
    """
    before = await connection.fetchval("SELECT max(as_of) FROM aggregated_signal WHERE as_of < $1", as_of)
    rows = await connection.fetch(
        "SELECT instrument_id, today.conviction AS today, before.conviction AS before FROM v_aggregated_signal AS today"
        " LEFT JOIN (SELECT instrument_id, conviction FROM v_aggregated_signal WHERE as_of = $2) AS before"
        " USING (instrument_id) WHERE today.as_of = $1 ORDER BY instrument_id",
        as_of,
        before,
    )
    if before is None:
        return {row["instrument_id"]: 0.0 for row in rows}
    return {row["instrument_id"]: _absolute_change(row["before"], row["today"]) for row in rows}


def _absolute_change(before: float | None, today: float | None) -> float | None:
    if before is None and today is None:
        return 0.0
    if before is None or today is None:
        return None
    return abs(today - before) if math.isfinite(today - before) else math.nan


async def _agents(connection: asyncpg.Connection, as_of: dt.datetime, now: dt.datetime) -> dict[str, object]:
    rows = await connection.fetch(
        "SELECT agent_id, max(as_of) AS last FROM v_agent_view WHERE score IS NOT NULL AND as_of > $1"
        " GROUP BY agent_id",
        as_of - VIEWS_READ,
    )
    last: Mapping[str, dt.datetime] = {row["agent_id"]: row["last"] for row in rows}
    names = {agent.id for agent in AGENTS} | last.keys()
    return {name: session_hours(last[name], now) if name in last else MISSING for name in sorted(names)}


async def _broken_pairs(
    connection: asyncpg.Connection, as_of: dt.datetime, catalog: Catalog, withheld: Collection[str]
) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT pair_id, left_source, right_source, left_value, right_value, left_date FROM v_source_comparison"
        " WHERE as_of = $1 AND state = 'broken' ORDER BY pair_id",
        as_of,
    )

    def side(row: asyncpg.Record, name: str) -> str:
        """`vix 17.2`; `vix` alone where it may not leave, and so where its source is none of a series."""
        series = catalog.series.get(row[f"{name}_source"])
        is_given = not withheld or (series is not None and series.source not in withheld)
        return f"{row[f'{name}_source']} {row[f'{name}_value']:.8g}" if is_given else str(row[f"{name}_source"])

    return {row["pair_id"]: f"{side(row, 'left')}, {side(row, 'right')} of {row['left_date']}" for row in rows}


async def _held(connection: asyncpg.Connection, catalog: Catalog, withheld: Collection[str]) -> dict[str, HeldFacts]:
    rows = await connection.fetch(
        "SELECT DISTINCT ON (entity) entity, dataset, obs_date, reason, count(*) OVER (PARTITION BY entity) AS held"
        " FROM v_hold_open ORDER BY entity, obs_date DESC, hold_id DESC"
    )
    return {
        row["entity"]: HeldFacts(
            row["held"],
            f"{row['obs_date']}" if withheld else f"{row['obs_date']}: {row['reason']}",
            row["dataset"] in catalog.datasets and catalog.datasets[row["dataset"]].required,
        )
        for row in rows
    }


async def _unknown_series(connection: asyncpg.Connection, catalog: Catalog) -> dict[str, UnknownFacts]:
    """Those whose code in the catalogue is the one that was requested in vain, and that are not retired."""
    rows = await connection.fetch("SELECT subject, code, since, days FROM v_series_unknown ORDER BY subject")
    return {
        row["subject"]: UnknownFacts(row["days"], desk_day(row["since"]), row["code"], series.source)
        for row in rows
        if (series := catalog.series.get(row["subject"])) is not None
        and series.code == row["code"]
        and series.retired is None
    }


_DAILY_RUNS = (
    "SELECT as_of, state, message, started_at, stages FROM v_pipeline_runs WHERE kind = 'daily' AND as_of IS NOT NULL"
)
_WITHOUT_END = ["running", "died", "cancelled"]
"""States of a run that is at work, or was cut off: its numbers are not those of a decision."""
FAILED_DATASETS = """
    WITH tried AS (
        SELECT DISTINCT ON (dataset) dataset, run_id, state, started_at FROM ledger
        WHERE state <> 'running' AND run_id IN (
            SELECT run_id FROM pipeline_runs WHERE kind = 'daily' AND state <> 'running'
            ORDER BY started_at DESC LIMIT $1)
        ORDER BY dataset, started_at DESC, state IN ('failed', 'died') DESC
    )
    SELECT dataset FROM tried WHERE state IN ('failed', 'died') AND NOT EXISTS (
        SELECT 1 FROM ledger AS later WHERE later.dataset = tried.dataset AND later.state IN ('ok', 'empty')
        AND later.run_id <> tried.run_id AND later.started_at > tried.started_at)
    ORDER BY dataset
"""
"""Datasets whose fetch failed in the last daily run that tried, and that no run has fetched since."""
