"""Asks PostgreSQL and Prefect a real question every two seconds, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

import asyncpg

from blocks.database import CONNECT_ERRORS, connect_failure

INTERVAL_SECONDS = 2.0
ANSWER_SECONDS = 5.0
Question = Callable[[], str | None]
"""Asks once. None: it answered; else why not, in a line."""


class Probe:
    """`questions`: by name. `trouble` says what is wrong now, and for how long; nothing before the first round."""

    def __init__(self, questions: Mapping[str, Question], clock: Callable[[], float] = time.monotonic) -> None:
        self._questions, self._clock = questions, clock
        self._trouble: dict[str, tuple[float, str]] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()

    def start(self) -> None:
        """Begins to ask; the thread ends with the process, or at `stop`."""
        threading.Thread(target=self._check_forever, name="probe", daemon=True).start()

    def stop(self) -> None:
        """Asks no more."""
        self._stop.set()

    def trouble(self, name: str) -> tuple[float, str] | None:
        """Seconds since the first unanswered question in a row, and the last reason; None where it answers."""
        with self._lock:
            found = self._trouble.get(name)
        return None if found is None else (self._clock() - found[0], found[1])

    def check(self) -> None:
        """One round."""
        for name, question in self._questions.items():
            began = self._clock()
            reason = question()
            with self._lock:
                if reason is None:
                    self._trouble.pop(name, None)
                else:
                    self._trouble[name] = (self._trouble.get(name, (began, ""))[0], reason)

    def _check_forever(self) -> None:
        while not self._stop.wait(INTERVAL_SECONDS):
            self.check()


def check_database(url: str) -> str | None:
    """Connects and runs a query. None where it answered, else why not."""

    async def query() -> None:
        connection = await asyncpg.connect(url, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            connection.terminate()

    try:
        asyncio.run(query())
    except CONNECT_ERRORS as error:
        return str(connect_failure(url, error))
    return None


def check_prefect(api_url: str) -> str | None:
    """Prefect's readiness, for which its server queries its database. None where it answered, else why not."""
    try:
        with urllib.request.urlopen(f"{api_url}/ready", timeout=ANSWER_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return f"Prefect's server at {api_url} answers {error.code}"
    except (urllib.error.URLError, OSError) as error:
        return f"Prefect's server at {api_url} does not answer: {getattr(error, 'reason', error)}"
