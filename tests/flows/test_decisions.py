"""A decision once made is a record: whatever is run or fetched later, and in whatever order."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from desk.model import decision_time
from flows.backfill import backfill
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

PAST = dt.date(2026, 11, 10)
"""Before the book's first live decision: history."""
MONDAY = dt.date(2026, 11, 23)
"""The session after NEXT_DAY: the 20th is a holiday."""
PAGE_TABLES = {"dataset_status", "input_receipt", "source_comparison", "report", "feature"}
"""What the first run of a day of history adds: the state of the data and what its sources say of one another, the page,
and the levels of the days before the book that its charts show."""


async def decisions(desk: RunningDesk, since: dt.date) -> list[tuple[dt.date, int, str, bool]]:
    rows = await desk.rows(
        "SELECT as_of, version, kind, is_beside FROM v_decision WHERE as_of >= $1 ORDER BY as_of, version",
        decision_time(since),
    )
    return [(row["as_of"].date(), row["version"], row["kind"], row["is_beside"]) for row in rows]


async def records(desk: RunningDesk, until: dt.date) -> dict[str, list[str]]:
    """Every row of the book, its risk and what it was decided on, up to a day, with the run that wrote it."""
    tables = ("target_position", "portfolio_state", "pnl_attribution", "pnl_by_strategy", "pnl_by_factor", "action",
              "risk_metrics_daily", "risk_limits_status", "aggregated_signal", "feature")  # fmt: skip
    return {
        name: [
            row["line"]
            for row in await desk.rows(
                f"SELECT t::text AS line FROM {name} AS t WHERE as_of <= $1"
                " AND as_of >= (SELECT min(as_of) FROM decision) ORDER BY 1",
                decision_time(until),
            )
        ]
        for name in tables
    }


async def assert_chain_adds_up(desk: RunningDesk) -> None:
    rows = await desk.rows("SELECT as_of, nav_brl, pnl_brl, shadow_nav_brl FROM portfolio_state ORDER BY as_of")
    assert len(rows) >= 60
    for before, after in itertools.pairwise(rows):
        assert after["nav_brl"] == pytest.approx(before["nav_brl"] + after["pnl_brl"], abs=0.005), after["as_of"]
    for table in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        wrong = await desk.rows(
            f"SELECT as_of FROM portfolio_state JOIN (SELECT as_of, sum(pnl_brl) AS total FROM {table} GROUP BY 1)"
            " AS parts USING (as_of) WHERE abs(total - pnl_brl) > 0.005"
        )
        assert wrong == [], table


def on_disk(desk: RunningDesk, day: dt.date, mark: str = "") -> str:
    return (desk.home / "reports" / "sandbox" / f"{day}{mark}.html").read_text(encoding="utf-8")


async def test_earlier_days_and_backfills_run_later_change_no_record(
    healthy_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(now=decision_time(NEXT_DAY))
    first = await healthy_desk.page(NEXT_DAY)
    assert await decisions(healthy_desk, FILLED_DAY) == [
        (FILLED_DAY, 1, "live", False), (NEXT_DAY, 1, "live", False)
    ]  # fmt: skip
    assert "decision was made" not in first, "a plain morning says nothing of it"
    rows, record = await healthy_desk.stored(), await records(healthy_desk, NEXT_DAY)

    earlier = await healthy_desk.run(FILLED_DAY, clock_day=NEXT_DAY)
    assert earlier.state.name == "Reproduced"
    assert "(version 1, live)" in earlier.state.message
    assert on_disk(healthy_desk, FILLED_DAY) == earlier.page
    assert await healthy_desk.stored() == rows

    past = await healthy_desk.run(PAST, clock_day=NEXT_DAY, sources="stored")
    assert past.state.name == "Reproduced", past.state.message
    assert "History (version 0)" in past.page
    now = await healthy_desk.stored()
    assert {name for name in rows if now[name] != rows[name]} == PAGE_TABLES
    assert await decisions(healthy_desk, PAST) == [
        *((day, 0, "history", False) for day, *_ in (await decisions(healthy_desk, PAST))[:-2]),
        (FILLED_DAY, 1, "live", False),
        (NEXT_DAY, 1, "live", False),
    ]

    with pytest.MonkeyPatch.context() as patch:
        for name, value in healthy_desk.environment(NEXT_DAY).items():
            patch.setenv(name, value)
        filled = await backfill(dt.date(2015, 1, 5), dt.date(2015, 1, 16), sources="sandbox", return_state=True)
    assert filled.is_completed(), filled.message
    # As in a database of a release that did not have the tables: a decided day gets their rows, and the others stay.
    lost = {"agent_measure": "measure_id, value", "regime": "regime_id, probability"}
    day = decision_time(FILLED_DAY)
    before = {
        name: await healthy_desk.rows(f"DELETE FROM {name} WHERE as_of = $1 RETURNING {columns}", day)
        for name, columns in lost.items()
    }
    assert all(before.values())
    quiet_sandbox.configure(now=decision_time(MONDAY))
    monday = await healthy_desk.run(MONDAY)
    assert monday.state.name == "Completed", monday.state.message
    assert await records(healthy_desk, NEXT_DAY) == record
    for name, columns in lost.items():
        after = await healthy_desk.rows(f"SELECT {columns} FROM {name} WHERE as_of = $1", day)
        assert sorted(map(tuple, after)) == sorted(map(tuple, before[name])), name
    await assert_chain_adds_up(healthy_desk)
    again = await healthy_desk.run(NEXT_DAY, clock_day=MONDAY)
    assert (again.state.name, on_disk(healthy_desk, NEXT_DAY)) == ("Reproduced", first)


async def test_a_missed_morning_is_held_and_a_decided_one_is_restated(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(now=decision_time(MONDAY))
    ran = await filled_desk.run(MONDAY, late=dt.timedelta(hours=3))
    assert ran.state.name == "Completed", ran.state.message
    assert await decisions(filled_desk, FILLED_DAY) == [
        (FILLED_DAY, 1, "live", False), (NEXT_DAY, 1, "held", False), (MONDAY, 1, "catch_up", False)
    ]  # fmt: skip
    assert "No run on 19\u00a0Nov\u00a02026" in ran.page or "No run on 19 Nov 2026" in ran.page
    assert "Decided late, at " in ran.page
    held = await filled_desk.gold("target_position", NEXT_DAY)
    assert held["contracts"].to_list() == held["contracts_before"].to_list()
    assert held["contracts"].abs().sum() > 0
    assert (await filled_desk.gold("action", NEXT_DAY)).is_empty()
    await assert_chain_adds_up(filled_desk)
    record = await records(filled_desk, MONDAY)

    missed = await filled_desk.run(NEXT_DAY, clock_day=MONDAY, sources="stored")
    assert missed.state.name == "Reproduced"
    assert "No run on this day: no decision was made" in missed.page

    beside = await filled_desk.run(NEXT_DAY, clock_day=MONDAY, sources="stored", reason="what would have been decided")
    assert beside.state.is_completed(), beside.state.message
    assert (await decisions(filled_desk, NEXT_DAY))[1] == (NEXT_DAY, 2, "restated", True)
    assert await records(filled_desk, MONDAY) == record, "Monday has gone on from the held day, which stays"
    assert on_disk(filled_desk, NEXT_DAY) == missed.page
    assert "what would have been decided" in on_disk(filled_desk, NEXT_DAY, ".v2")
    assert "what would have been decided" in on_disk(filled_desk, NEXT_DAY, ".v2.pt")
    other = filled_desk.home / "reports" / "sandbox" / f"{NEXT_DAY}.pt.html"
    assert not other.exists() or "what would have been decided" not in other.read_text(), "the orders of the version"
    difference = next(text for _, name, _, text in beside.events if name == "difference")
    assert "POSITIONS" in difference
    assert "contracts" in difference
    await assert_chain_adds_up(filled_desk)
