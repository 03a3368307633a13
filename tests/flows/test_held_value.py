"""A slipped decimal in PTAX, from the source to the book: held, and the book as if nothing had been."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.model import decision_time
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

HEALED_DAY = dt.date(2026, 11, 23)
"""The first business day after NEXT_DAY: the 20th of November is a holiday."""
SLIP = {"kind": "slip", "series": "usdbrl_ptax_sell", "day": FILLED_DAY.isoformat(), "factor": 100.0}


async def test_a_slipped_decimal_reaches_neither_nav_nor_orders(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox, healthy_morning: dict[str, pl.DataFrame]
) -> None:
    quiet_sandbox.configure(faults={"bcb_ptax": SLIP})
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_completed(), ran.state.message
    held = await filled_desk.rows(
        "SELECT entity, obs_date, value, expected, rule, state FROM v_hold WHERE dataset = 'bcb_ptax' ORDER BY entity"
    )
    assert [(row["entity"], row["state"]) for row in held] == [
        ("usdbrl_ptax_buy", "open"),
        ("usdbrl_ptax_sell", "open"),
    ]
    assert all(row["obs_date"] == FILLED_DAY and row["value"] > 300 and row["expected"] < 10 for row in held)
    others = await filled_desk.rows("SELECT entity, rule, reason FROM v_hold WHERE dataset <> 'bcb_ptax'")
    assert [tuple(row) for row in others] == [], "no true value of the sandbox is held"
    assert "usdbrl_ptax_sell of" in ran.page
    assert "is not believed" in ran.page
    book = (await filled_desk.gold("portfolio_state", NEXT_DAY))["nav_brl"][0]
    assert book == pytest.approx(healthy_morning["portfolio_state"]["nav_brl"][0], rel=0.005)
    key, contracts = "instrument_id", "contracts"
    both = (await filled_desk.gold("target_position", NEXT_DAY)).join(
        healthy_morning["target_position"], on=key, suffix="_twin"
    )
    # Orders are the twin's but for what a dollar one day older changes in their sizes.
    twin = both[f"{contracts}_twin"].to_numpy()
    off = abs(both[contracts].to_numpy() - twin).sum()
    assert off <= 0.05 * abs(twin).sum()


async def test_the_day_after_the_source_healed_is_as_if_nothing_had_been(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(faults={"bcb_ptax": SLIP})
    await filled_desk.run(NEXT_DAY)
    quiet_sandbox.configure(faults={}, now=decision_time(HEALED_DAY))
    healed = await filled_desk.run(HEALED_DAY)
    assert "is not believed" not in healed.page
    query = "SELECT value FROM v_observation_latest WHERE series_id = 'usdbrl_ptax_sell' AND obs_date = $1"
    assert [row["value"] < 10 for row in await filled_desk.rows(query, FILLED_DAY)] == [True]
    decided = await filled_desk.rows("SELECT state, decided_by FROM v_hold WHERE dataset = 'bcb_ptax'")
    assert {tuple(row) for row in decided} == {("rejected", "rule:corrected")}
