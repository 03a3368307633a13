"""Channels that send nothing: Null drops every message, Memory keeps it for tests and fails on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.channels.message import Message, Receipt


class Null:
    """Used where no channel is configured: every message counts as sent."""

    name = "null"

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Drops the message."""
        return Receipt(self.name, {"note": "no channel is set up"})


class Memory:
    """Keeps every message in `sent`. `before` is called first; it may raise DeliveryFailed."""

    def __init__(self, name: str = "memory", before: Callable[[Message], None] | None = None) -> None:
        self.name = name
        self.before = before
        self.sent: list[Message] = []

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Keeps the message. Raises what `before` raises."""
        if self.before is not None:
            self.before(message)
        self.sent.append(message)
        return Receipt(self.name, {"number": len(self.sent)})
