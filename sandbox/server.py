"""The sandbox over HTTP: every source under /{source}/{base-url key}/..., its settings under /_sandbox/, Slack under
/_slack/."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import TruncatedResponse, dripping, endless, with_fault
from sandbox.other_questions import other_question
from sandbox.settings import Fault, Kind, SandboxSettings
from sandbox.slack import SimulatedSlack
from sandbox.source_http import InvalidQuery, SourceRequest, SourceResponse, not_found
from sandbox.sources import RESPONDERS
from sandbox.world import SimulatedWorld, Slip

TIMEOUT_SECONDS = 3600.0
_HEAVY = frozenset({"stn_fiscal"})  # seconds of work for one body: not on the event loop


class Sandbox:
    """One simulated world and its settings. `wall_clock` gives the time when the settings have none."""

    def __init__(self, world: SimulatedWorld, settings: SandboxSettings, wall_clock: Callable[[], dt.datetime]) -> None:
        self.world = world
        self.settings = settings
        self.wall_clock = wall_clock
        self.requests: dict[str, int] = {}
        self.slack = SimulatedSlack()
        self._slipped: dict[Slip, SimulatedWorld] = {}

    def app(self) -> Starlette:
        """The routes of the sources, of the settings and of Slack."""
        return Starlette(
            routes=[
                Route("/_sandbox/health", self.health),
                Route("/_sandbox/config", self.configure, methods=["GET", "POST"]),
                *self.slack.routes(),
                Route("/{source}/{key}/{path:path}", self.respond, methods=["GET", "POST"]),
            ]
        )

    async def health(self, request: Request) -> Response:
        """Seed, current time and number of requests by source."""
        now = self.settings.moment(self.wall_clock())
        return JSONResponse(
            {"status": "ok", "seed": self.world.seed, "now": now.isoformat(), "requests": self.requests}
        )

    async def configure(self, request: Request) -> Response:
        """POST replaces the settings that the JSON names and leaves the others."""
        if request.method == "POST":
            try:
                changes = await request.json()
                kept = self.settings.model_dump(exclude_unset=True)
                self.settings = SandboxSettings.model_validate({**kept, **changes})
            except (ValidationError, ValueError, TypeError) as error:
                return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(json.loads(self.settings.model_dump_json()))

    async def respond(self, request: Request) -> Response:
        """The response of a source, with the latency and the fault of the settings."""
        source = request.path_params["source"]
        spec = self.world.catalog.sources.get(source)
        if spec is None or source not in RESPONDERS or request.path_params["key"] not in spec.base_urls:
            return _response(not_found())
        self.requests[source] = self.requests.get(source, 0) + 1
        delay = self.settings.delay(source)
        if delay:
            await asyncio.sleep(delay)
        fault = self.settings.fault_for(source, unquote(str(request.url))) if self.settings.faults else None
        if fault is not None and fault.kind == "timeout":
            await self._wait_for_disconnect(request)
            return Response(status_code=504)
        if fault is not None and fault.kind in ("rate_limit", "server_error", "refused", "html", "empty", "garbage"):
            answer = with_fault(SourceResponse(b""), fault.kind)
        else:
            answer = await self._source_response(source, request, self._world_with(fault), fault)
            if fault is not None:
                answer = with_fault(answer, fault.kind)
        response = _response(answer, fault.kind if fault is not None else None)
        if fault is not None and fault.retry_after is not None:
            response.headers["Retry-After"] = f"{fault.retry_after:g}"
        return response

    def _world_with(self, fault: Fault | None) -> SimulatedWorld:
        if fault is None or fault.series is None or fault.day is None or fault.factor is None:
            return self.world
        slip = Slip(fault.series, fault.day, fault.factor)
        if slip not in self._slipped:
            self._slipped[slip] = self.world.with_slip(slip)
        return self._slipped[slip]

    async def _source_response(
        self, source: str, request: Request, world: SimulatedWorld, fault: Fault | None
    ) -> SourceResponse:
        source_request = SourceRequest(
            key=request.path_params["key"],
            path=request.path_params["path"],
            query=query_of(request.url.query),
            now=self.settings.moment(self.wall_clock()),
            without=fault.series if fault is not None and fault.kind == "no_curve" else None,
        )
        if fault is not None and fault.kind == "other_answer":
            source_request = other_question(source, source_request)
        try:
            if source in _HEAVY:
                return await asyncio.to_thread(RESPONDERS[source], world, source_request)
            return RESPONDERS[source](world, source_request)
        except InvalidQuery as error:
            return SourceResponse(str(error).encode(), 400, "text/plain")

    async def _wait_for_disconnect(self, request: Request) -> None:
        """Waits without a response until the client disconnects."""
        waited = 0.0
        while waited < TIMEOUT_SECONDS and not await request.is_disconnected():
            await asyncio.sleep(0.05)
            waited += 0.05


def query_of(text: str) -> dict[str, str]:
    """Decoded query parameters, the last value of each name; `%24` and `$` are equal, and so are `+` and `%20`."""
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _response(answer: SourceResponse, kind: Kind | None = None) -> Response:
    if kind == "huge":
        return StreamingResponse(endless(answer.body), answer.status, media_type=answer.media)
    if kind == "drip":
        length = {"Content-Length": str(len(answer.body))}
        return StreamingResponse(dripping(answer.body), answer.status, length, media_type=answer.media)
    sent = TruncatedResponse if kind == "cut_body" else Response
    return sent(answer.body, answer.status, media_type=answer.media)
