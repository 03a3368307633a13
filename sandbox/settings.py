"""Settings of the sandbox: clock, latency of each source, and faults. They can change while it runs."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "rate_limit", "server_error", "refused", "timeout", "drip", "cut_body", "huge", "html", "garbage", "empty",
    "wrong_schema", "wrong_unit", "nulls", "other_answer", "slip", "no_curve",
]  # fmt: skip


class Fault(BaseModel):
    """A fault that replaces or changes a source's responses.

    `refused`: 403 and a page, as a firewall answers a cloud address; `drip`: a byte now and then; `huge`: a body
    without an end; `nulls`: the shape without its numbers; `other_answer`: the answer to another question;
    `wrong_unit`: metadata with another unit.

    `times`: number of requests (None: all). `match`: only URLs that contain this text. `retry_after`: seconds, sent
    with a 429 or 503. `slip`: the source publishes the value of `series` for `day` times `factor`. `no_curve`: B3's
    swap files lack the curve whose code `series` is.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int | None = Field(default=None, ge=0)
    match: str | None = None
    retry_after: float | None = Field(default=None, ge=0)
    series: str | None = None
    day: dt.date | None = None
    factor: float | None = None

    @model_validator(mode="after")
    def _slip_is_whole(self) -> Fault:
        given = tuple(part is not None for part in (self.series, self.day, self.factor))
        required = {"slip": (True, True, True), "no_curve": (True, False, False)}
        if given != required.get(self.kind, (False, False, False)):
            raise ValueError("a slip has series, day and factor, no_curve a series, and no other fault has any of them")
        return self


class SandboxSettings(BaseModel):
    """`now` None is the wall clock; latency in seconds by source, `*` for the others; faults by source, `*` for all."""

    model_config = ConfigDict(extra="forbid")

    now: dt.datetime | None = None
    latency: dict[str, float] = Field(default_factory=dict)
    faults: dict[str, Fault] = Field(default_factory=dict)

    def moment(self, wall: dt.datetime) -> dt.datetime:
        """The time of the sandbox in UTC, from the settings or `wall`."""
        moment = self.now or wall
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)

    def delay(self, source: str) -> float:
        """Seconds of a source's latency."""
        return self.latency.get(source, self.latency.get("*", 0.0))

    def fault_for(self, source: str, url: str) -> Fault | None:
        """The fault of a request, or None. Counts down its `times`."""
        for name in (source, "*"):
            fault = self.faults.get(name)
            if fault is None or (fault.match is not None and fault.match not in url) or fault.times == 0:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None
