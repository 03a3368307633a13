"""Channels that reach nobody: Null throws away, Memory keeps for tests and fails on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.channels.message import Message, Receipt


class Null:
    """Where no channel is set up: what is said is said to nobody, and counts as said."""

    name = "null"

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        return Receipt(self.name, {"note": "no channel is set up"})


class Memory:
    """Keeps what it was given. `before` may raise DeliveryFailed, and is asked before anything is kept."""

    def __init__(self, name: str = "memory", before: Callable[[Message], None] | None = None) -> None:
        self.name = name
        self.before = before
        self.sent: list[Message] = []

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        if self.before is not None:
            self.before(message)
        self.sent.append(message)
        return Receipt(self.name, {"number": len(self.sent)})
