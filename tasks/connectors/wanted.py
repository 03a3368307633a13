"""What a dataset wants of every recent answer (`params.wanted`), and which of it is not there.

Curves, contracts, tenors, kinds of bond: one of them can leave a file without a word, the others as good as before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from tasks.connectors.exchange import FetchResult

RECENT_DAYS = 10
"""Calendar days from the end of the answer's window to the day on which it came: older files began with less."""


def is_recent(fetched_at: dt.datetime, end: dt.date) -> bool:
    """Whether an answer about days up to `end` is one of today's."""
    return (fetched_at.date() - end).days <= RECENT_DAYS


def missing_from(
    fetched: FetchResult,
    table: str,
    column: str,
    kind_of: Callable[[object], object],
    called: Callable[[object], str] = str,
) -> str | None:
    """Names what is wanted and not among the rows' kinds; None where all of it is there, or the answer is an old one.

    kind_of   the kind of a value of `column`; called: a kind in words
    """
    query = fetched.payload.query
    wanted: Collection[object] = query.dataset.params.get("wanted", ())
    if not wanted or table not in fetched.frames or not is_recent(fetched.payload.fetched_at, query.window.end):
        return None
    found = {kind_of(value) for value in fetched.frames[table][column].unique()}
    missing = [called(one) for one in wanted if one not in found]
    span = query.window
    of = f"{span.end}" if span.start == span.end else f"{span.start} to {span.end}"
    return f"the file of {of} has no {', '.join(missing)}" if missing else None
