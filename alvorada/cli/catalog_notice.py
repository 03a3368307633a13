"""What changed at a source since the catalogue check before, as one message to every channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from blocks.settings import Settings
from desk.catalog.provider_metadata import CHANGED, Verdict
from desk.errors import BadInput
from tasks.channels.configured import channels_of
from tasks.channels.message import Message
from tasks.channels.null import Null

MOST = 40
"""Changes that are listed; the others are counted."""


def changes_message(verdicts: Sequence[Verdict], at: dt.datetime) -> Message | None:
    """The message about what providers say otherwise than at the check before; None where nothing changed."""
    changed = [
        f"{one.subject} ({one.source}): {difference.what} {difference.ours}, is {difference.theirs}."
        for one in verdicts
        for difference in one.differences
        if difference.what.endswith(CHANGED)
    ]
    if not changed:
        return None
    subjects = {line.split(" ", 1)[0] for line in changed}
    what = next(iter(subjects)) if len(subjects) == 1 else f"{len(subjects)} series"
    more = [f"And {len(changed) - MOST} more."] if len(changed) > MOST else []
    mend = "A name, unit or frequency that moved is another series: look at the source before the next decision."
    return Message(
        kind="alert",
        title=f"Alvorada catalogue: {what} changed at the source",
        at=at,
        paragraphs=(*changed[:MOST], *more, mend),
    )


async def send_changes(settings: Settings, verdicts: Sequence[Verdict], at: dt.datetime) -> int:
    """Sends the message through every channel; how many took it. Raises BadInput without a channel, DeliveryFailed."""
    channels = channels_of(settings)
    if all(isinstance(channel, Null) for channel in channels):
        raise BadInput("--notify tells nobody: neither Slack nor mail is configured")
    message = changes_message(verdicts, at)
    if message is None:
        return 0
    for channel in channels:
        await channel.send(message)
    return len(channels)
