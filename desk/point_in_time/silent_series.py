"""When a series has been silent for so long that its source does not have it any more. Pure.

Where a source answers several series at once (a Socrata query, a SIDRA table), or answers a code that it has dropped
like a window without numbers, nothing in the answer says that a series is gone: only that the others go on does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from desk.model import Series

GONE_AFTER: Mapping[str, int] = {"D": 20, "W": 4, "M": 4, "Q": 4}
"""Frequency -> numbers that another series of the same rule has after the silent one's last: four weeks of daily and
weekly ones, a third of a year of monthly and a year of quarterly ones. Releases of one rule lie up to three months
apart after a lapse in appropriations, and a market of few traders leaves the Commitments of Traders for some weeks."""
SILENCE_DAYS: Mapping[str, int] = {"D": 28, "W": 28, "M": 124, "Q": 366}
"""The same in calendar days, at least: what was asked for in vain before the finding is asked for again at a return."""


def companions(one: Series, every: Iterable[Series]) -> list[str]:
    """Ids of the series that are published with `one`: of its dataset, rule and frequency."""
    return [
        other.id
        for other in every
        if other.id != one.id
        and other.retired is None
        and (other.dataset, other.rule, other.frequency) == (one.dataset, one.rule, one.frequency)
    ]


def may_be_gone(one: Series, newest: dt.date | None, today: dt.date) -> bool:
    """Whether a look that brought numbers up to `newest` (None: none at all) leaves room for the finding."""
    return one.retired is None and (newest is None or (today - newest).days >= SILENCE_DAYS[one.frequency])


def is_gone(one: Series, others_after: int) -> bool:
    """Whether `others_after` numbers of a companion after the last one of `one` say that it is gone."""
    return others_after >= GONE_AFTER[one.frequency]
