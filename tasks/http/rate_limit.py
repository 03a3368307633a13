"""Manners towards one host: a pause between requests, so many at once, and shut while it told us to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GIVE_UP_AFTER = 3
"""Connections in a row that could not be made: then the host counts as out of reach ..."""
GIVE_UP_SECONDS = 60.0
"""... for so long. A source of a thousand files must not take a quarter of an hour to say that there is no network."""


class PastDeadline(Exception):
    """The host opens again only after the deadline: waiting would be in vain."""


class OutOfReach(Exception):
    """The last connections to the host could not be made: it is not asked again for a while."""


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
    _unreached: int = 0
    _given_up_until: float = float("-inf")
    _in_flight: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._in_flight = asyncio.Semaphore(self.concurrency)

    def close_for(self, seconds: float) -> None:
        """No request starts in the next `seconds`; a longer closing that holds already stays."""
        self._closed_until = max(self._closed_until, self.monotonic() + seconds)

    def reached(self) -> None:
        """The host took a connection."""
        self._unreached = 0

    def unreachable(self) -> None:
        """A connection to the host could not be made."""
        self._unreached += 1
        if self._unreached >= GIVE_UP_AFTER:
            self._given_up_until = self.monotonic() + GIVE_UP_SECONDS

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncIterator[None]:
        """Waits for a turn and holds it while the request is in flight. Raises PastDeadline, OutOfReach."""
        async with self._in_flight:
            if self._unreached >= GIVE_UP_AFTER and self.monotonic() < self._given_up_until:
                raise OutOfReach
            while (wait := max(self._next_start, self._closed_until) - self.monotonic()) > 0:
                if self.monotonic() + wait > deadline:
                    raise PastDeadline
                await self.sleep(wait)
            self._next_start = self.monotonic() + 1.0 / self.rate_per_second
            yield
