"""After a failed stage the page shows no row of it that an earlier run of the day has stored; and what Prefect is shown
of the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from blocks.settings import load_settings
from desk.gold import GOLD
from desk.model import decision_time
from flows import report as report_stage
from tasks.run.report_gold import STAGE_TABLES, without_failed_stages
from tests.reports.sample import sample

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


@pytest.mark.parametrize("readers", ["desk", "others"])
async def test_prefect_s_artifacts_obey_whom_they_reach(monkeypatch: pytest.MonkeyPatch, readers: str) -> None:
    """With readers beyond the desk they say that the report is there, and where; no level, no signal, no order."""
    made: dict[str, Any] = {}

    def keeps(name: str) -> Callable[..., Awaitable[None]]:
        async def create(**given: Any) -> None:
            made[name] = given

        return create

    for name in ("markdown", "table", "link"):
        monkeypatch.setattr(report_stage, f"create_{name}_artifact", keeps(name))
    settings = load_settings(readers=readers, public_url="https://desk.example")
    progress = SimpleNamespace(event=lambda *given, **more: None)
    data = sample(days=5)
    run = SimpleNamespace(settings=settings, day=data.day, progress=progress)
    await report_stage.show_report(run, data, Path("report.html"))  # type: ignore[arg-type]
    assert made["link"]["link"].startswith("https://desk.example/")
    text = made["markdown"]["markdown"]
    assert "https://desk.example/" in text
    if readers == "desk":
        assert "Top signals" in text
        assert made["table"]["table"]
    else:
        assert "do not allow it without consent" in text
        assert "Top signals" not in text
        assert made["table"]["table"] == []
