"""A client that answers by URL, for connectors that fetch in several round trips."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tasks.connectors.exchange import Payload, Request

Answer = bytes | tuple[int, bytes] | Exception


class Answers:
    """Answers each request by `answer(url)`: a body, a status with a body, or an error to raise."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self._answer = answer
        self.urls: list[str] = []

    async def send(self, request: Request) -> Payload:
        self.urls.append(request.url)
        answer = self._answer(request.url)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return Payload(request, status, {}, body, dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
