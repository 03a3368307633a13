"""The result of a run: a failed one has its report, when it has made one; a stopped one decides nothing more."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prefect.client import base
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.engine import capture_sigterm
from rich.console import Console

from alvorada.cli.run_flows import _final_state, _result
from alvorada.cli.terminal_progress import RunProgress
from alvorada.stack.prefect_start import started
from alvorada.stack.processes import interrupt_on_stop_signals, repeat_interrupt
from desk.errors import StageFailed
from tasks.run.run_record import is_around_the_run
from tasks.run.stop_signals import cancel_on_stop_signals


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


def answer_of_prefect(status: int) -> httpx.HTTPError:
    """What Prefect's client raises for an answer of its server."""
    response = httpx.Response(status, json={}, request=httpx.Request("POST", "http://ephemeral-prefect/api/flow_runs/"))
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        return PrefectHTTPStatusError.from_httpx_error(error)
    raise AssertionError(status)


@pytest.mark.parametrize("error", [answer_of_prefect(500), httpx.ConnectError("refused")], ids=type)
async def test_a_database_that_is_lost_in_a_run_is_one_line_and_no_traceback(
    prefect_api: None, error: httpx.HTTPError
) -> None:
    async def flow(**parameters: Any) -> None:
        raise error

    with pytest.raises(StageFailed, match="Prefect cannot record it any more, is PostgreSQL there") as found:
        await _final_state(flow, {})
    assert "\n" not in str(found.value)
    assert is_around_the_run(error), "its record says that it died: it is made again"


async def test_a_request_that_prefect_refuses_is_a_bug_of_ours(prefect_api: None) -> None:
    async def flow(**parameters: Any) -> None:
        raise answer_of_prefect(422)

    with pytest.raises(PrefectHTTPStatusError):
        await _final_state(flow, {})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stop_signal_inside_a_callback_of_the_loop_ends_the_flow(number: signal.Signals) -> None:
    """The loop drops what Prefect's handler raises there: the flow would go on with a broken connection."""
    before, reached_end = signal.getsignal(number), []

    async def flow() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        with cancel_on_stop_signals(repeat_interrupt), capture_sigterm():
            loop.call_soon(os.kill, os.getpid(), number)
            await asyncio.sleep(2)
            reached_end.append(number)

    with interrupt_on_stop_signals(), pytest.raises(asyncio.CancelledError):
        asyncio.run(flow())
    assert reached_end == []
    assert signal.getsignal(number) is before


def test_a_stop_signal_while_the_loop_waits_inside_a_sub_flow_ends_the_flow() -> None:
    """Prefect's handler, which every sub-flow sets, would raise out of the loop itself: a crash, to a worker."""
    before = signal.getsignal(signal.SIGTERM)

    async def flow() -> bool:
        with cancel_on_stop_signals() as stop:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
            try:
                with capture_sigterm():
                    await asyncio.sleep(5)
            except asyncio.CancelledError:
                return stop.has_come
        return False

    assert asyncio.run(flow())
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_handlers_are_as_they_were_after_a_flow() -> None:
    async def handlers() -> list[Any]:
        found = [signal.getsignal(signal.SIGTERM)]
        with cancel_on_stop_signals():
            await asyncio.sleep(0)
        return [*found, signal.getsignal(signal.SIGTERM)]

    first, last = asyncio.run(handlers())
    assert first is last


class SlowApp:
    """An API whose start takes longer than the limit."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(3600)


async def test_a_start_of_prefect_has_our_limit_and_not_its_own_and_then_one_line() -> None:
    before = base.LifespanManager  # type: ignore[attr-defined]  # Prefect imports it, and exports it not

    async def flow() -> None:
        async with base.app_lifespan_context(SlowApp()):
            raise AssertionError("it has started")

    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),  # somebody else's: no tables to make
        pytest.raises(StageFailed, match=r"Prefect's API has not started within 0\.05 s"),
    ):
        await started(flow, 0.05)
    assert base.LifespanManager is before  # type: ignore[attr-defined]
