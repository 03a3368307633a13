"""The input of the rules: facts as they were read, unchecked, and the ages computed from them.

A value may be missing, null, NaN or a text; the evaluation makes a `no_data` alert of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desk import calendars
from desk.model import SAO_PAULO, decision_time

HOUR = 3600.0


class Missing(Enum):
    """Marks a metric that should be stored and is not; None is a stored null."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """One dataset: its age and the age it promises in business days, and its last observation for the summary."""

    source: str
    age_bd: object
    promise_bd: object
    last_obs_date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The newest decision's latest daily run. `failed_stages`: name -> error."""

    day: dt.date
    state: str
    message: str
    started_at: dt.datetime
    failed_stages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """`expected`: the latest day whose run should be over; `completed`: the latest day whose run completed; `since`:
    when the desk went into operation: no run of an earlier hour was ever expected.

    `given_up`: why the catch-up starts no further run of `expected`, empty while it does.

    `failed_sources`: source -> datasets whose last fetch failed and was not repeated with success; `required_absent`:
    datasets.
    """

    run: RunFacts | None
    expected: dt.date
    completed: dt.date | None
    failed_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required_absent: tuple[str, ...] = ()
    required_sources: frozenset[str] = frozenset()
    since: dt.datetime | None = None
    given_up: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the run of `expected` should have been made by this desk, and has not completed."""
        has_it = self.completed is not None and self.completed >= self.expected
        return not has_it and (self.since is None or decision_time(self.expected) >= self.since)


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """A series with values that are stored and not believed: how many, and the newest in words. `is_required`: its
    dataset is required, so what prices the book may rest on it."""

    values: object
    newest: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class UnknownFacts:
    """A series that its source does not know: on how many days it was requested in vain, since when, by which code."""

    days: object
    since: dt.date
    code: str
    source: str


@dataclass(frozen=True, slots=True)
class Metrics:
    """One moment's facts. Mappings hold every expected subject, MISSING where nothing is stored; an empty one means
    that the whole table is missing. `pipeline` is None where it could not be read. `broken_pairs`: two sources of one
    fact that disagree at the newest decision, pair -> words; a pair with a held side is not among them.

    `is_new`: no daily run was ever made, and none was due yet: there is nothing to be alarmed about."""

    now: dt.datetime
    pipeline: PipelineFacts | None
    datasets: Mapping[str, DatasetFacts] = field(default_factory=dict)
    var_95: object = MISSING
    var_99: object = MISSING
    drawdown: object = MISSING
    utilisation: Mapping[str, object] = field(default_factory=dict)
    flips: Mapping[str, object] = field(default_factory=dict)
    conviction_change: Mapping[str, object] = field(default_factory=dict)
    agent_age_hours: Mapping[str, object] = field(default_factory=dict)
    held: Mapping[str, HeldFacts] = field(default_factory=dict)
    broken_pairs: Mapping[str, str] = field(default_factory=dict)
    unknown_series: Mapping[str, UnknownFacts] = field(default_factory=dict)
    is_new: bool = False


def expected_day(now: dt.datetime, deadline: dt.time) -> dt.date:
    """The latest B3 business day whose daily run should be over at `now`; `deadline` is America/Sao_Paulo."""
    local = now.astimezone(SAO_PAULO)
    day = calendars.b3().on_or_before(local.date())
    if day == local.date() and local.time() < deadline:
        return calendars.b3().offset(day, -1)
    return day


def session_hours(since: dt.datetime, now: dt.datetime) -> float:
    """Hours from `since` to `now` that lie in B3 business days of São Paulo, midnight to midnight.

    A weekend does not count: a Friday's view is 24 hours old on Monday at the same time.
    """
    start, end = since.astimezone(SAO_PAULO), now.astimezone(SAO_PAULO)
    if end <= start:
        return 0.0
    total = dt.timedelta()
    for day in calendars.b3().days(start.date(), end.date()):
        opens = dt.datetime.combine(day, dt.time(), SAO_PAULO)
        closes = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), SAO_PAULO)
        # In UTC: subtraction within one zone ignores changes of the UTC offset.
        first, last = max(start, opens).astimezone(dt.UTC), min(end, closes).astimezone(dt.UTC)
        total += max(last - first, dt.timedelta())
    return total.total_seconds() / HOUR
