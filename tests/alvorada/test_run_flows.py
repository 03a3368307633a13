"""The result of a run: a failed one has its report, when it has made one."""

from __future__ import annotations

import io
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from alvorada.cli.run_flows import _result
from alvorada.cli.terminal_progress import RunProgress
from desk.errors import StageFailed


def test_a_failed_run_has_its_report_and_is_an_error() -> None:
    progress = RunProgress(Console(file=io.StringIO()))
    progress.event("result", "report", "done", message="/home/desk/2026-01-13.html")
    failed = SimpleNamespace(is_completed=lambda: False, name="Failed", message="required dataset x is absent\nmore")
    result = _result(failed, time.monotonic(), progress)
    assert result.outputs == {"report": ["/home/desk/2026-01-13.html"]}
    with pytest.raises(StageFailed, match=r"^the run ended as Failed: required dataset x is absent$"):
        result.require_completed()


def test_a_completed_run_has_its_outputs() -> None:
    progress = RunProgress(Console(file=io.StringIO()))
    progress.event("result", "report", "done", message="/home/desk/page.html")
    state = SimpleNamespace(is_completed=lambda: True, name="CompletedWithGaps", message="x absent")
    result = _result(state, time.monotonic(), progress)
    assert (result.name, result.outputs) == ("CompletedWithGaps", {"report": ["/home/desk/page.html"]})
    result.require_completed()
