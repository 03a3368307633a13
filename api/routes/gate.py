"""gate/: the checks that a decision passed before its orders were issued, and a person's decision against them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.access import Operator, Reader
from api.reading import AsOf, decision, rows
from api.routes.held import DecisionReason
from api.routes.runs import ScheduledRun, schedule_run
from desk.model import decision_time
from tasks.store.releases import ActionRelease

router = APIRouter(prefix="/gate", tags=["gate"])


class Check(BaseModel):
    """One check: its figure, the most that it may be, and whether it stops the orders."""

    check_id: str = Field(examples=["line_pnl"])
    value: float | None
    threshold: float
    state: str = Field(description="passed, failed, unknown (nothing to measure by), released", examples=["passed"])
    detail: str | None


class Release(BaseModel):
    """Who issued the orders that the gate had stopped."""

    released_by: str
    reason: str
    released_at: dt.datetime
    proposal: str = Field(description="The orders that were released.", examples=["3f9a1c2b0d4e"])


class Gate(BaseModel):
    """The gate of one decision. `issued`: whether its orders are out."""

    as_of: dt.datetime
    issued: bool
    proposal: str | None = Field(
        description="What was judged: orders, NAV and failed checks, as one code. Null before schema 0021.",
        examples=["3f9a1c2b0d4e"],
    )
    checks: list[Check]
    releases: list[Release] = Field(description="Of the day, oldest first; one of another proposal issues nothing.")


class ReleaseRequest(DecisionReason):
    """The decision day, which of its orders (the gate's `proposal`), and why they are issued."""

    as_of: dt.date
    proposal: Annotated[str, Field(pattern="^[0-9a-f]{12}$", examples=["3f9a1c2b0d4e"])]


@router.get("", summary="The gate of a decision")
async def gate(request: Request, _: Reader, as_of: AsOf = None) -> Gate:
    """404 for a day without a decision, or of a release without the gate."""
    moment = await decision(request, "v_action_gate", as_of)
    checks = await rows(request, "SELECT * FROM v_action_gate WHERE as_of = $1 ORDER BY check_id", moment)
    found = await rows(request, "SELECT * FROM v_action_release WHERE as_of = $1 ORDER BY released_at", moment)
    verdict = await rows(request, "SELECT proposal FROM v_gate_verdict WHERE as_of = $1", moment)
    shaped = [Check(**{name: row[name] for name in Check.model_fields}) for row in checks]
    releases = [Release(**{name: row[name] for name in Release.model_fields}) for row in found]
    issued, proposal = all(c.state != "failed" for c in shaped), verdict[0]["proposal"] if verdict else None
    return Gate(as_of=moment, issued=issued, proposal=proposal, checks=shaped, releases=releases)


@router.post("/release", status_code=202, summary="Issue the orders that the gate has stopped")
async def release(request: Request, token: Operator, body: ReleaseRequest) -> ScheduledRun:
    """Records the release, and asks Prefect to restate the day with its orders. BadInput where the gate holds no such
    orders. Where the restatement makes others, they are stopped again."""
    request.state.audit_detail = body.model_dump(mode="json")
    moment, now = decision_time(body.as_of), request.app.state.clock()
    await request.app.state.store.release_actions(ActionRelease(moment, token.name, body.reason, now, body.proposal))
    reason = f"orders released by {token.name}: {body.reason}"
    return await schedule_run(
        request, "daily", {"as_of": body.as_of.isoformat(), "sources": "stored", "reason": reason}
    )
