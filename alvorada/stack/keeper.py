"""Keeps what `alvorada up` has started at work: starts it again where it has ended or does not answer, and tells."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import typer

from alvorada.stack.postgres import Postgres
from alvorada.stack.probe import Probe
from alvorada.stack.processes import ManagedProcess, ProcessFailed
from alvorada.stack.startup import PREFECT_SERVER, Startup
from desk.errors import StoreError

POSTGRES, OWN_DATABASE, PREFECT = "PostgreSQL", "the database", "Prefect"
"""What the probe checks: the embedded server, the database of DATABASE_URL, Prefect's server."""
LOOK_SECONDS = 0.5
RESTARTS, RESTART_WINDOW = 5, 600.0
"""A process that ends more often within so many seconds does not live: `up` gives up, and says so."""
POSTGRES_PAUSE = 5.0
"""Between two attempts to start PostgreSQL."""
PREFECT_PATIENCE = 60.0
"""Seconds without an answer of a Prefect server that lives, while its database answers, before it is started again."""
ALARM_AFTER, ALARM_AGAIN = 20.0, 60.0
"""Seconds of trouble before an alert, and between two checks of whether one is due."""


class Keeper:
    """One loop in the foreground. `alarm` tells people what is wrong, or no longer wrong; it is called in a thread."""

    def __init__(
        self, startup: Startup, postgres: Postgres, probe: Probe, alarm: Callable[[], None] | None = None
    ) -> None:
        self._startup, self._postgres, self._probe, self._alarm = startup, postgres, probe, alarm
        self._port = postgres.status().port
        self._ends: dict[str, list[float]] = defaultdict(list)
        self._next_postgres = self._next_alarm = 0.0
        self._reported: dict[str, str] = {}
        self._has_alerted = False

    def keep(self) -> None:
        """Does not return. Raises ProcessFailed for a process that cannot be kept."""
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """One look at everything."""
        self._restart_postgres()
        for process in self._startup.lasting():
            if process.exit_code() is not None:
                self._restart(process, f"ended with code {process.exit_code()}: {process.last_line()}")
        self._restart_silent_server()
        self._report()
        self._alert()

    def _restart_postgres(self) -> None:
        now = time.monotonic()
        is_gone = self._postgres.status().pid is None
        if now < self._next_postgres or not (is_gone or self._probe.trouble(POSTGRES)):
            return
        self._next_postgres = now + POSTGRES_PAUSE
        try:
            self._postgres.start(self._port)
        except StoreError as error:
            show(f"PostgreSQL does not run: {error}")
            return
        if is_gone:
            show(f"PostgreSQL had ended: started again in {time.monotonic() - now:.1f} s")

    def _restart(self, process: ManagedProcess, reason: str) -> None:
        now = time.monotonic()
        ends = self._ends[process.name]
        ends[:] = [*(at for at in ends if now - at < RESTART_WINDOW), now]
        if len(ends) > RESTARTS:
            minutes = RESTART_WINDOW / 60
            raise ProcessFailed(
                f"{process.name} {reason} (log: {process.log}), for the {len(ends)}th time in {minutes:.0f} minutes"
            )
        show(f"{process.name} {reason} (log: {process.log}.1): started again")
        self._startup.restart(process)

    def _restart_silent_server(self) -> None:
        silence = self._probe.trouble(PREFECT)
        if silence is None or silence[0] < PREFECT_PATIENCE or self._probe.trouble(POSTGRES):
            return
        for process in self._startup.lasting():
            if process.name == PREFECT_SERVER and process.age() > PREFECT_PATIENCE:
                process.stop()
                self._restart(process, f"did not answer for {silence[0]:.0f} s")

    def _report(self) -> None:
        """A line when something begins to be silent, and one when it answers again."""
        for name in (POSTGRES, OWN_DATABASE, PREFECT):
            found = self._probe.trouble(name)
            if found is not None and name not in self._reported:
                self._reported[name] = found[1]
                show(f"{name} does not answer: {found[1]}")
            elif found is None and self._reported.pop(name, None) is not None:
                show(f"{name} answers again")

    def _alert(self) -> None:
        """Calls the alarm while a trouble lasts, and once when all is over."""
        now = time.monotonic()
        lasting = any(
            found is not None and found[0] >= ALARM_AFTER
            for found in map(self._probe.trouble, (POSTGRES, OWN_DATABASE, PREFECT))
        )
        if self._alarm is None or not (lasting or (self._has_alerted and not self._reported)) or now < self._next_alarm:
            return
        self._has_alerted, self._next_alarm = lasting, now + ALARM_AGAIN
        threading.Thread(target=self._alarm, name="alarm", daemon=True).start()


def show(line: str) -> None:
    """Prints a line with its time, UTC, on stderr."""
    typer.echo(f"{time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())} {line}", err=True)
