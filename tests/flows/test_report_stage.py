"""What the page may show after a stage has failed: nothing of it that an earlier run of the same day had made."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.gold import GOLD
from desk.model import decision_time

TODAY, BEFORE = decision_time(dt.date(2026, 11, 19)), decision_time(dt.date(2026, 11, 18))


def test_a_broken_stages_rows_of_the_day_are_left_out_and_its_past_stays() -> None:
    from flows.report import MADE_BY, not_made_dropped

    frames = {
        name: pl.DataFrame({"as_of": [BEFORE, TODAY]}, schema={"as_of": pl.Datetime("us", "UTC")}) for name in GOLD
    }
    kept = not_made_dropped(frames, ["portfolio", "risk"], TODAY)
    dropped = {name for name, frame in kept.items() if frame["as_of"].to_list() == [BEFORE]}
    assert dropped == {*MADE_BY["portfolio"], *MADE_BY["risk"]}
    assert {"portfolio_state", "risk_limits_status", "action"} <= dropped
    assert all(kept[name]["as_of"].to_list() == [BEFORE, TODAY] for name in set(GOLD) - dropped)


def test_every_table_of_a_stage_is_one_of_gold() -> None:
    from flows.report import MADE_BY

    assert {table for tables in MADE_BY.values() for table in tables} <= set(GOLD)
