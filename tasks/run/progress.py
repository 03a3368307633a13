"""The progress of a run: one event when a source or stage starts, and one when it ends.

The command line shows the events; a run in a worker has no watcher and gets NullProgress. The caller of the flow makes
the progress and passes it in. An implementation has `__slots__`: so Prefect stores its type's name as the parameter's
value, and does not walk through it.
"""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

Kind = Literal["source", "stage", "result", "note"]
"""`source`: the fetch of one source. `stage`: a stage of the run (transform, signals ...). `result`: an output, by name
`report` (message: its path) or `artifact` (message: its Prefect keys). `note`: the message is a line to show."""

State = Literal["started", "done", "gaps", "failed", "skipped"]
"""`gaps`: done in part; `skipped`: nothing to do, or an input is absent. The message gives the reason."""


@runtime_checkable
class Progress(Protocol):
    """Receives events in their order, from one thread."""

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None:
        """Shows one event. Must not raise for one that it cannot show."""
        ...


class NullProgress:
    """Shows nothing."""

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
        """Does nothing."""
