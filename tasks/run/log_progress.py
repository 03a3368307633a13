"""A run's progress in the log that Prefect shows: the lines of the terminal, for who watches the run in its UI."""

from __future__ import annotations

import logging

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

from tasks.run.progress import Kind, Progress, State, event_text

LEVELS: dict[State, int] = {"failed": logging.ERROR, "gaps": logging.WARNING}


class LogProgress:
    """Logs every event, and hands it on to `watcher`."""

    __slots__ = ("watcher",)

    def __init__(self, watcher: Progress) -> None:
        self.watcher = watcher

    def event(
        self,
        kind: Kind,
        name: str,
        state: State,
        seconds: float | None = None,
        rows: int | None = None,
        message: str = "",
    ) -> None:
        """One line: of a source or stage with its seconds and rows, of a result or note its text alone."""
        self.watcher.event(kind, name, state, seconds, rows, message)
        text = {"result": f"{name}: {message}", "note": message}.get(kind)
        if kind in ("source", "stage"):
            text = event_text(kind, name, state, seconds, rows, message)
        try:
            get_run_logger().log(LEVELS.get(state, logging.INFO), "%s", text)
        except MissingContextError:
            return  # outside every run: the watcher has it
