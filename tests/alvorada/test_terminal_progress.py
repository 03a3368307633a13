"""The progress of a run: plain lines into a file, a table on a terminal; Prefect passes it on as it is."""

from __future__ import annotations

import io

import pytest
from prefect.utilities.collections import visit_collection
from rich.console import Console

from alvorada.cli.terminal_progress import RunProgress
from tasks.run.progress import NullProgress, Progress


def test_plain_lines_say_state_time_and_rows_when_something_ends() -> None:
    out = io.StringIO()
    progress = RunProgress.on(out)
    with progress:
        progress.event("source", "fred", "started")
        assert out.getvalue() == ""
        progress.event("source", "fred", "done", seconds=1.24, rows=12345)
        progress.event("stage", "signals", "failed", seconds=0.5, message="no curve of 2026-01-12")
    first, second = out.getvalue().splitlines()
    assert first.split() == ["source", "fred", "done", "1.2", "s", "12,345", "rows"]
    assert second.split("  ")[-1] == "no curve of 2026-01-12"
    assert "rows" not in second


def test_time_is_measured_where_the_event_brings_none() -> None:
    clock = iter((10.0, 13.5))
    out = io.StringIO()
    progress = RunProgress(Console(file=out), clock=lambda: next(clock))
    progress.event("stage", "risk", "started")
    progress.event("stage", "risk", "done")
    assert "3.5 s" in out.getvalue()


def test_results_are_kept_in_order_and_not_shown_as_lines() -> None:
    out = io.StringIO()
    progress = RunProgress.on(out)
    progress.event("result", "artifact", "done", message="daily-summary")
    progress.event("result", "report", "done", message="/x/report.html")
    progress.event("result", "artifact", "done", message="daily-actions")
    assert progress.outputs == {"artifact": ["daily-summary", "daily-actions"], "report": ["/x/report.html"]}
    assert out.getvalue() == ""


def test_a_terminal_gets_one_row_for_each_source_and_stage() -> None:
    out = io.StringIO()
    progress = RunProgress(Console(file=out, force_terminal=True, width=100, color_system=None))
    with progress:
        for name in ("bcb_sgs", "fred"):
            progress.event("source", name, "started")
            progress.event("source", name, "done", seconds=2.0, rows=7)
        progress.event("stage", "transform", "gaps", seconds=1.0, message="no cupom")
        console = Console(file=(drawn := io.StringIO()), width=100)
        console.print(progress)
    lines = drawn.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["bcb_sgs", "fred", "transform"]
    assert "no cupom" in lines[2]


@pytest.mark.parametrize("progress", [NullProgress(), RunProgress.on(io.StringIO())])
def test_each_is_a_progress_that_prefect_cannot_take_apart(progress: object) -> None:
    assert isinstance(progress, Progress)
    with pytest.raises(TypeError):
        vars(progress)


async def test_a_task_is_handed_the_progress_itself_and_not_a_copy() -> None:
    """Prefect's own walk through a task's parameters, which rebuilds dataclasses."""
    for progress in (RunProgress.on(io.StringIO()), NullProgress()):
        visited = visit_collection({"progress": progress}, visit_fn=lambda value: value, return_data=True)
        assert visited["progress"] is progress
