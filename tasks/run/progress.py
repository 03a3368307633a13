"""What a run says about itself while it works: one event when something starts, one when it ends.

The command line shows the events; a run in a worker has nobody watching and gets NullProgress. Whoever starts the
run makes the progress and passes it in. An implementation keeps `__slots__`, so that Prefect stores its type's name
as the parameter's value and does not walk through it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, runtime_checkable

Kind = Literal["source", "stage", "result", "note"]
"""A source's ingest, a stage of the run (transform, signals, ...), or a thing that came out of it: `report` (message:
its path), `artifact` (message: its Prefect key); a `note` is a line to be shown as its message says it."""

State = Literal["started", "done", "gaps", "failed", "skipped"]
"""`gaps`: something came, but not all; `skipped`: nothing to do, or an input is absent. The message says which."""


@runtime_checkable
class Progress(Protocol):
    """Is told of events, in the order they happen, from one thread. Never raises for an event it cannot show."""

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None: ...


class NullProgress:
    """Nobody watches."""

    __slots__ = ()

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None:
        return None


class Listeners:
    """Hands every event to each of several progresses, in order."""

    __slots__ = ("_listeners",)

    def __init__(self, listeners: Iterable[Progress]) -> None:
        self._listeners = tuple(listeners)

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None:
        for listener in self._listeners:
            listener.event(kind, name, state, seconds, rows, message)
