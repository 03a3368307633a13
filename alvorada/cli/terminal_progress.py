"""Progress of a run on a terminal: one line per source and stage, with state, time and rows. Elsewhere plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from alvorada.cli.output import is_quiet
from tasks.run.progress import Kind, State, event_text, rows_text

SIGNS: dict[State, tuple[str, str]] = {
    "started": ("…", "cyan"),
    "done": ("✓", "green"),
    "gaps": ("~", "yellow"),
    "failed": ("✗", "red"),
    "skipped": ("-", "dim"),
}


@dataclass(slots=True)
class Line:
    """One source or stage. `started`: by the progress's clock; `seconds` None: it still runs."""

    kind: Kind
    name: str
    state: State
    started: float
    seconds: float | None = None
    rows: int | None = None
    message: str = ""


class RunProgress:
    """Collects the events of one run and shows them. `outputs`: what the run made, kind -> paths, in order.

    Not a dataclass: Prefect rebuilds those when they are passed to a task, and the task would get a copy.
    """

    __slots__ = ("_live", "clock", "console", "lines", "outputs")

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self.clock = console, clock
        self.lines: dict[tuple[Kind, str], Line] = {}
        self.outputs: dict[str, list[str]] = {}
        self._live: Live | None = None

    @classmethod
    def on(cls, stream: TextIO | None = None) -> RunProgress:
        """A progress on a stream; stderr when None. With --quiet it shows nothing."""
        return cls(Console(file=stream or sys.stderr, highlight=False, soft_wrap=False, quiet=is_quiet()))

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None:
        """One event of the run. A `result` is collected, a `note` printed; the others change a source or a stage."""
        if kind == "result":
            self.outputs.setdefault(name, []).append(message)
            return
        if kind == "note":  # above the live display, where there is one
            self.console.print(message, markup=False, soft_wrap=True)
            return
        now = self.clock()
        line = self.lines.setdefault((kind, name), Line(kind, name, state, now))
        line.state, line.seconds, line.rows, line.message = state, seconds, rows, message
        if state == "started":
            line.started = now
        elif seconds is None:
            line.seconds = now - line.started
        if self._live is None and state != "started":
            self.console.print(plain(line), markup=False, soft_wrap=True)

    def __rich__(self) -> Table:
        """The table that the live display draws again and again; a running line shows its time so far."""
        table = Table.grid(padding=(0, 2))
        for column, justify in (("", "left"), ("name", "left"), ("seconds", "right"), ("rows", "right"), ("", "left")):
            table.add_column(column, justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
        now = self.clock()
        for line in self.lines.values():
            sign, style = SIGNS[line.state]
            seconds = line.seconds if line.seconds is not None else now - line.started
            name = f"  {line.name}" if line.kind == "source" else line.name
            table.add_row(Text(sign, style), name, f"{seconds:.1f} s", rows_text(line.rows), Text(line.message, "dim"))
        return table

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(self, console=self.console, refresh_per_second=8, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def plain(line: Line) -> str:
    """One line of text, where there is no terminal."""
    return event_text(line.kind, line.name, line.state, line.seconds or 0.0, line.rows, line.message)
