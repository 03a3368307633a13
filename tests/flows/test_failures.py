"""Sources failing: the run ends with the rest computed, and page, ledger and state name what is missing."""

from __future__ import annotations

import datetime as dt
import re
from html import escape

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.gold import GOLD
from desk.model import SilverTable, decision_time
from desk.quality import Quality, check_rows
from tasks.ingest import silver_batch
from tests.fixtures.flows import NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox
from tests.flows.fault_matrix import FAULTS

pytestmark = [pytest.mark.flow, pytest.mark.db]

CATALOG = load_catalog()
DOWN = {"kind": "server_error"}
MAY_BE_EMPTY = {"action", "ticket", "withheld_order", "gated_order"}
"""No orders is an answer too, and so is that none is withheld or stopped."""


def datasets_of(source: str) -> set[str]:
    return {dataset.id for dataset in CATALOG.datasets_of(source)}


def without(frame: pl.DataFrame, sources: tuple[str, ...]) -> pl.DataFrame:
    return frame.filter(~pl.col("source").is_in(sources))


ONE_EACH = {
    "b3_market_data": "other answer",
    "bcb_focus": "nulls and NaN",
    "bcb_fx_flow": "garbage",
    "bcb_ptax": "challenge page",
    "bcb_sgs": "429, wait 1 h",
    "bea": "other answer",
    "bls": "nulls and NaN",
    "cboe_vix": "cut body",
    "cftc_cot": "cut body",
    "eia": "other answer",
    "fed_board": "nulls and NaN",
    "fred": "HTTP 503",
    "ibge_sidra": "other names",
    "nyfed_rates": "HTTP 503",
    "stn_fiscal": "huge body",
    "treasury_gov": "nulls and NaN",
    "yahoo_finance": "other answer",
}
"""Every source and every fault once, but for those of patience; bench/faults.py runs all pairs, each alone."""
MORNINGS = (
    ("b3_market_data", "bcb_focus", "bcb_ptax", "ibge_sidra", "treasury_gov"),
    ("bcb_fx_flow", "bcb_sgs", "cftc_cot", "stn_fiscal"),
    ("bea", "bls", "cboe_vix", "eia", "fed_board", "fred", "nyfed_rates", "yahoo_finance"),
)
"""Sources that fail in one run, so that no price has both its source and its stand-in out."""


def test_every_source_and_fault_has_its_turn() -> None:
    assert set(ONE_EACH) == set(CATALOG.sources)
    assert sorted(source for morning in MORNINGS for source in morning) == sorted(ONE_EACH)
    assert set(FAULTS) - set(ONE_EACH.values()) == {"no answer", "slow drip", "429, wait 1 s"}


@pytest.mark.parametrize("sources", MORNINGS, ids=" ".join)
async def test_sources_that_fail_are_named_and_cost_the_others_nothing(
    filled_desk: RunningDesk,
    healthy_morning: dict[str, pl.DataFrame],
    quiet_sandbox: RunningSandbox,
    sources: tuple[str, ...],
) -> None:
    faults = {source: FAULTS[ONE_EACH[source]] for source in sources}
    quiet_sandbox.configure(faults={source: dict(fault.settings) for source, fault in faults.items()})
    ran = await filled_desk.run(NEXT_DAY)
    lost = {dataset for source in sources for dataset in datasets_of(source)}

    assert ran.state.is_completed()
    assert ran.state.name == "CompletedWithGaps", ran.state.message
    assert {part.split()[0] for part in ran.state.message.split(", ")} == lost
    (run,) = await filled_desk.rows(
        "SELECT run_id, state, gaps FROM pipeline_runs ORDER BY started_at DESC, run_id LIMIT 1"
    )
    assert (run["state"], set(run["gaps"])) == ("completed_with_gaps", lost)

    for name in GOLD.keys() - MAY_BE_EMPTY:
        assert (await filled_desk.gold(name, NEXT_DAY)).height, f"{name} has no row"
    status = await filled_desk.gold("dataset_status", NEXT_DAY)
    assert set(status.filter(state="failed")["dataset"]) == lost
    assert without(status, sources).equals(without(healthy_morning["dataset_status"], sources))
    facts = ["input_id", "value", "obs_date", "knowledge_time", "state"]
    receipts = await filled_desk.gold("input_receipt", NEXT_DAY)
    expected = without(healthy_morning["input_receipt"], sources)
    assert without(receipts, sources).select(facts).equals(expected.select(facts))

    failed_line = re.split(r"</(?:p|li|td)>", ran.page.split("Failed: ", 1)[1], maxsplit=1)[0]
    assert [dataset for dataset in sorted(lost) if dataset not in failed_line] == []
    cells = await filled_desk.rows("SELECT * FROM v_ledger WHERE run_id = $1", run["run_id"])
    for source, fault in faults.items():
        for row in status.filter(source=source).iter_rows(named=True):
            assert any(words in row["error"] for words in fault.words), row["error"]
        assert any(escape(words) in ran.page for words in fault.words)
        mine = [cell for cell in cells if cell["dataset"] in datasets_of(source)]
        assert {cell["dataset"] for cell in mine} == datasets_of(source)
        assert {cell["state"] for cell in mine} == {"failed"}
        assert {cell["error_kind"] for cell in mine} <= fault.kinds
        assert all(any(words in cell["error"] for words in fault.words) for cell in mine)
    assert all(cell["state"] in ("ok", "empty", "not_yet") for cell in cells if cell["dataset"] not in lost)


async def test_without_a_required_dataset_the_run_fails_by_name(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    """A desk that B3 has never answered: the page exists, with curves from the bonds of Tesouro Direto."""
    lost = ["b3_swap_curves", "b3_settlements"]
    for table in ("curve_point", "settlement"):
        await filled_desk.rows(
            f"DELETE FROM {table} WHERE payload_id IN (SELECT payload_id FROM payload WHERE dataset = ANY($1))", lost
        )
    await filled_desk.rows("DELETE FROM ledger WHERE dataset = ANY($1)", lost)
    quiet_sandbox.configure(faults={"b3_market_data": DOWN})
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_failed()
    assert "required dataset b3_swap_curves is absent" in ran.state.message
    (run,) = await filled_desk.rows(
        "SELECT state, message, gaps FROM pipeline_runs WHERE as_of = $1", decision_time(NEXT_DAY)
    )
    assert run["state"] == "failed"
    assert set(lost) <= set(run["gaps"])
    assert "b3_swap_curves (never seen)" in ran.page
    status = await filled_desk.gold("dataset_status", NEXT_DAY)
    assert set(status.filter(state="absent")["dataset"]) == set(lost)
    features = await filled_desk.gold("feature", NEXT_DAY)
    known = features.filter(pl.col("value").is_not_null())["feature_id"].to_list()
    assert {"usdbrl", "pre_252"} <= set(known)
    assert not any(name.startswith("cupom_") for name in known), "no other source has the dollar's rate in Brazil"
    assert (await filled_desk.gold("portfolio_state", NEXT_DAY)).height == 1
    assert (await filled_desk.gold("action", NEXT_DAY)).is_empty()
    assert (await filled_desk.gold("ticket", NEXT_DAY)).is_empty()
    assert not await filled_desk.rows("SELECT 1 FROM decision WHERE as_of = $1", decision_time(NEXT_DAY))
    assert "DEAL NOTHING TODAY" in ran.page
    assert "What every decision rests on is absent (b3_swap_curves)" in ran.page


async def test_an_unexpected_error_over_one_sources_rows_is_its_failure_by_name(
    filled_desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong over one source's rows costs that source alone, and the ledger names the exception."""

    def wrong_for_bars(table: SilverTable, rows: pl.DataFrame, as_of: dt.datetime) -> Quality:
        if table.name == "price_bar":
            raise ZeroDivisionError("a bug of ours")
        return check_rows(table, rows, as_of)

    monkeypatch.setattr(silver_batch, "check_rows", wrong_for_bars)
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.name == "CompletedWithGaps", ran.state.message
    assert ran.state.message == "yahoo_daily failed"
    failed = await filled_desk.rows("SELECT DISTINCT dataset, error FROM ledger WHERE state = 'failed'")
    assert {row["dataset"] for row in failed} == {"yahoo_daily"}
    assert all(
        "our own code failed on its rows, and not the source: ZeroDivisionError: a bug of ours" in row["error"]
        for row in failed
    ), failed


async def test_a_bug_of_ours_in_a_stage_leaves_the_report(
    filled_desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says what can be said, the run's record names the bug, and nothing is decided."""

    def broken(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("flows.transform.build_panel", broken)
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_failed()
    assert "ZeroDivisionError" in ran.state.message
    found = await filled_desk.rows("SELECT state, message FROM pipeline_runs WHERE as_of = $1", decision_time(NEXT_DAY))
    assert [tuple(run) for run in found] == [("failed", "ZeroDivisionError: a bug of ours")]
    assert str(NEXT_DAY) in ran.page
    assert await filled_desk.rows("SELECT 1 FROM decision WHERE as_of = $1", decision_time(NEXT_DAY)) == []
