"""One morning as the live sources can make it: a dead code, refusals, a late answer, a curve gone from its file."""

from __future__ import annotations

import pytest

from desk.catalog import load_catalog
from desk.gold import GOLD
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox
from tests.flows.test_failures import MAY_BE_EMPTY

pytestmark = [pytest.mark.flow, pytest.mark.db]

CATALOG = load_catalog()
QUICK_TRIES, FURTHER_TRIES = 3, 1
AT_ONCE = 8
TREASURY_FILES = COT_REPORTS = 2
DEAD = CATALOG.series["usdbrl_sgs_buy"]
FAULTS = {
    "bcb_sgs": {"kind": "html", "match": f"bcdata.sgs.{DEAD.code}/"},
    "cftc_cot": {"kind": "refused"},
    "yahoo_finance": {"kind": "rate_limit", "retry_after": 120},
    "treasury_gov": {"kind": "server_error", "times": QUICK_TRIES * TREASURY_FILES},
    "b3_market_data": {"kind": "no_curve", "series": "DPL"},
}
FAILED = {"b3_swap_curves", "cftc_disagg", "cftc_tff", "yahoo_daily"}
"""The Treasury's curves come by the further try, and a dead code is no failure of its dataset."""


async def test_the_morning_ends_well_in_spite_of_all_of_them(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(faults=FAULTS)
    before = quiet_sandbox.requests()
    ran = await filled_desk.run(NEXT_DAY, settings={"ALVORADA_PATIENCE_SECONDS": "[1]"})
    requests = {name: count - before.get(name, 0) for name, count in quiet_sandbox.requests().items()}

    assert ran.state.name == "CompletedWithGaps", ran.state.message
    assert {part.split()[0] for part in ran.state.message.split(", ")} == FAILED
    (run,) = await filled_desk.rows(
        "SELECT run_id, state, gaps FROM pipeline_runs ORDER BY started_at DESC, run_id LIMIT 1"
    )
    assert (run["state"], set(run["gaps"])) == ("completed_with_gaps", FAILED)
    for name in GOLD.keys() - MAY_BE_EMPTY:
        assert (await filled_desk.gold(name, NEXT_DAY)).height, f"{name} has no row"

    # The ledger: what was refused has failed by name, everything else has its number or its "not yet".
    cells = await filled_desk.rows("SELECT dataset, state, error_kind FROM v_ledger WHERE run_id = $1", run["run_id"])
    ends = {(cell["dataset"], cell["state"], cell["error_kind"]) for cell in cells}
    failed = {end for end in ends if end[1] == "failed"}
    assert failed == {
        ("cftc_disagg", "failed", "Outage"), ("cftc_tff", "failed", "Outage"), ("yahoo_daily", "failed", "RateLimited"),
    }  # fmt: skip
    assert {state for _, state, _ in ends - failed} <= {"ok", "empty", "not_yet"}
    assert {("b3_swap_curves", "ok", None), ("treasury_nominal", "ok", None), ("bcb_sgs_daily", "ok", None)} <= ends
    unknown = await filled_desk.rows("SELECT dataset, subject, code, days FROM v_series_unknown")
    assert [tuple(row) for row in unknown] == [("bcb_sgs_daily", DEAD.id, DEAD.code, 1)]

    # The numbers: the late curve joined before the report; the real curve is the last that its file had.
    status = {row["dataset"]: row for row in (await filled_desk.gold("dataset_status", NEXT_DAY)).iter_rows(named=True)}
    assert {name for name, row in status.items() if row["state"] == "failed"} == FAILED
    assert status["treasury_nominal"]["last_obs_date"] == FILLED_DAY
    assert "the file of 2026-11-18 has no REAL (DPL)" in status["b3_swap_curves"]["error"]
    features = {row["feature_id"]: row for row in (await filled_desk.gold("feature", NEXT_DAY)).iter_rows(named=True)}
    for name in ("pre_252", "cupom_252", "ust_2520", "usdbrl"):
        assert features[name]["obs_date"] == FILLED_DAY, name
    assert features["real_252"]["value"] is not None
    assert features["real_252"]["obs_date"] < FILLED_DAY
    notes = {(kind, name, message) for kind, name, _, message in ran.events if kind == "note"}
    assert ("note", "treasury_gov", "treasury_gov is out: asked again in 1 s") in notes

    # The page, in words.
    failed_line = ran.page.split("Failed: ", 1)[1][:1_500]
    assert all(name in failed_line for name in FAILED)
    assert "has no REAL (DPL)" in ran.page

    # The requests stay few: a dead code is asked for three times, a host that is shut is left alone, and a further try
    # asks for what is still open alone.
    series = [one for one in CATALOG.series.values() if one.source == "bcb_sgs"]
    assert requests["bcb_sgs"] <= len(series) + QUICK_TRIES - 1
    # A try ends with what is in flight when the host shuts, and the further one comes when it opens.
    assert requests["yahoo_finance"] <= (1 + FURTHER_TRIES) * AT_ONCE
    assert requests["treasury_gov"] <= TREASURY_FILES * (QUICK_TRIES + FURTHER_TRIES)
    assert requests["cftc_cot"] <= COT_REPORTS * (QUICK_TRIES + FURTHER_TRIES)
    assert requests["b3_market_data"] <= 10
