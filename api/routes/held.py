"""held/: values that are stored and not believed. A decision acts at the next run, and never on a past one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.access import Operator, Reader
from api.problems import NotStored
from api.reading import rows
from api.redistribution import require_may_leave

router = APIRouter(prefix="/held", tags=["held values"])
HoldId = Annotated[int, Path(ge=1, le=2**53)]
State = Literal["open", "released", "rejected"]


class Held(BaseModel):
    """A value that is stored and not believed, with the last decision on it."""

    hold_id: int
    silver_table: str = Field(examples=["observation"])
    silver_column: str = Field(examples=["value"])
    entity: str = Field(examples=["usdbrl_ptax_sell"])
    obs_date: dt.date
    knowledge_time: dt.datetime
    dataset: str = Field(examples=["bcb_ptax"])
    value: float = Field(examples=[409.36])
    rule: str = Field(examples=["slip"])
    expected: float | None = Field(examples=[4.0936])
    peer: str | None = Field(description="A sibling or an identity that contradicts.")
    peer_value: float | None
    reason: str
    held_at: dt.datetime
    state: State
    decided_by: str | None = Field(
        description="A token's name, an account's, or `rule:` and the rule that released it."
    )
    decision_reason: str | None
    known_from: dt.datetime | None = Field(description="The first decision that may use a released value.")
    decided_at: dt.datetime | None


class DecisionReason(BaseModel):
    """Why a person decides."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "confirmed on the phone"}]})

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


@router.get("", summary="Held values, the latest first")
async def held(
    request: Request,
    _: Reader,
    state: Annotated[State | None, Query(description="All when left out.")] = None,
) -> list[Held]:
    """At most 500."""
    require_may_leave(request, request.app.state.withheld)
    query = "SELECT * FROM v_hold WHERE $1::text IS NULL OR state = $1 ORDER BY hold_id DESC LIMIT 500"
    return [_shaped(row) for row in await rows(request, query, state)]


@router.get("/{hold_id}", summary="One held value")
async def one(request: Request, _: Reader, hold_id: HoldId) -> Held:
    """Raises NotStored."""
    require_may_leave(request, request.app.state.withheld)
    return await _one(request, hold_id)


@router.post("/{hold_id}/release", summary="Believe it, from the next decision on")
async def release(request: Request, token: Operator, hold_id: HoldId, body: DecisionReason) -> Held:
    """Raises NotStored, and BadInput where it is released already."""
    return await _decide(request, token.name, hold_id, "released", body)


@router.post("/{hold_id}/reject", summary="Leave it out for good")
async def reject(request: Request, token: Operator, hold_id: HoldId, body: DecisionReason) -> Held:
    """Raises NotStored, and BadInput where it is rejected already."""
    return await _decide(request, token.name, hold_id, "rejected", body)


async def _decide(
    request: Request, name: str, hold_id: int, decision: Literal["released", "rejected"], body: DecisionReason
) -> Held:
    request.state.audit_detail = {"hold_id": hold_id, "decision": decision, **body.model_dump()}
    await _one(request, hold_id)
    now = request.app.state.clock()
    await request.app.state.store.decide_hold(hold_id, decision, name, body.reason, now, now)
    return await _one(request, hold_id)


async def _one(request: Request, hold_id: int) -> Held:
    found = await rows(request, "SELECT * FROM v_hold WHERE hold_id = $1", hold_id)
    if not found:
        raise NotStored(f"there is no held value {hold_id}")
    return _shaped(found[0])


def _shaped(row: dict[str, object]) -> Held:
    return Held(**{name: row[name] for name in Held.model_fields})  # type: ignore[arg-type]
