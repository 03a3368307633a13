"""What every request gets: an id, security headers, a limit of the body's length, and an audit record of changes."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import asyncpg
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import LOG, problem
from tasks.store.api_tokens import Token

LONGEST_BODY = 64 * 1024
READ_METHODS = ("GET", "HEAD", "OPTIONS")
CALLER_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_AUDIT = """
INSERT INTO api_audit (at, token_name, request_id, method, path, status, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class TooLong(HTTPException):
    """A body past LONGEST_BODY. FastAPI lets an HTTPException through where a body is read."""

    def __init__(self) -> None:
        super().__init__(413, f"a body may have {LONGEST_BODY:,} bytes")


class Envelope:
    """An ASGI middleware, without Starlette's wrapper: a small read stays fast."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self.app, self.owner = app, owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds id and headers to the response, and writes the audit once it has gone out. ASGI's signature."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if CALLER_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        started = False

        async def answer(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, _bounded(request, receive), answer)
        except Exception:  # noqa: BLE001  # the last resort: the caller gets an id, and the log has the error
            LOG.exception("request %s: %s %s", request_id, scope["method"], scope["path"])
            if not started:
                await problem(request, 500, "this went wrong; it is in the log under this request's id")(
                    scope, receive, answer
                )
        await self._audit(scope, status)

    async def _audit(self, scope: Scope, status: int) -> None:
        state: dict[str, Any] = scope["state"]
        token = state.get("token")
        if token is None or scope["method"] in READ_METHODS:
            return
        try:
            await self.owner.state.pool.execute(_AUDIT, *self._entry(scope, state, token, status))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            LOG.exception("request %s: the audit could not be written", state["request_id"])

    def _entry(self, scope: Scope, state: dict[str, Any], token: Token, status: int) -> tuple[Any, ...]:
        detail = json.dumps(state.get("audit_detail", {}), default=str)
        at, path = self.owner.state.clock(), str(state.get("audit_path", scope["path"]))
        return at, token.name, state["request_id"], scope["method"], path[:500], status, detail


def _bounded(request: Request, receive: Receive) -> Receive:
    """`receive` with a limit: raises TooLong once the body has more than LONGEST_BODY bytes."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > LONGEST_BODY:

        async def refused() -> Message:
            raise TooLong()

        return refused
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LONGEST_BODY:
            raise TooLong()
        return message

    return counted
