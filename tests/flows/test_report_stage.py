"""After a stage has failed, the page shows no row of it that an earlier run of the same day has stored."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.gold import GOLD
from desk.model import decision_time
from tasks.run.report_gold import STAGE_TABLES, without_failed_stages

TODAY, BEFORE = decision_time(dt.date(2026, 11, 19)), decision_time(dt.date(2026, 11, 18))


def test_rows_of_a_failed_stage_are_left_out_on_the_day_and_kept_before_it() -> None:
    frames = {
        name: pl.DataFrame({"as_of": [BEFORE, TODAY]}, schema={"as_of": pl.Datetime("us", "UTC")}) for name in GOLD
    }
    kept = without_failed_stages(frames, ["portfolio", "risk", "gate"], TODAY)
    dropped = {name for name, frame in kept.items() if frame["as_of"].to_list() == [BEFORE]}
    assert dropped == {*STAGE_TABLES["gate"], *STAGE_TABLES["risk"]}
    assert {"portfolio_state", "risk_limits_status", "action"} <= dropped
    assert all(kept[name]["as_of"].to_list() == [BEFORE, TODAY] for name in set(GOLD) - dropped)


def test_every_table_of_a_stage_is_a_gold_table() -> None:
    assert {table for tables in STAGE_TABLES.values() for table in tables} <= set(GOLD)
