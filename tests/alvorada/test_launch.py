"""How a run's end is told: a failed one names its report, when it has made one."""

from __future__ import annotations

import io
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from alvorada.cli.launch import _ended
from alvorada.cli.terminal_progress import RunProgress
from desk.errors import StageFailed


def test_a_failed_run_hands_on_its_report_and_is_an_error() -> None:
    progress = RunProgress(Console(file=io.StringIO()))
    progress.event("result", "report", "done", message="/home/desk/2026-01-13.html")
    failed = SimpleNamespace(is_completed=lambda: False, name="Failed", message="required dataset x is absent\nmore")
    ended = _ended(failed, time.monotonic(), progress)
    assert ended.results == {"report": ["/home/desk/2026-01-13.html"]}
    with pytest.raises(StageFailed, match=r"^the run ended as Failed: required dataset x is absent$"):
        ended.require_good()


def test_a_completed_run_hands_on_its_results() -> None:
    progress = RunProgress(Console(file=io.StringIO()))
    progress.event("result", "report", "done", message="/home/desk/page.html")
    state = SimpleNamespace(is_completed=lambda: True, name="CompletedWithGaps", message="x absent")
    ended = _ended(state, time.monotonic(), progress)
    assert (ended.name, ended.results) == ("CompletedWithGaps", {"report": ["/home/desk/page.html"]})
    ended.require_good()
