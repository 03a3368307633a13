"""Ingest against the running sandbox: all sources at once, and which errors are retried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from desk.model import decision_time
from flows.ingest import IngestResult, ingest
from tasks.run.run import Run
from tasks.run.run_context import open_run
from tests.fixtures.flows import NEXT_DAY, Listener, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

IMPATIENT_SECONDS = 5.0
RETRY_AFTER = 1


@asynccontextmanager
async def run_of_next_day(desk: RunningDesk, *only: str, timeout_seconds: float | None = None) -> AsyncIterator[Run]:
    """A run of NEXT_DAY with only the sources named (all when none is), perhaps less patient than the catalogue."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in desk.environment(NEXT_DAY).items():
            patch.setenv(name, value)
        async with open_run(decision_time(NEXT_DAY), "sandbox", progress=Listener()) as run:
            kept = {name: spec for name, spec in run.catalog.sources.items() if not only or name in only}
            if timeout_seconds is not None:
                kept = {name: replace(spec, timeout_seconds=timeout_seconds) for name, spec in kept.items()}
            run.catalog = replace(run.catalog, sources=kept)
            yield run


async def ingested(run: Run) -> IngestResult:
    state = await ingest(run, return_state=True)
    result: IngestResult = await state.result(fetch=True)  # type: ignore[call-overload]  # its overloads lack `fetch`
    return result


async def ended(desk: RunningDesk, run: Run) -> dict[str, set[tuple[str, str | None]]]:
    """dataset -> the (state, kind of error) of its cells in this run."""
    rows = await desk.rows("SELECT DISTINCT dataset, state, error_kind FROM ledger WHERE run_id = $1", run.run_id)
    found: dict[str, set[tuple[str, str | None]]] = {}
    for row in rows:
        found.setdefault(row["dataset"], set()).add((row["state"], row["error_kind"]))
    return found


async def test_all_sources_get_a_request_before_one_has_answered(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    """No source answers until all have a request; then the retries succeed."""
    quiet_sandbox.configure(faults={"*": {"kind": "timeout"}})
    before = quiet_sandbox.requests()
    async with run_of_next_day(filled_desk, timeout_seconds=IMPATIENT_SECONDS) as run:
        working = asyncio.create_task(ingested(run))
        while len(requested := newly_requested(before, await asyncio.to_thread(quiet_sandbox.requests))) < len(
            run.catalog.sources
        ):
            assert not working.done(), f"only {sorted(requested)} were requested"
            await asyncio.sleep(0.05)
        events = {(name, state) for kind, name, state, _ in run.progress.watcher.events if kind == "source"}  # type: ignore[attr-defined]
        assert events == {(name, "started") for name in run.catalog.sources}
        quiet_sandbox.configure(faults={})
        result = await working
    assert result.errors == {}
    assert min(result.inserted[name] for name in ("bcb_ptax", "b3_market_data", "yahoo_finance")) > 0
    cells = await ended(filled_desk, run)
    assert {state for states in cells.values() for state, _ in states} <= {"ok", "empty", "not_yet"}


def newly_requested(before: dict[str, int], now: dict[str, int]) -> set[str]:
    return {source for source, count in now.items() if count > before.get(source, 0)}


async def test_a_source_that_sends_retry_after_is_retried_after_that_pause(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(faults={"bcb_fx_flow": {"kind": "rate_limit", "times": 2, "retry_after": RETRY_AFTER}})
    before = quiet_sandbox.requests().get("bcb_fx_flow", 0)
    async with run_of_next_day(filled_desk, "bcb_fx_flow") as run:
        result = await ingested(run)
    assert result.errors == {}
    assert quiet_sandbox.requests()["bcb_fx_flow"] > before + 2
    assert result.seconds["bcb_fx_flow"] >= RETRY_AFTER  # the client waits, however short our own delays are
    assert {state for state, _ in (await ended(filled_desk, run))["bcb_fx_flow"]} == {"ok", "not_yet"}


async def test_html_in_place_of_data_is_retried(filled_desk: RunningDesk, quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": "html", "times": 2}})
    async with run_of_next_day(filled_desk, "cftc_cot") as run:
        result = await ingested(run)
    assert result.errors == {}
    assert set(await ended(filled_desk, run)) == {"cftc_tff", "cftc_disagg"}


@pytest.mark.parametrize("kind", ["html", "rate_limit", "cut_body"])
async def test_three_tries_and_no_more(filled_desk: RunningDesk, quiet_sandbox: RunningSandbox, kind: str) -> None:
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": kind, "match": "gpe5-46if"}})
    before = quiet_sandbox.requests().get("cftc_cot", 0)
    async with run_of_next_day(filled_desk, "cftc_cot") as run:
        result = await ingested(run)
    error = {"html": "HtmlPayload", "rate_limit": "RateLimited", "cut_body": "Outage"}[kind]
    assert set(result.errors) == {"cftc_tff"}
    cells = await ended(filled_desk, run)
    assert cells["cftc_tff"] == {("failed", error)}
    assert "ok" in {state for state, _ in cells["cftc_disagg"]}, "the source's other dataset came in"
    others = 1
    assert quiet_sandbox.requests()["cftc_cot"] - before == 3 + others


async def test_another_schema_is_not_retried(filled_desk: RunningDesk, quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": "wrong_schema", "match": "gpe5-46if"}})
    before = quiet_sandbox.requests().get("cftc_cot", 0)
    async with run_of_next_day(filled_desk, "cftc_cot") as run:
        result = await ingested(run)
    assert set(result.errors) == {"cftc_tff"}
    assert (await ended(filled_desk, run))["cftc_tff"] == {("failed", "BadPayload")}
    assert quiet_sandbox.requests()["cftc_cot"] - before == 2
