"""A stop signal ends a run wherever it finds it, on the command line and under a worker.

Prefect's handler of SIGTERM, which every sub-flow sets anew, raises wherever the process is. In a callback of the event
loop (asyncpg receives there) that exception is logged and dropped, and a run that was stopped would go on and decide on
what it has; while the loop waits it ends the loop, and a worker calls the run crashed. So none is set inside.
"""

from __future__ import annotations

import asyncio
import functools
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ParamSpec

from prefect.client.schemas.objects import State
from prefect.runtime import deployment
from prefect.states import Cancelled
from prefect.utilities import engine

_SETS_NO_HANDLER = SimpleNamespace(SIGTERM=signal.SIGTERM, signal=lambda number, handler: None)
"""The module `signal` as Prefect's engine sees it while we watch: the handler before is None, so it restores none."""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
STOPPED = "stopped by a signal"
"""Message of a run that was stopped, in the desk's record and in Prefect."""
P = ParamSpec("P")
FlowFunction = Callable[P, Coroutine[Any, Any, State[Any]]]


@dataclass(slots=True)
class StopSignal:
    """Whether a stop signal has come."""

    has_come: bool = False


@contextmanager
def cancel_on_stop_signals(on_stop: Callable[[], None] = lambda: None) -> Iterator[StopSignal]:
    """Inside, a stop signal cancels the current task, whatever becomes of an exception that a handler raises.

    Prefect sets no handler of its own meanwhile. Only in the main thread.
    `on_stop` is called before the task is cancelled: to see to a task that does not end at it.
    """
    loop, task, stop = asyncio.get_running_loop(), asyncio.current_task(), StopSignal()
    assert task is not None  # a coroutine runs in one

    def end() -> None:
        stop.has_come = True
        on_stop()
        task.cancel()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # by nohup
        del before[signal.SIGHUP]
    for number in before:
        loop.add_signal_handler(number, end)
    names = vars(engine)
    prefects, names["signal"] = names["signal"], _SETS_NO_HANDLER
    try:
        yield stop
    finally:
        names["signal"] = prefects
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def ends_when_stopped(flow: FlowFunction[P]) -> FlowFunction[P]:
    """For the function of a flow: under a worker, a stop signal ends it as `Cancelled`, and its process with it.

    Elsewhere there is a command line around it, which watches for signals itself.
    """

    @functools.wraps(flow)
    async def stoppable(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
        if deployment.id is None:
            return await flow(*args, **kwargs)
        with cancel_on_stop_signals() as stop:
            try:
                return await flow(*args, **kwargs)
            except asyncio.CancelledError:
                if not stop.has_come:  # a time-out of Prefect's
                    raise
                return Cancelled(message=STOPPED)

    return stoppable
