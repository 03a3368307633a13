"""A backfill shows its plan, fills missing and failed cells once, and waits for the daily run."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import pytest
from prefect import get_client
from prefect.artifacts import Artifact

from desk.errors import BadInput, Busy
from desk.model import SILVER
from flows.backfill import backfill
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, Listener, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

OLD = (dt.date(2015, 1, 5), dt.date(2015, 1, 16))
"""Two weeks long before the first run's history; B3 was open on all ten days."""
CURVE_DAYS = [dt.date(2024, 5, 7), dt.date(2024, 5, 8), dt.date(2024, 5, 13)]


async def fill(
    desk: RunningDesk, days: tuple[Any, Any] = OLD, *, listener: Listener | None = None, **parameters: Any
) -> tuple[Any, list[str]]:
    """The backfill's final state, and the lines that it showed."""
    listener = listener or Listener()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in desk.environment(NEXT_DAY).items():
            patch.setenv(name, value)
        state = await backfill(days[0], days[1], sources="sandbox", progress=listener, return_state=True, **parameters)
    return state, [message for kind, _, _, message in listener.events if kind == "note"]


async def curves(desk: RunningDesk) -> list[tuple[Any, ...]]:
    """Every stored curve point but for its receipt."""
    table = SILVER["curve_point"]
    columns = ", ".join([*table.parsed_schema, "stamp"])
    rows = await desk.rows(
        f"SELECT {columns} FROM curve_point WHERE obs_date >= '2024-01-01' ORDER BY {', '.join(table.key)}"
    )
    return [tuple(row) for row in rows]


async def last_run(desk: RunningDesk) -> dict[str, Any]:
    (row,) = await desk.rows("SELECT * FROM pipeline_runs WHERE kind = 'backfill' ORDER BY ctid DESC LIMIT 1")
    return dict(row)


async def test_a_dry_run_shows_the_cells_and_an_estimate_and_changes_nothing(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    before, requests = await filled_desk.stored(), quiet_sandbox.requests()
    state, lines = await fill(filled_desk, dry_run=True)
    assert state.name == "Completed"
    assert state.message.startswith("dry run: ")
    curves = next(line.split() for line in lines if line.split()[0] == "b3_swap_curves")
    assert curves[1:4] == ["10", "1", "10"]
    assert curves[-2:] == ["earlier", "fetches"]
    assert float(curves[4]) > 0
    assert quiet_sandbox.requests() == requests
    assert await filled_desk.stored() == before
    assert await filled_desk.rows("SELECT 1 FROM pipeline_runs WHERE kind = 'backfill'") == []


async def test_old_days_come_in_by_their_rules_once(filled_desk: RunningDesk, quiet_sandbox: RunningSandbox) -> None:
    state, lines = await fill(filled_desk, (OLD[0].isoformat(), OLD[1].isoformat()))
    assert state.name == "Completed", state.message
    row = await last_run(filled_desk)
    assert (row["state"], row["sources"], row["gaps"]) == ("completed", "sandbox", [])
    assert {"treasury_nominal", "b3_swap_curves"} <= {stage["name"] for stage in json.loads(row["stages"])}
    points = await filled_desk.rows(
        "SELECT count(DISTINCT obs_date) AS days, count(DISTINCT stamp) AS stamps, min(stamp) AS stamp,"
        " max(knowledge_time) AS known FROM curve_point WHERE curve_id = 'PRE' AND obs_date BETWEEN $1 AND $2", *OLD
    )  # fmt: skip
    assert (points[0]["days"], points[0]["stamps"], points[0]["stamp"]) == (10, 1, "rule")
    assert points[0]["known"] < dt.datetime(2015, 1, 20, tzinfo=dt.UTC)
    assert any(line.strip().startswith("b3_swap_curves 2015-01-05..2015-01-16: ") for line in lines)

    before, requests = await filled_desk.stored(), quiet_sandbox.requests()
    state, _ = await fill(filled_desk)
    assert (state.name, state.message.split(":")[0]) == ("Completed", "nothing to do")
    assert quiet_sandbox.requests() == requests
    assert await filled_desk.stored() == before


async def test_a_backfill_shows_how_far_it_is_and_runs_are_named_by_what_they_do(filled_desk: RunningDesk) -> None:
    day = dt.date(2014, 3, 5)
    await fill(filled_desk, (day, day))
    shown = await Artifact.get("backfill-progress")
    assert shown is not None
    assert shown.description == f"Backfill of {day} to {day}"
    assert "**100%**" in str(shown.data)
    async with get_client() as client:
        flows = {run.name for run in await client.read_flow_runs(limit=200)}
        tasks = {run.name for run in await client.read_task_runs(limit=200)}
    stages = ("ingest", "transform", "signals", "portfolio", "risk", "gate", "report")
    assert {f"{stage}-{FILLED_DAY}" for stage in stages} <= flows
    assert {f"ingest-{source}" for source in ("bcb_sgs", "fred", "bcb_focus")} <= tasks


async def test_only_the_selected_states_are_filled_and_good_cells_stay_untouched(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    whole = await curves(filled_desk)
    lost, failed, died = CURVE_DAYS
    ledger = "ledger WHERE dataset = 'b3_swap_curves' AND day"
    await filled_desk.rows("DELETE FROM curve_point WHERE obs_date = ANY($1) AND curve_id IN ('PRE', 'CUPOM', 'REAL')", CURVE_DAYS)  # fmt: skip  # noqa: E501
    await filled_desk.rows(f"DELETE FROM {ledger} = $1", lost)
    for day, state in ((failed, "failed"), (died, "died")):
        await filled_desk.rows(
            f"UPDATE ledger SET state = '{state}' WHERE dataset = 'b3_swap_curves' AND day = $1", day
        )
    window = (dt.date(2024, 5, 2), dt.date(2024, 5, 31))

    requests = quiet_sandbox.requests()["b3_market_data"]
    state, _ = await fill(filled_desk, window, only=["failed"])
    assert state.name == "Completed", state.message
    assert quiet_sandbox.requests()["b3_market_data"] - requests == 2
    assert await filled_desk.rows(f"SELECT 1 FROM {ledger} = $1", lost) == []

    state, _ = await fill(filled_desk, window, only=["missing"])
    assert state.name == "Completed", state.message
    assert await curves(filled_desk) == whole
    tries = await filled_desk.rows(
        f"SELECT day, max(attempt) AS tries FROM {ledger} BETWEEN $1 AND $2 GROUP BY day", *window
    )
    assert {row["day"]: row["tries"] for row in tries if row["tries"] > 1} == {failed: 2, died: 2}


async def test_a_source_that_is_out_is_named_and_filled_the_next_time(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(faults={"treasury_gov": {"kind": "server_error"}})
    state, _ = await fill(filled_desk)
    assert state.name == "CompletedWithGaps"
    assert "treasury_nominal" in state.message
    row = await last_run(filled_desk)
    assert (row["state"], row["gaps"]) == ("completed_with_gaps", ["treasury_nominal", "treasury_real"])
    states = await filled_desk.rows(
        "SELECT dataset, array_agg(DISTINCT state) AS states FROM v_cells WHERE day BETWEEN $1 AND $2 GROUP BY 1", *OLD
    )
    assert {row["dataset"]: row["states"] for row in states if row["dataset"].startswith("treasury")} == {
        "treasury_nominal": ["failed"]  # the source gave no answer at all: its other dataset was left alone
    }
    assert ["ok"] in [row["states"] for row in states if row["dataset"] == "yahoo_daily"]

    quiet_sandbox.configure(faults={})
    requests = quiet_sandbox.requests()
    state, _ = await fill(filled_desk)
    assert state.name == "Completed", state.message
    now = quiet_sandbox.requests()
    assert {source for source in now if now[source] != requests[source]} == {"treasury_gov"}


async def test_a_backfill_waits_while_the_daily_run_works(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.ingest.backfill_source.WAIT_SECONDS", 0.05)
    listener, requests = Listener(), quiet_sandbox.requests()
    async with filled_desk.store() as store:
        async with store.run_lock("flow", "daily"):
            filling = asyncio.create_task(fill(filled_desk, listener=listener))
            async with asyncio.timeout(60):
                while not any("the daily run is at work" in message for *_, message in listener.events):
                    assert not filling.done()
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            assert quiet_sandbox.requests() == requests
        state, lines = await filling
    assert state.name == "Completed", state.message
    assert any("the daily run has ended" in line for line in lines)


async def test_a_second_backfill_ends_with_one_clear_line(filled_desk: RunningDesk) -> None:
    async with filled_desk.store() as store, store.run_lock("flow", "backfill"):
        state, _ = await fill(filled_desk)
    assert state.is_failed()
    with pytest.raises(Busy, match="another backfill is at work"):
        await state.result(fetch=True)
    assert await filled_desk.rows("SELECT 1 FROM pipeline_runs WHERE kind = 'backfill'") == []


@pytest.mark.parametrize(
    ("days", "parameters", "expected"),
    [
        ((OLD[1], OLD[0]), {}, "ends before it starts"),
        (("2015-01-05", "soon"), {}, "'soon' is not a date"),
        (OLD, {"only": ["lost"]}, "missing, failed"),
    ],
)
async def test_bad_input_is_refused_in_one_line(
    filled_desk: RunningDesk, days: tuple[Any, Any], parameters: dict[str, Any], expected: str
) -> None:
    state, _ = await fill(filled_desk, days, **parameters)
    with pytest.raises(BadInput, match=expected):
        await state.result(fetch=True)
