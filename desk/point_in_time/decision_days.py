"""Which decision day is the newest at a moment."""

from __future__ import annotations

import datetime as dt

from desk.calendars import b3
from desk.model import DECISION_TIME, SAO_PAULO


def latest_day(now: dt.datetime) -> dt.date:
    """The latest B3 business day whose 06:00 America/Sao_Paulo is not after `now` (aware)."""
    local = now.astimezone(SAO_PAULO)
    day = local.date() if local.time() >= DECISION_TIME else local.date() - dt.timedelta(days=1)
    return b3().on_or_before(day)
