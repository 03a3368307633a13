"""alerts/: rules that people may change, and silences. A change acts at the next evaluation."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.access import Admin, Operator, Reader
from api.problems import NotStored
from api.reading import NO_NUL, rows
from desk.catalog.alert_rules import Severity
from tasks.alerts.stored_rules import add_silence, change_rule, end_silence

router = APIRouter(prefix="/alerts", tags=["alerts"])
RuleId = Annotated[str, Path(max_length=100, pattern=NO_NUL, examples=["VAR_BREACH"])]
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""As NO_NUL, with a character that is not white space."""
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]
Pattern = Annotated[
    str, Field(min_length=1, max_length=200, pattern=NOT_BLANK, description="`*` and `?` stand for any.")
]
Seconds = Annotated[int, Field(ge=0, le=604_800)]


class Rule(BaseModel):
    """An alert rule with the settings that are in force."""

    rule_id: str = Field(examples=["VAR_BREACH"])
    enabled: bool
    severity: Severity
    threshold: float | None = Field(examples=[0.03])
    for_seconds: int = Field(description="The condition must hold this long before the alert fires.")
    keep_firing_seconds: int
    cooldown_seconds: int = Field(description="From one delivery to the next of the same alert.")
    repeat_seconds: int
    changed_at: dt.datetime | None = Field(description="Null: it follows the catalogue.")
    changed_by: str | None


class RuleChange(BaseModel):
    """Only the fields to change; null is as good as left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"threshold": 0.025}]})

    enabled: bool | None = None
    severity: Severity | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    for_seconds: Seconds | None = None
    keep_firing_seconds: Seconds | None = None
    cooldown_seconds: Seconds | None = None
    repeat_seconds: Seconds | None = None


class NewSilence(BaseModel):
    """A silence to create. Patterns match rule ids and subjects."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rule_pattern": "STALE_DATA",
                    "subject_pattern": "ibge_*",
                    "comment": "IBGE is moving its servers",
                    "ends_at": "2026-11-23T12:00:00Z",
                }
            ]
        },
    )

    rule_pattern: Pattern
    subject_pattern: Pattern = "*"
    comment: Text
    starts_at: AwareDatetime | None = Field(default=None, description="Now when left out.")
    ends_at: AwareDatetime


class Silence(BaseModel):
    """A stored silence. `ended_at`: when a person ended it before `ends_at`."""

    silence_id: int
    rule_pattern: str
    subject_pattern: str
    author: str
    comment: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str | None


@router.get("/rules", summary="Every rule as it is now")
async def rules(
    request: Request,
    _: Reader,
) -> list[Rule]:
    """Settings changed over the API win over the catalogue's."""
    return [Rule(**row) for row in await rows(request, "SELECT * FROM v_alert_rule ORDER BY rule_id")]


@router.get("/rules/{rule_id}", summary="One rule")
async def rule(request: Request, _: Reader, rule_id: RuleId) -> Rule:
    """404 for an id that is not in the catalogue."""
    return await _rule(request, rule_id)


async def _rule(request: Request, rule_id: str) -> Rule:
    found = await rows(request, "SELECT * FROM v_alert_rule WHERE rule_id = $1", rule_id)
    if not found:
        raise NotStored(f"there is no alert rule {rule_id!r}")
    return Rule(**found[0])


@router.patch("/rules/{rule_id}", summary="Change a rule; it acts at the next evaluation")
async def patch_rule(request: Request, token: Admin, rule_id: RuleId, change: RuleChange) -> Rule:
    """Each changed field is recorded with the token's name. It lasts until it is changed again."""
    changes: dict[str, Any] = change.model_dump(exclude_none=True)
    request.state.audit_detail = changes
    await _rule(request, rule_id)
    await change_rule(request.app.state.store, rule_id, changes, token.name, request.app.state.clock())
    return await _rule(request, rule_id)


@router.get("/silences", summary="Silences, the latest first")
async def silences(
    request: Request,
    _: Reader,
    active: Annotated[bool, Query(description="Only those that are on or still to come.")] = True,
) -> list[Silence]:
    """At most 500."""
    found = await rows(
        request,
        "SELECT * FROM v_silence WHERE NOT $1 OR effective_end > $2 ORDER BY silence_id DESC LIMIT 500",
        active,
        request.app.state.clock(),
    )
    return [Silence(**{name: row[name] for name in Silence.model_fields}) for row in found]


@router.post("/silences", status_code=201, summary="Mute what matches, until an end")
async def new_silence(request: Request, token: Operator, body: NewSilence) -> Silence:
    """The author is the token's name. 422 where it would end before now or before it starts."""
    request.state.audit_detail = body.model_dump(mode="json")
    now = request.app.state.clock()
    made = await add_silence(
        request.app.state.store,
        rule_pattern=body.rule_pattern,
        subject_pattern=body.subject_pattern,
        author=token.name,
        comment=body.comment,
        starts_at=body.starts_at or now,
        ends_at=body.ends_at,
        at=now,
    )
    found = await rows(request, "SELECT * FROM v_silence WHERE silence_id = $1", made.silence_id)
    return Silence(**{name: found[0][name] for name in Silence.model_fields})


@router.delete("/silences/{silence_id}", status_code=204, summary="End a silence now")
async def drop_silence(request: Request, token: Operator, silence_id: Annotated[int, Path(ge=1, le=2**53)]) -> None:
    """404 where there is no such silence, or where it has ended."""
    found = await rows(request, "SELECT effective_end FROM v_silence WHERE silence_id = $1", silence_id)
    now = request.app.state.clock()
    if not found or found[0]["effective_end"] <= now:
        raise NotStored(f"there is no silence {silence_id} that is still on")
    await end_silence(request.app.state.store, silence_id, token.name, now)
