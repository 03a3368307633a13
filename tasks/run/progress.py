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


def event_text(
    kind: Kind, name: str, state: State, seconds: float | None = None, rows: int | None = None, message: str = ""
) -> str:
    """One event as a line: `source bcb_sgs          done         1.2 s        12 rows  ...`."""
    parts = [
        f"{kind:6} {name:16} {state:7}",
        "" if seconds is None else f"{seconds:7.1f} s",
        "" if rows is None else f"{rows_text(rows):>14}",
        message,
    ]
    return "  ".join(part for part in parts if part)


def rows_text(rows: int | None) -> str:
    """A number of rows; empty where it is not known."""
    return "" if rows is None else f"{rows:,} rows"


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
