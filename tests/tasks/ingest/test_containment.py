"""Whatever an answer holds, it fails its own query, by name in the ledger; what has gone on our side ends the run."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from copy import copy
from dataclasses import replace

import polars as pl
import pytest

from desk.errors import BadPayload, BadRequest, StoreError
from desk.model import Frames, Window
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import Payload, Query, Request, SourceConfig
from tasks.ingest.ledger_cells import open_cells
from tasks.ingest.source_job import SourceJob, fetch_open_queries
from tasks.run.run import Run
from tasks.store.lake import Bronze
from tests.tasks.ingest.scripted import (
    FRI,
    MON,
    THU,
    TUE,
    WED,
    Echo,
    auction,
    cells,
    close_open_cells,
    job_of,
    on,
)
from tests.tasks.run.runs import AS_OF
from tests.tasks.silver_counts import silver_counts

pytestmark = pytest.mark.db


async def test_any_exception_of_a_parser_is_that_querys_failure(run: Run) -> None:
    def broken(query: Query) -> Frames:
        raise TypeError("unsupported operand \0")

    job = job_of(run, {"stn_auctions": on({TUE: broken}, auction)}, {"stn_auctions": [Window(MON, WED)]})
    await open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    found = await cells(run, "stn_auctions")
    assert {day: state for day, (state, _) in found.items()} == {MON: "ok", TUE: "failed", WED: "ok"}
    url = f"https://data.example/stn_auctions/{TUE}"
    assert found[TUE][1] == f"stn_fiscal: TypeError: unsupported operand   [{url}]"


async def test_rows_that_the_store_refuses_fail_their_own_query_and_no_other(run: Run) -> None:
    def refusable(query: Query) -> Frames:
        return {"settlement": auction(query)["settlement"].with_columns(contract_id=pl.lit(None, pl.String))}

    def beyond(query: Query) -> Frames:  # in the border's bounds, and not in a column of PostgreSQL's
        return {"settlement": auction(query)["settlement"].with_columns(contract_id=pl.lit("x" * 99))}

    job = job_of(
        run, {"stn_auctions": on({TUE: refusable, WED: beyond}, auction)}, {"stn_auctions": [Window(MON, THU)]}
    )
    async with run.store.connections.acquire() as connection:
        await connection.execute("ALTER TABLE settlement ADD CONSTRAINT short CHECK (length(contract_id) < 90)")
    await open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    found = await cells(run, "stn_auctions")
    assert {day: state for day, (state, _) in found.items()} == {MON: "ok", TUE: "failed", WED: "failed", THU: "ok"}
    assert "contract_id holds a text that is no name" in str(found[TUE][1])
    assert f"stn_auctions {WED}..{WED}: cannot be stored: RowsRefused: the database refused:" in str(found[WED][1])
    assert job.inserted == 2


async def test_our_own_code_s_failure_on_rows_is_said_to_be_ours(run: Run) -> None:
    """A catalogue without a rule for the dataset makes our own code fail on good rows: the others go on."""
    rules = {
        name: rule for name, rule in run.catalog.rules.items() if name != run.catalog.datasets["stn_auctions"].rule
    }
    broken = copy(run)
    broken.catalog = replace(run.catalog, rules=rules)
    job = job_of(run, {"stn_auctions": auction}, {"stn_auctions": [Window(MON, TUE)]})
    await open_cells(run, job.fetches)
    await fetch_open_queries(broken, job)
    await close_open_cells(run, job)
    async with run.store.connections.acquire() as connection:
        found = await connection.fetch("SELECT state, error_kind, error FROM v_ledger WHERE dataset = 'stn_auctions'")
    assert {(row["state"], row["error_kind"]) for row in found} == {("failed", "OurFault")}
    assert all("our own code failed on its rows, and not the source: KeyError" in row["error"] for row in found)
    assert all(".py:" in row["error"] for row in found)


@pytest.mark.parametrize("ours", [StoreError("the database has gone"), OSError(28, "No space left on device")])
async def test_what_has_gone_on_our_side_is_not_taken_for_the_sources(run: Run, ours: Exception) -> None:
    class Gone(Echo):
        async def send(self, request: Request) -> Payload:
            raise ours

    job = job_of(run, {"stn_auctions": auction}, {"stn_auctions": [Window(MON, TUE)]})
    job.client = Gone(job.bronze)
    await open_cells(run, job.fetches)
    with pytest.raises(type(ours)) as raised:
        await fetch_open_queries(run, job)
    assert raised.value is ours
    assert {state for state, _ in (await cells(run, "stn_auctions")).values()} == {"running"}


class OneBody(Echo):
    """A client with one body for each address that holds `where`, and another for the others."""

    def __init__(self, bronze: Bronze, where: str, spoiled: tuple[int, bytes], good: Callable[[str], bytes]) -> None:
        super().__init__(bronze)
        self.where, self.spoiled, self.good = where, spoiled, good

    async def send(self, request: Request) -> Payload:
        status, body = self.spoiled if self.where in request.url else (200, self.good(request.url))
        payload = Payload(request, status, {}, body, AS_OF)
        await self.bronze.keep(payload)
        return payload


async def through(
    run: Run, dataset: str, where: str, spoiled: tuple[int, bytes], good: Callable[[str], bytes]
) -> SourceJob:
    """A job of the real connector of `dataset` over one day, from its open cells to its closed ones."""
    source = run.catalog.datasets[dataset].source
    bronze = Bronze(run.lake, run.store, run.run_id, "sandbox")
    connector = CONNECTORS[source](SourceConfig.from_spec(run.catalog.sources[source]))
    job = SourceJob(source, connector, OneBody(bronze, where, spoiled, good), bronze)
    job.add_dataset(run, run.catalog.datasets[dataset], [Window(FRI, FRI)])
    await open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    return job


def sgs_rows(url: str) -> bytes:
    return b'[{"data":"09/01/2026","valor":"5.38"}]'


def yahoo_chart(url: str) -> bytes:
    quote = {name: [100.0] for name in ("open", "high", "low", "close", "volume")}
    meta = {"dataGranularity": "1d", "exchangeTimezoneName": "America/New_York", "priceHint": 2}
    stamp = int(dt.datetime(2026, 1, 9, 14, 30, tzinfo=dt.UTC).timestamp())
    result = {"meta": meta, "timestamp": [stamp], "indicators": {"quote": [quote]}}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


async def test_one_share_with_a_null_stamp_leaves_all_others_stored(run: Run) -> None:
    spoiled = re.sub(rb'"timestamp": \[\d+\]', b'"timestamp": [null]', yahoo_chart(""))
    job = await through(run, "yahoo_daily", "/EWZ?", (200, spoiled), yahoo_chart)
    (error,) = job.errors
    assert type(error) is BadPayload
    ((state, words),) = set((await cells(run, "yahoo_daily")).values())
    assert (state, words) == ("ok", str(error))
    assert str(error).startswith("yahoo_finance: not a number: None [https://")
    assert "/EWZ?" in str(error)
    assert (await silver_counts(run.store))["price_bar"] == len(run.catalog.series_of("yahoo_daily")) - 1


async def test_a_refusal_that_holds_a_nul_is_written_to_the_ledger(run: Run) -> None:
    body = json.dumps({"erro": {"detail": "SGSNegocioException: no \0 such\x1b[2J series"}}).encode()
    job = await through(run, "bcb_sgs_daily", "bcdata.sgs.1/", (400, body), sgs_rows)
    assert [type(error) for error in job.errors] == [BadRequest]
    words = {error for state, error in (await cells(run, "bcb_sgs_daily")).values() if state == "ok"}
    assert [one.partition(" [")[0] for one in words if one] == ["bcb_sgs: no   such"]
    assert (await silver_counts(run.store))["observation"] == len(run.catalog.series_of("bcb_sgs_daily")) - 1
