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
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.deliveries import SlackStandIn
from sandbox.faults import CutShort, spoiled
from sandbox.published import World
from sandbox.settings import SandboxSettings
from sandbox.wire import Answer, Asked, BadQuery, not_found
from sandbox.wires import WIRES

TIMEOUT_SECONDS = 3600.0
_HEAVY = frozenset({"stn_fiscal"})  # seconds of work for one body: not on the event loop


class Sandbox:
    """One world and its settings; `wall_clock` says what time it is when the settings do not."""

    def __init__(self, world: World, settings: SandboxSettings, wall_clock: Callable[[], dt.datetime]) -> None:
        self.world = world
        self.settings = settings
        self.wall_clock = wall_clock
        self.requests: dict[str, int] = {}
        self.slack = SlackStandIn()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/_sandbox/health", self.health),
                Route("/_sandbox/config", self.configure, methods=["GET", "POST"]),
                *self.slack.routes(),
                Route("/{source}/{key}/{path:path}", self.answer, methods=["GET", "POST"]),
            ]
        )

    async def health(self, request: Request) -> Response:
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

    async def answer(self, request: Request) -> Response:
        source = request.path_params["source"]
        spec = self.world.catalog.sources.get(source)
        if spec is None or source not in WIRES or request.path_params["key"] not in spec.base_urls:
            return _response(not_found())
        self.requests[source] = self.requests.get(source, 0) + 1
        delay = self.settings.delay(source)
        if delay:
            await asyncio.sleep(delay)
        fault = self.settings.fault_for(source, unquote(str(request.url))) if self.settings.faults else None
        if fault is not None and fault.kind == "timeout":
            await self._never(request)
            return Response(status_code=504)
        if fault is not None and fault.kind in ("rate_limit", "server_error", "html", "empty"):
            answer = spoiled(Answer(b""), fault.kind)
        else:
            answer = await self._answer(source, request)
            if fault is not None:
                answer = spoiled(answer, fault.kind)
        response = _response(answer, cut=fault is not None and fault.kind == "cut_body")
        if fault is not None and fault.retry_after is not None:
            response.headers["Retry-After"] = f"{fault.retry_after:g}"
        return response

    async def _answer(self, source: str, request: Request) -> Answer:
        asked = Asked(
            key=request.path_params["key"],
            path=request.path_params["path"],
            query=query_of(request.url.query),
            now=self.settings.moment(self.wall_clock()),
        )
        try:
            if source in _HEAVY:
                return await asyncio.to_thread(WIRES[source], self.world, asked)
            return WIRES[source](self.world, asked)
        except BadQuery as error:
            return Answer(str(error).encode(), 400, "text/plain")

    async def _never(self, request: Request) -> None:
        """Says nothing until the caller gives up."""
        waited = 0.0
        while waited < TIMEOUT_SECONDS and not await request.is_disconnected():
            await asyncio.sleep(0.05)
            waited += 0.05


def query_of(text: str) -> dict[str, str]:
    """The last value of each name; `$`, `@` and `%24` alike, a blank as `+` or `%20`."""
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _response(answer: Answer, *, cut: bool = False) -> Response:
    kind = CutShort if cut else Response
    return kind(answer.body, answer.status, media_type=answer.media)
