"""A channel of any name that takes every message and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.channels.message import Message, Receipt


class Quiet:
    def __init__(self, name: str) -> None:
        self.name = name

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        return Receipt(self.name, {})
