"""reports/: the stored pages, as HTML or as numbers, and sending one again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import zstandard
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import Operator, Reader, ReportReader
from api.envelope import PAGE_POLICY
from api.problems import NotStored
from api.reading import LAST_DAY, Limit, moment_of, rows
from api.redistribution import require_decision_may_leave
from api.sessions import ROOT, Code, language_of, wants_page
from desk.model import desk_day
from reports.page.plotly_script import script, sha256, with_shared_script

router = APIRouter(prefix="/reports/daily", tags=["reports"])
Language = Annotated[Code | None, Query(description="Of the page; left out: as Accept-Language asks, else English.")]
Whole = Annotated[bool, Query(description="The page as it is stored, with its own copy of the charts' script.")]
SCRIPT = f"{ROOT}/assets/plotly-{sha256()}.js"
"""One copy for all pages: its name holds its hash."""
LARGEST_PAGE = 64 * 1024 * 1024


class ReportFacts(BaseModel):
    """A stored report without its content."""

    day: dt.date
    as_of: dt.datetime
    language: str
    run_id: str
    rendered_at: dt.datetime
    sha256: str
    bytes: int


class Report(ReportFacts):
    """The numbers of one day's report; null or empty where the run did not get that far."""

    nav_brl: float | None
    valuation_date: dt.date | None = Field(description="The market day that NAV, return and drawdown are about.")
    return_1d: float | None = Field(description="Of the model book on valuation_date, a fraction.")
    drawdown: float | None
    var_95: float | None = Field(description="One day, fraction of NAV, the headline method; a loss is positive.")
    var_99: float | None
    regime: str | None
    datasets_ok: int
    datasets: int
    limits: dict[str, str] = Field(description="Limit id -> green, amber, red, breach, absent.")
    actions: list[str] = Field(description="One sentence an order.")


class Send(BaseModel):
    """Which report to send."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"day": "2026-11-19"}]})

    day: dt.date | None = Field(default=None, description="The newest report when left out.")


class Sending(BaseModel):
    """The report that is queued for delivery."""

    day: dt.date
    rows: int = Field(description="Messages in the outbox, new or there before: each is delivered once.")
    note: str = Field(description="Why there is none.")


_FACTS = "as_of, language, run_id, rendered_at, sha256, bytes"


@router.get("", summary="Stored reports, newest first")
async def reports(
    request: Request,
    _: Reader,
    language: Language = None,
    limit: Limit = 50,
    before: Annotated[dt.date | None, Query(description="Days before this one.")] = None,
) -> list[ReportFacts]:
    """One page at a time: give the last `day` as `before`."""
    found = await rows(
        request,
        f"SELECT {_FACTS} FROM v_report WHERE language = $1 AND as_of < $2 ORDER BY as_of DESC LIMIT $3",
        language or language_of(request),
        moment_of(before) if before else moment_of(LAST_DAY),
        limit,
    )
    return [ReportFacts(**_named(row)) for row in found]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"run_id": str(row["run_id"]), "day": desk_day(row["as_of"])}


HTML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The page, or its numbers"}
}


@router.get(
    "/latest",
    summary="The newest report: the page or its numbers, as Accept asks",
    responses=HTML,
    response_model=Report,
)
async def latest(request: Request, _: Reader, language: Language = None, whole: Whole = False) -> Any:
    """404 where none is stored in this language."""
    code = language or language_of(request)
    found = await rows(request, "SELECT max(as_of) AS newest FROM v_report WHERE language = $1", code)
    if found[0]["newest"] is None:
        raise NotStored(f"no report in {code!r} is stored")
    return await _report(request, found[0]["newest"], code, whole)


@router.get(
    "/{day}", summary="One day's report: the page or its numbers, as Accept asks", responses=HTML, response_model=Report
)
async def report(
    request: Request, _: ReportReader, day: dt.date, language: Language = None, whole: Whole = False
) -> Any:
    """404 where none of this day is stored in this language."""
    return await _report(request, moment_of(day), language or language_of(request), whole)


async def _report(request: Request, as_of: dt.datetime, language: str, whole: bool) -> Report | Response:
    html = wants_page(request)
    columns = f"{_FACTS}, html_zstd" if html else _FACTS
    found = await rows(request, f"SELECT {columns} FROM v_report WHERE as_of = $1 AND language = $2", as_of, language)
    if not found:
        raise NotStored(f"no report of {desk_day(as_of)} in {language!r} is stored")
    await require_decision_may_leave(request, as_of)
    if html:
        page = zstandard.ZstdDecompressor().decompress(found[0]["html_zstd"], max_output_size=LARGEST_PAGE).decode()
        content = page if whole else with_shared_script(page, SCRIPT)
        return HTMLResponse(content, headers={"Content-Security-Policy": PAGE_POLICY})
    return Report(**_named(found[0]), **await _numbers(request, as_of))


async def _numbers(request: Request, as_of: dt.datetime) -> dict[str, Any]:
    state = await rows(
        request,
        "SELECT valuation_date, nav_brl, return_1d, drawdown FROM v_portfolio_state WHERE as_of = $1",
        as_of,
    )
    tail = await rows(
        request,
        "SELECT metric, value FROM v_risk_metrics_daily JOIN v_var_method USING (as_of, method)"
        " WHERE as_of = $1 AND role = 'headline' AND metric IN ('var_95', 'var_99')",
        as_of,
    )
    regime = await rows(
        request,
        "SELECT regime_id FROM v_regime WHERE as_of = $1 AND probability IS NOT NULL ORDER BY probability DESC LIMIT 1",
        as_of,
    )
    datasets = await rows(request, "SELECT state FROM v_dataset_status WHERE as_of = $1", as_of)
    limits = await rows(request, "SELECT limit_id, status FROM v_risk_limits_status WHERE as_of = $1", as_of)
    actions = await rows(request, "SELECT sentence FROM v_action WHERE as_of = $1 ORDER BY seq", as_of)
    values = {row["metric"]: row["value"] for row in tail}
    nothing = dict.fromkeys(("valuation_date", "nav_brl", "return_1d", "drawdown"))
    return (state[0] if state else nothing) | {
        "var_95": values.get("var_95"),
        "var_99": values.get("var_99"),
        "regime": regime[0]["regime_id"] if regime else None,
        "datasets": len(datasets),
        "datasets_ok": sum(row["state"] == "ok" for row in datasets),
        "limits": {row["limit_id"]: row["status"] for row in limits},
        "actions": [row["sentence"] for row in actions],
    }


assets = APIRouter(include_in_schema=False)


@assets.get(SCRIPT.removeprefix(ROOT))
async def plotly() -> Response:
    """The charts' script, for everybody: it is Plotly's, as published."""
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(script(), media_type="text/javascript", headers=kept)


@router.post("/send", status_code=202, summary="Send a day's report to those who have not received it")
async def send(request: Request, _: Operator, body: Send) -> Sending:
    """Recipients that have it already get nothing. 404 where the day has no report."""
    request.state.audit_detail = body.model_dump(mode="json")
    if body.day is not None:
        known = await rows(request, "SELECT 1 FROM v_report WHERE as_of = $1", moment_of(body.day))
        if not known:
            raise NotStored(f"no report of {body.day} is stored")
    return await request.app.state.send_report(body.day)  # type: ignore[no-any-return]
