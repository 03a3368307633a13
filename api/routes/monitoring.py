"""monitoring/: the state of the sources, of the parts around them, and of the alerts."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import httpx
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.access import Operator, Reader
from api.reading import NO_NUL, Before, Limit, decision, rows
from tasks.alerts.outbox import queue_test

router = APIRouter(prefix="/monitoring", tags=["monitoring"])


class DatasetState(BaseModel):
    """A dataset as the latest decision saw it, with its last fetch."""

    dataset: str
    state: str = Field(examples=["ok"], description="ok, stale, absent, failed: as the latest decision saw it.")
    last_obs_date: dt.date | None
    age_bd: int | None = Field(description="Business days since last_obs_date, on the dataset's own calendar.")
    promise_bd: int | None = Field(description="The age that its freshness promise allows.")
    rows: int | None = Field(description="Of the last fetch.")
    seconds: float | None = Field(description="Of the last fetch.")
    quality: float | None = Field(description="Weighted share of the last fetch's rows that pass their checks, 0 to 1.")
    last_success_at: dt.datetime | None
    last_error: str | None
    var_share: float | None = Field(description="Of the book's VaR, 0 to 1, on it; shares of datasets overlap.")
    order_share: float | None = Field(description="Of the risk that today's sizes would move, 0 to 1, on it.")


class SourceState(BaseModel):
    """A source with its datasets."""

    source: str = Field(examples=["fred"])
    state: str = Field(description="The worst of its datasets' states.")
    datasets: list[DatasetState]


class PipelineStatus(BaseModel):
    """Every source, as of the latest decision."""

    as_of: dt.datetime
    old_var_share: float | None = Field(description="Of the book's VaR, 0 to 1, on prices that are too old.")
    old_order_share: float | None = Field(
        description="Of the risk that today's sizes would move, 0 to 1, on prices or views that are too old."
    )
    sources: list[SourceState]


class Part(BaseModel):
    """A part of the system. `unknown`: there is no address to check."""

    name: str = Field(examples=["database"])
    state: Literal["ok", "down", "unknown"]
    detail: str


class SystemHealth(BaseModel):
    """The database, Prefect, the desk's own loops and the outbox."""

    parts: list[Part]
    heartbeats: dict[str, dt.datetime] = Field(description="When each of the desk's own loops last ran.")
    undelivered: int = Field(description="Messages that wait for Slack or the mail server.")
    firing: int = Field(description="Alerts that fire and are not explained by another.")


class Alert(BaseModel):
    """An alert that is pending or firing. `threshold` and `value` have the unit of its rule."""

    rule_id: str = Field(examples=["STALE_DATA"])
    subject: str
    condition: str
    state: str
    severity: str
    value: float | None
    threshold: float | None
    summary: str
    since: dt.datetime
    fired_at: dt.datetime | None
    inhibited_by: str | None
    silence_id: int | None
    held_back: int
    last_delivered_at: dt.datetime | None
    undelivered: list[str]


class AlertEvent(BaseModel):
    """One change of an alert's state, or one delivery."""

    event_id: int
    rule_id: str
    subject: str
    condition: str
    event: str
    at: dt.datetime
    severity: str
    value: float | None
    threshold: float | None
    summary: str
    channel: str | None


class Alerts(BaseModel):
    """Active alerts and a page of the history."""

    active: list[Alert]
    history: list[AlertEvent] = Field(description="Newest first.")
    next: int | None = Field(description="Give it as `before` for the next page of history; null at the end.")


class QueuedMessages(BaseModel):
    """Messages that wait in the outbox, and the channels that they go to."""

    outbox_ids: list[int]
    channels: list[str]


_WORST = ("failed", "absent", "stale", "ok")
STATUS = """
SELECT status.dataset, status.source, status.state, status.last_obs_date, status.age_bd, status.promise_bd,
       status.last_success_at, coalesce(status.error, status.last_error) AS last_error,
       last.rows, last.seconds, last.quality, weight.var_share, weight.order_share
FROM v_dataset_status AS status
LEFT JOIN v_fetch AS last ON last.dataset = status.dataset AND last.run_id = (
    SELECT run_id FROM v_pipeline_runs WHERE kind = 'daily' ORDER BY started_at DESC LIMIT 1)
LEFT JOIN v_data_weight AS weight
    ON weight.as_of = status.as_of AND weight.kind = 'dataset' AND weight.subject = status.dataset
WHERE status.as_of = $1 ORDER BY status.source, status.dataset
"""


@router.get("/pipeline-status", summary="Every source: state, age against its promise, rows, seconds, last error")
async def pipeline_status(
    request: Request,
    _: Reader,
) -> PipelineStatus:
    """404 where no decision is stored yet."""
    as_of = await decision(request, "v_dataset_status", None)
    sources: dict[str, list[DatasetState]] = {}
    for row in await rows(request, STATUS, as_of):
        sources.setdefault(row["source"], []).append(DatasetState(**row))
    old = await rows(
        request, "SELECT var_share, order_share FROM v_data_weight WHERE as_of = $1 AND kind = 'old'", as_of
    )
    worst = {name: min((d.state for d in states), key=_WORST.index) for name, states in sources.items()}
    return PipelineStatus(
        as_of=as_of,
        old_var_share=old[0]["var_share"] if old else None,
        old_order_share=old[0]["order_share"] if old else None,
        sources=[SourceState(source=name, state=worst[name], datasets=states) for name, states in sources.items()],
    )


@router.get("/system-health", summary="The database, Prefect, the desk's own loops, and what waits to be sent")
async def system_health(
    request: Request,
    _: Reader,
) -> SystemHealth:
    """503 where the database does not answer."""
    counted = await rows(
        request,
        "SELECT (SELECT count(*) FROM v_outbox WHERE sent_at IS NULL) AS undelivered,"
        " (SELECT count(*) FROM v_alert_active WHERE state = 'firing' AND inhibited_by IS NULL) AS firing,"
        " current_setting('server_version') AS version",
    )
    beats = await rows(request, "SELECT name, beat_at FROM v_heartbeat")
    return SystemHealth(
        parts=[
            Part(name="database", state="ok", detail=f"PostgreSQL {counted[0]['version']}"),
            await _prefect(request.app.state.prefect),
        ],
        heartbeats={row["name"]: row["beat_at"] for row in beats},
        undelivered=counted[0]["undelivered"],
        firing=counted[0]["firing"],
    )


async def _prefect(client: httpx.AsyncClient | None) -> Part:
    if client is None:
        return Part(name="prefect", state="unknown", detail="PREFECT_API_URL is not set")
    try:
        answer = await client.get("/ready", timeout=5)  # its /health asks nothing but the process
    except httpx.HTTPError as error:
        return Part(name="prefect", state="down", detail=type(error).__name__)
    return Part(name="prefect", state="ok" if answer.is_success else "down", detail=f"HTTP {answer.status_code}")


@router.get("/alerts", summary="Alerts that are on, and the history of all, newest first")
async def alerts(
    request: Request,
    _: Reader,
    rule: Annotated[str | None, Query(max_length=100, pattern=NO_NUL)] = None,
    subject: Annotated[str | None, Query(max_length=200, pattern=NO_NUL)] = None,
    severity: Literal["info", "warning", "critical"] | None = None,
    limit: Limit = 50,
    before: Before = None,
) -> Alerts:
    """The filters hold for both lists; `limit` and `before` for the history."""
    filters = (rule, subject, severity)
    same = "($1::text IS NULL OR rule_id = $1) AND ($2::text IS NULL OR subject = $2)"
    same += " AND ($3::text IS NULL OR severity = $3)"
    active = await rows(request, f"SELECT * FROM v_alert_active WHERE {same} ORDER BY since DESC, rule_id", *filters)
    past = await rows(
        request,
        f"SELECT * FROM v_alert_history WHERE {same} AND ($4::bigint IS NULL OR event_id < $4)"
        " ORDER BY event_id DESC LIMIT $5",
        *filters,
        before,
        limit,
    )
    return Alerts(
        active=[Alert(**row) for row in active],
        history=[AlertEvent(**row) for row in past],
        next=past[-1]["event_id"] if len(past) == limit else None,
    )


@router.post("/test-alert", status_code=202, summary="Send a test message through every channel")
async def test_alert(
    request: Request,
    token: Operator,
) -> QueuedMessages:
    """The message is queued: the deployment `sender` delivers it within five minutes."""
    state = request.app.state
    ids = await queue_test(state.store, state.channels, token.name, state.clock(), state.link)
    return QueuedMessages(outbox_ids=ids, channels=sorted(state.channels))
