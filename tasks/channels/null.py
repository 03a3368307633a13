"""The channel that sends nothing, used where none is configured: every message counts as sent."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.channels.message import Message, Receipt


class Null:
    """Drops every message."""

    name = "null"

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Drops the message."""
        return Receipt(self.name, {"note": "no channel is set up"})
