"""The clock of the command line."""

from __future__ import annotations

import datetime as dt
import os

from desk.errors import BadInput


def now() -> dt.datetime:
    """The wall clock in UTC, or the frozen time of ALVORADA_NOW, which the runs use too. Raises BadInput."""
    frozen = os.environ.get("ALVORADA_NOW", "").strip()
    if not frozen:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(frozen)
    except ValueError:
        raise BadInput(f"ALVORADA_NOW {frozen!r} is not a time: write it like 2026-01-12T09:00:00+00:00") from None
    if moment.tzinfo is None:
        raise BadInput(f"ALVORADA_NOW {frozen!r} has no time zone: write it like 2026-01-12T09:00:00+00:00")
    return moment
