"""The rate limit towards one host: a pause between requests, a number in flight, fair turns, and Retry-After."""

from __future__ import annotations

import asyncio
from collections import deque
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


LONGEST_WAIT = 30.0
"""Seconds that a request waits for a host that has asked for a pause; a longer one ends the try."""


class HostShut(Exception):
    """The host is left alone for longer than LONGEST_WAIT: no request is sent to it until then.

    `refusal`: what it answered, where it has not asked for the pause itself.
    """

    def __init__(self, seconds: float, refusal: str | None) -> None:
        self.seconds, self.refusal = seconds, refusal
        super().__init__(f"shut for {seconds:.0f} s")


class OutOfReach(Exception):
    """The last connections to the host failed: no request is sent to it for GIVE_UP_SECONDS."""


@dataclass
class HostGate:
    """Starts requests `1 / rate_per_second` seconds apart, at most `concurrency` in flight.

    Sources that share the host take turns, one request each, however many one of them has waiting.
    `monotonic` (seconds) and `sleep` are arguments, so that a test needs no real time.
    """

    rate_per_second: float
    concurrency: int
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    _next_start: float = float("-inf")
    _closed_until: float = float("-inf")
    _unreached: int = 0
    _refusals: int = 0
    _refusal: str | None = None
    _given_up_until: float = float("-inf")
    _in_flight: int = 0
    _waiting: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)

    def close_for(self, seconds: float, refusal: str | None = None) -> None:
        """No request starts in the next `seconds`. A longer pause that is set already stays."""
        until = self.monotonic() + seconds
        if until > self._closed_until:
            self._closed_until, self._refusal = until, refusal

    def opens_in(self) -> float:
        """Seconds until a request may start; 0 where the host is not shut."""
        return max(0.0, self._closed_until - self.monotonic())

    def refused(self, words: str, most: int, seconds: float) -> None:
        """Call it when the host has refused a request: `most` in a row shut it for `seconds`."""
        self._refusals += 1
        if self._refusals >= most:
            self.close_for(seconds, words)

    def served(self) -> None:
        """Call it when the host has answered and not refused."""
        self._refusals = 0

    def reached(self) -> None:
        """Call it when the host has accepted a connection."""
        self._unreached = 0

    def unreachable(self) -> None:
        """Call it when a connection to the host has failed."""
        self._unreached += 1
        if self._unreached >= GIVE_UP_AFTER:
            self._given_up_until = self.monotonic() + GIVE_UP_SECONDS

    @asynccontextmanager
    async def slot(self, deadline: float, source: str = "") -> AsyncIterator[None]:
        """Waits until a request of `source` may start, and counts it as in flight inside the context.

        `deadline`: on the clock `monotonic`. Raises PastDeadline, HostShut, OutOfReach.
        """
        await self._turn(source)
        try:
            if self._unreached >= GIVE_UP_AFTER and self.monotonic() < self._given_up_until:
                raise OutOfReach
            while (start := max(self._next_start, self._closed_until)) > (now := self.monotonic()):
                if start > deadline:
                    raise PastDeadline(start - now if start == self._closed_until else None)
                if self._closed_until - now > LONGEST_WAIT:
                    raise HostShut(self._closed_until - now, self._refusal)
                await self.sleep(start - now)
            self._next_start = self.monotonic() + 1.0 / self.rate_per_second
            yield
        finally:
            self._in_flight -= 1
            self._grant()

    async def _turn(self, source: str) -> None:
        """Counts one more request in flight, when it is the source's turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(source, deque()).append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # granted, and cancelled before it could run
                self._in_flight -= 1
                self._grant()
            raise

    def _grant(self) -> None:
        """Lets the next in turn start: the source that has waited longest for one, and goes to the end of the line."""
        while self._in_flight < self.concurrency and self._waiting:
            source = next(iter(self._waiting))
            line = self._waiting.pop(source)
            turn = line.popleft()
            if line:
                self._waiting[source] = line
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)
