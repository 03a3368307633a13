"""Manners towards one host: a pause between requests, so many at once, and shut while it told us to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class PastDeadline(Exception):
    """The host opens again only after the deadline: waiting would be in vain."""


@dataclass
class HostGate:
    """Lets requests through one `1 / rate_per_second` apart, at most `concurrency` in flight.

    `monotonic` (seconds) and `sleep` are arguments, so that a test needs no real time.
    """

    rate_per_second: float
    concurrency: int
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    _next_start: float = float("-inf")
    _closed_until: float = float("-inf")
    _in_flight: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._in_flight = asyncio.Semaphore(self.concurrency)

    def close_for(self, seconds: float) -> None:
        """No request starts in the next `seconds`; a longer closing that holds already stays."""
        self._closed_until = max(self._closed_until, self.monotonic() + seconds)

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncIterator[None]:
        """Waits for a turn and holds it while the request is in flight. Raises PastDeadline."""
        async with self._in_flight:
            while (wait := max(self._next_start, self._closed_until) - self.monotonic()) > 0:
                if self.monotonic() + wait > deadline:
                    raise PastDeadline
                await self.sleep(wait)
            self._next_start = self.monotonic() + 1.0 / self.rate_per_second
            yield
