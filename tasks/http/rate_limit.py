"""The rate limit towards one host: a pause between requests, a number of them in flight, and Retry-After."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GIVE_UP_AFTER = 3
"""After so many failed connections in a row the host counts as out of reach ..."""
GIVE_UP_SECONDS = 60.0
"""... for so long: without a network, a source of a thousand files must fail soon, not after a quarter of an hour."""


class PastDeadline(Exception):
    """The next request may start only after the deadline. `pause`: seconds until then that the host asked for
    (Retry-After); None where it did not."""

    def __init__(self, pause: float | None = None) -> None:
        super().__init__()
        self.pause = pause


class OutOfReach(Exception):
    """The last connections to the host failed: no request is sent to it for GIVE_UP_SECONDS."""


@dataclass
class HostGate:
    """Starts requests `1 / rate_per_second` seconds apart, at most `concurrency` in flight.

    `monotonic` (seconds) and `sleep` are arguments, so that a test needs no real time.
    """

    rate_per_second: float
    concurrency: int
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    _next_start: float = float("-inf")
    _closed_until: float = float("-inf")
    _unreached: int = 0
    _given_up_until: float = float("-inf")
    _in_flight: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._in_flight = asyncio.Semaphore(self.concurrency)

    def close_for(self, seconds: float) -> None:
        """No request starts in the next `seconds`. A longer pause that is set already stays."""
        self._closed_until = max(self._closed_until, self.monotonic() + seconds)

    def reached(self) -> None:
        """Call it when the host has accepted a connection."""
        self._unreached = 0

    def unreachable(self) -> None:
        """Call it when a connection to the host has failed."""
        self._unreached += 1
        if self._unreached >= GIVE_UP_AFTER:
            self._given_up_until = self.monotonic() + GIVE_UP_SECONDS

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncIterator[None]:
        """Waits until a request may start, and counts it as in flight inside the context.

        `deadline`: on the clock `monotonic`. Raises PastDeadline, OutOfReach.
        """
        async with self._in_flight:
            if self._unreached >= GIVE_UP_AFTER and self.monotonic() < self._given_up_until:
                raise OutOfReach
            while (start := max(self._next_start, self._closed_until)) > (now := self.monotonic()):
                if start > deadline:
                    raise PastDeadline(start - now if start == self._closed_until else None)
                await self.sleep(start - now)
            self._next_start = self.monotonic() + 1.0 / self.rate_per_second
            yield
