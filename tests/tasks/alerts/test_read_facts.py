"""What the rules are given, read from rows laid by hand."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import asyncpg
import pytest

from desk.agents import AGENTS
from desk.alerts.evaluate import evaluate
from desk.alerts.facts import MISSING, Metrics
from desk.alerts.model import AlertKey
from desk.catalog import load_catalog
from desk.catalog.alert_rules import load_alerts
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from tasks.alerts.read_facts import read_metrics
from tasks.store import Store

pytestmark = pytest.mark.db

CATALOG, ALERTS, DESK = load_catalog(), load_alerts(), load_desk_parameters()
WEDNESDAY, THURSDAY = dt.date(2026, 11, 18), dt.date(2026, 11, 19)
AS_OF = decision_time(THURSDAY)
NOW = AS_OF + dt.timedelta(hours=3)
HEADLINE = DESK.risk.headline


class Rows:
    """Writes what a run would have written."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def put(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        places = ", ".join(f"${i}" for i in range(1, len(values) + 1))
        await self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())

    async def run(self, day: dt.date, state: str = "completed", started: dt.datetime | None = None, **more: Any) -> Any:
        run_id = uuid.uuid4()
        await self.put(
            "pipeline_runs", run_id=run_id, kind="daily", as_of=decision_time(day), sources="sandbox", state=state,
            started_at=started or decision_time(day), code_version="x", **more,
        )  # fmt: skip
        return run_id

    async def fetched(self, dataset: str, run_id: Any, state: str, at: dt.datetime, attempt: int = 1) -> None:
        await self.put("ledger", dataset=dataset, day=THURSDAY, attempt=attempt, run_id=run_id, state=state,
                       started_at=at, finished_at=at, code_version="x")  # fmt: skip


async def read(store: Store, now: dt.datetime = NOW) -> Metrics:
    return await read_metrics(store, now, CATALOG, ALERTS, DESK)


@pytest.fixture
async def rows(store: Store) -> Any:
    async with store.connections.acquire() as connection:
        yield Rows(connection)


async def test_where_nothing_was_run_there_is_nothing_to_alarm_about_until_a_run_was_due(
    store: Store, rows: Rows
) -> None:
    async def since(at: dt.datetime) -> Metrics:
        await rows.connection.execute("UPDATE world SET created_at = $1", at)
        return await read(store)

    new = await since(AS_OF + dt.timedelta(minutes=1))
    assert (new.is_new, evaluate(new, ALERTS.rules).readings) == (True, {})
    old = await since(AS_OF - dt.timedelta(minutes=1))
    assert not old.is_new
    readings = evaluate(old, ALERTS.rules).readings
    shown = [reading for reading in readings.values() if not any(e in readings for e in reading.explained_by)]
    assert [reading.summary for reading in shown] == ["no run of 2026-11-19 by its deadline; none was ever made"]


async def test_a_first_run_of_today_by_hand_is_not_late_for_yesterday(store: Store, rows: Rows) -> None:
    await rows.run(WEDNESDAY - dt.timedelta(days=1), started=NOW)  # of an older day, by a person who tries it
    found = await read(store)
    assert found.pipeline is not None
    assert (found.pipeline.expected, found.pipeline.is_late) == (THURSDAY, False)


@pytest.mark.parametrize("state", ["died", "cancelled"])
async def test_a_run_that_was_cut_off_leaves_the_numbers_of_the_day_before(
    store: Store, rows: Rows, state: str
) -> None:
    run = await rows.run(WEDNESDAY)
    await rows.put("portfolio_state", as_of=decision_time(WEDNESDAY), drawdown=0.01, run_id=run)
    stages = [{"name": "ingest", "seconds": 1.0, "error": "the database was lost"}]
    await rows.run(THURSDAY, state, stages=json.dumps(stages))
    early = await read(store, AS_OF + dt.timedelta(minutes=30))
    assert early.drawdown == 0.01
    assert early.pipeline is not None
    assert early.pipeline.run is not None
    assert (early.pipeline.run.state, early.pipeline.run.failed_stages) == (state, {})
    assert "PIPELINE_FAILURE" not in {key.rule_id for key in evaluate(early, ALERTS.rules).readings}
    late = evaluate(await read(store), ALERTS.rules).readings
    assert late[AlertKey("PIPELINE_FAILURE", "daily")].severity == "critical"


async def test_the_numbers_of_the_newest_decision_are_read(store: Store, rows: Rows) -> None:
    await rows.run(WEDNESDAY)
    run = await rows.run(THURSDAY)
    for day, var, drawdown, conviction in ((WEDNESDAY, 0.01, 0.01, -0.2), (THURSDAY, 0.04, 0.06, 0.3)):
        as_of = decision_time(day)
        for metric, value in (("var_95", var), ("var_99", var * 2)):
            for method, factor in ((HEADLINE, 1.0), ("another", 9.0)):
                await rows.put("risk_metrics_daily", as_of=as_of, metric=metric, method=method, value=value * factor,
                               run_id=run)  # fmt: skip
        await rows.put("var_method", as_of=as_of, role="headline", method=HEADLINE, run_id=run)
        await rows.put("var_method", as_of=as_of, role="challenger", method="another", run_id=run)
        await rows.put("portfolio_state", as_of=as_of, drawdown=drawdown, run_id=run)
        await rows.put("aggregated_signal", as_of=as_of, instrument_id="DOL", conviction=conviction,
                       flip=int(day == THURSDAY), run_id=run)  # fmt: skip
        await rows.put("agent_view", as_of=as_of, agent_id=AGENTS[0].id, score=None if day == THURSDAY else 0.5,
                       run_id=run)  # fmt: skip
    await rows.put("risk_limits_status", as_of=AS_OF, limit_id="var_95", utilisation=1.25, run_id=run)
    found = await read(store)
    assert (found.var_95, found.var_99, found.drawdown) == (0.04, 0.08, 0.06)
    assert found.utilisation["var_95"] == 1.25
    assert {value for name, value in found.utilisation.items() if name != "var_95"} == {MISSING}
    assert found.flips == {"DOL": 1}
    assert found.conviction_change == {"DOL": pytest.approx(0.5)}
    assert found.agent_age_hours[AGENTS[0].id] == pytest.approx(27.0), "the view of Thursday sees nothing"
    assert found.agent_age_hours[AGENTS[1].id] is MISSING
    tomorrow = await read(store, AS_OF + dt.timedelta(hours=24))
    assert tomorrow.flips == {"DOL": 0}, "24 hours later it is no flip of the last 24 hours"


async def test_what_the_last_run_did_not_make_is_missing_and_not_the_day_befores(store: Store, rows: Rows) -> None:
    run = await rows.run(WEDNESDAY)
    await rows.put("portfolio_state", as_of=decision_time(WEDNESDAY), drawdown=0.01, run_id=run)
    stages = [{"name": "ingest", "seconds": 1.0, "rows": 5}, {"name": "portfolio", "seconds": 1.0, "error": "no rows"}]
    await rows.run(THURSDAY, "failed", stages=json.dumps(stages), message="portfolio: no rows")
    found = await read(store)
    assert found.drawdown is MISSING
    assert found.pipeline is not None
    assert found.pipeline.run is not None
    assert found.pipeline.run.failed_stages == {"portfolio": "no rows"}
    assert found.pipeline.completed == WEDNESDAY
    readings = evaluate(found, ALERTS.rules).readings
    shown = {key: reading for key, reading in readings.items() if not any(e in readings for e in reading.explained_by)}
    assert {key.subject for key in shown} == {"daily", "stage:portfolio"}, "the rest follows from it"


async def test_a_run_that_is_late_and_one_that_is_on_its_way(store: Store, rows: Rows) -> None:
    await rows.run(WEDNESDAY)
    await rows.run(THURSDAY, "running")
    before = await read(store, AS_OF + dt.timedelta(minutes=44))
    assert before.pipeline is not None
    assert (before.pipeline.expected, before.pipeline.completed) == (WEDNESDAY, WEDNESDAY)
    after = await read(store, AS_OF + dt.timedelta(minutes=45))
    assert after.pipeline is not None
    assert (after.pipeline.expected, after.pipeline.completed) == (THURSDAY, WEDNESDAY)


async def test_a_source_has_failed_until_somebody_fetched_it(store: Store, rows: Rows) -> None:
    first = await rows.run(WEDNESDAY)
    second = await rows.run(THURSDAY, "completed_with_gaps")
    for dataset, state in (("fred_daily", "ok"), ("cftc_tff", "failed"), ("yahoo_daily", "died")):
        await rows.fetched(dataset, first, "failed" if dataset == "fred_daily" else "ok", decision_time(WEDNESDAY))
        await rows.fetched(dataset, second, state, AS_OF, attempt=2)
    found = await read(store)
    assert found.pipeline is not None
    assert found.pipeline.failed_sources == {"cftc_cot": ("cftc_tff",), "yahoo_finance": ("yahoo_daily",)}
    assert "yahoo_finance" not in found.pipeline.required_sources, "its stand-ins serve"
    backfill = uuid.uuid4()
    await rows.fetched("cftc_tff", backfill, "ok", AS_OF + dt.timedelta(minutes=30), attempt=3)
    again = await read(store)
    assert again.pipeline is not None
    assert set(again.pipeline.failed_sources) == {"yahoo_finance"}


async def test_datasets_grow_old_while_nothing_runs(store: Store, rows: Rows) -> None:
    """Aged to the decision that should have been made; before the deadline the day has not begun."""
    run = await rows.run(WEDNESDAY)
    for dataset in ("bcb_ptax", "cftc_tff"):
        last = None if dataset == "cftc_tff" else dt.date(2026, 11, 17)
        await rows.put("dataset_status", as_of=decision_time(WEDNESDAY), dataset=dataset, state="ok",
                       last_obs_date=last, run_id=run)  # fmt: skip
    ages = {}
    for now in (
        AS_OF + dt.timedelta(minutes=44),
        AS_OF + dt.timedelta(minutes=45),
        decision_time(dt.date(2026, 11, 24)),
    ):
        found = await read(store, now)
        ages[now] = found.datasets["bcb_ptax"].age_bd
    assert list(ages.values()) == [1, 2, 3], "Friday the 20th is a holiday; Monday's is over, Tuesday's not yet"
    assert found.datasets["cftc_tff"].age_bd is None
    assert found.datasets["fred_daily"].age_bd is MISSING


async def test_nan_comes_through_as_it_is(store: Store, rows: Rows) -> None:
    run = await rows.run(THURSDAY)
    await rows.put("portfolio_state", as_of=AS_OF, drawdown=float("nan"), run_id=run)
    readings = evaluate(await read(store), ALERTS.rules).readings
    summaries = {key.rule_id: reading.summary for key, reading in readings.items() if key.condition == "no_data"}
    assert "the metric is nan" in summaries["DRAWDOWN_WARNING"]
    assert "the metric is missing" in summaries["VAR_BREACH"]


async def test_alerts_beyond_the_desk_name_what_is_odd_without_its_numbers(store: Store, rows: Rows) -> None:
    run = await rows.run(THURSDAY)
    for pair, left, right in (("vix", "vix", "vix_fred"), ("ptax", "usdbrl_ptax_sell", "usdbrl_sgs_sell")):
        await rows.put(
            "source_comparison", as_of=AS_OF, pair_id=pair, left_source=left, right_source=right, left_value=17.2,
            right_value=18.1, left_date=WEDNESDAY, state="broken", run_id=run,
        )  # fmt: skip
    await rows.put(
        "hold", silver_table="price_bar", silver_column="close", entity="vix", obs_date=WEDNESDAY, knowledge_time=AS_OF,
        dataset="yahoo_daily", value=172.0, rule="step", reason="172 after 17.2", run_id=run, held_at=AS_OF,
    )  # fmt: skip
    open_ = await read(store)
    assert open_.broken_pairs["vix"] == "vix 17.2, vix_fred 18.1 of 2026-11-18"
    assert open_.held["vix"].newest == "2026-11-18: 172 after 17.2"
    closed = await read_metrics(store, NOW, CATALOG, ALERTS, DESK, ("b3_market_data", "fred", "yahoo_finance"))
    assert closed.broken_pairs["vix"] == "vix, vix_fred of 2026-11-18"
    assert closed.broken_pairs["ptax"] == "usdbrl_ptax_sell 17.2, usdbrl_sgs_sell 18.1 of 2026-11-18"
    assert closed.held["vix"].newest == "2026-11-18"
