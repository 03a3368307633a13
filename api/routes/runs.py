"""runs: the records of runs, and a request to Prefect for a new one. No part of the pipeline runs in this process."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

import httpx
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.access import Operator, Reader
from api.problems import NotStored, Unavailable
from api.reading import FIRST_DAY, NO_NUL, Limit, rows
from desk import calendars
from desk.errors import BadInput
from desk.model import decision_time, desk_day

router = APIRouter(prefix="/runs", tags=["runs"])
LONGEST_BACKFILL = dt.timedelta(days=20 * 366)


class Run(BaseModel):
    """A run as the records have it. `gaps`: names of what was missing; `seconds` null: it has not ended."""

    run_id: str
    kind: str = Field(examples=["daily"])
    as_of: dt.datetime | None
    sources: str
    state: str = Field(examples=["completed_with_gaps"])
    started_at: dt.datetime
    finished_at: dt.datetime | None
    seconds: float | None
    gaps: list[str]
    message: str | None
    stages: list[dict[str, Any]] = Field(description="name, seconds, rows or error of each stage.")
    code_version: str
    prefect_run_id: str | None


class Runs(BaseModel):
    """A page of runs."""

    runs: list[Run] = Field(description="Newest first.")
    next: dt.datetime | None = Field(description="Give it as `before` for the next page; null at the end.")


class NewRun(BaseModel):
    """A daily run of `as_of` (default: the latest session), or a backfill from `start` to `end`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "daily", "as_of": "2026-11-19"},
                {"kind": "backfill", "start": "2026-11-02", "end": "2026-11-13"},
            ]
        },
    )

    kind: Literal["daily", "backfill"]
    as_of: dt.date | None = None
    start: dt.date | None = None
    end: dt.date | None = None

    @model_validator(mode="after")
    def whole(self) -> Self:
        """Raises ValueError for fields of the other kind of run, or missing ones."""
        if self.kind == "daily" and (self.start or self.end):
            raise ValueError("a daily run has as_of; start and end are a backfill's")
        if self.kind == "backfill" and (self.as_of or not self.start or not self.end):
            raise ValueError("a backfill has start and end, and no as_of")
        return self


class ScheduledRun(BaseModel):
    """The run that Prefect has scheduled."""

    prefect_run_id: str
    name: str
    state: str


@router.get("", summary="Runs, newest first")
async def runs(
    request: Request,
    _: Reader,
    kind: Annotated[str | None, Query(max_length=50, pattern=NO_NUL)] = None,
    state: Literal["running", "completed", "completed_with_gaps", "failed", "died", "cancelled"] | None = None,
    limit: Limit = 50,
    before: Annotated[dt.datetime | None, Query(description="`next` of the page before.")] = None,
) -> Runs:
    """422 for a `before` without a time zone."""
    if before is not None and before.tzinfo is None:
        raise BadInput("before has no time zone")
    found = await rows(
        request,
        "SELECT * FROM v_pipeline_runs WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR state = $2)"
        " AND ($3::timestamptz IS NULL OR started_at < $3) ORDER BY started_at DESC LIMIT $4",
        kind,
        state,
        before,
        limit,
    )
    listed = [run_of(row) for row in found]
    return Runs(runs=listed, next=listed[-1].started_at if len(listed) == limit else None)


@router.get("/{run_id}", summary="One run")
async def run(
    request: Request,
    _: Reader,
    run_id: Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")],
) -> Run:
    """404 where there is none."""
    found = await rows(request, "SELECT * FROM v_pipeline_runs WHERE run_id = $1", run_id)
    if not found:
        raise NotStored(f"no run {run_id} is stored")
    return run_of(found[0])


def run_of(row: dict[str, Any]) -> Run:
    """A row of v_pipeline_runs as a Run."""
    texts = {name: None if row[name] is None else str(row[name]) for name in ("run_id", "prefect_run_id")}
    return Run(**{name: row[name] for name in Run.model_fields} | texts)


@router.post("", status_code=202, summary="Ask Prefect for a daily run or a backfill")
async def new_run(request: Request, _: Operator, body: NewRun) -> ScheduledRun:
    """Prefect runs it; the answer comes before it starts. 503 where Prefect does not answer."""
    request.state.audit_detail = body.model_dump(mode="json", exclude_none=True)
    return await schedule_run(request, body.kind, run_parameters(body, request.app.state.clock()))


def run_parameters(body: NewRun, now: dt.datetime) -> dict[str, Any]:
    """The flow's parameters. Raises BadInput for days that no run can have."""
    if body.kind == "daily":
        if body.as_of is None:
            return {}
        if not FIRST_DAY <= body.as_of <= desk_day(now) or decision_time(body.as_of) > now:
            raise BadInput(f"as_of {body.as_of} has not come yet, or lies before {FIRST_DAY}")
        if not calendars.b3().is_business_day(body.as_of):
            raise BadInput(f"as_of {body.as_of} has no B3 session")
        return {"as_of": body.as_of.isoformat()}
    assert body.start is not None
    assert body.end is not None
    if not FIRST_DAY <= body.start <= body.end <= desk_day(now) or body.end - body.start > LONGEST_BACKFILL:
        raise BadInput("a backfill goes from start to a later end, at most twenty years, and not into the future")
    return {"start": body.start.isoformat(), "end": body.end.isoformat()}


async def schedule_run(request: Request, name: str, parameters: dict[str, Any]) -> ScheduledRun:
    """A flow run of the deployment `name`/`name`. Raises Unavailable."""
    client: httpx.AsyncClient | None = request.app.state.prefect
    if client is None:
        raise Unavailable("PREFECT_API_URL is not set: there is no Prefect to ask")
    try:
        found = await client.get(f"/deployments/name/{name}/{name}")
        if found.status_code == httpx.codes.NOT_FOUND:
            raise Unavailable(f"Prefect has no deployment {name}/{name}: run `alvorada deploy`")
        found.raise_for_status()
        request_body = {"parameters": found.json().get("parameters", {}) | parameters, "state": {"type": "SCHEDULED"}}
        made = await client.post(f"/deployments/{found.json()['id']}/create_flow_run", json=request_body)
        made.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"Prefect does not answer: {type(error).__name__}") from error
    run = made.json()
    return ScheduledRun(prefect_run_id=run["id"], name=run["name"], state=run["state"]["type"].lower())
