"""How the sandbox behaves: its clock, each source's latency, and what goes wrong, changeable while it runs."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["rate_limit", "server_error", "timeout", "cut_body", "html", "wrong_schema", "wrong_unit", "empty"]


class Fault(BaseModel):
    """What a source does instead of answering (`wrong_unit`: its metadata names another unit). `times`: for so many
    requests (None: always); `match`: only for URLs that hold this text; `retry_after`: seconds, with a 429 or 503."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int | None = Field(default=None, ge=0)
    match: str | None = None
    retry_after: float | None = Field(default=None, ge=0)


class SandboxSettings(BaseModel):
    """`now` None is the wall clock; latency in seconds by source, `*` for the others; faults by source, `*` for all."""

    model_config = ConfigDict(extra="forbid")

    now: dt.datetime | None = None
    latency: dict[str, float] = Field(default_factory=dict)
    faults: dict[str, Fault] = Field(default_factory=dict)

    def moment(self, wall: dt.datetime) -> dt.datetime:
        moment = self.now or wall
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)

    def delay(self, source: str) -> float:
        return self.latency.get(source, self.latency.get("*", 0.0))

    def fault_for(self, source: str, url: str) -> Fault | None:
        """The fault that this request meets; counts it down."""
        for name in (source, "*"):
            fault = self.faults.get(name)
            if fault is None or (fault.match is not None and fault.match not in url) or fault.times == 0:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None
