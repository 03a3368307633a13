"""Errors as problem+json (RFC 9457): one shape for every refusal, and never a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.sessions import login_address, wants_page
from desk.errors import AlvoradaError, BadInput, StoreError

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("alvorada.api")


class Problem(BaseModel):
    """An error: `detail` describes it, `request_id` finds it in the log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "no decision of 2026-01-01 is stored",
                    "request_id": "5f3c0f0e7c1b4f6a",
                    "errors": [],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[str] = Field(default_factory=list, description="Of a request that does not fit: each field's fault.")


class NotStored(Exception):
    """The requested object is not stored: a 404 with this text."""


class Unavailable(Exception):
    """Something behind the API does not answer: a 503 with this text."""


def problem(
    request: Request, status: int, detail: str, errors: list[str] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error response. `detail` and `errors` are shown to the caller: no secret, no address, no stack trace."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=errors or [],
    )
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Turns exceptions of a request into problems: AlvoradaError by its type, others by their HTTP status."""

    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 401 and request.method == "GET" and wants_page(request):
            return RedirectResponse(login_address(request), 303)
        return problem(request, error.status_code, str(error.detail), headers=dict(error.headers or {}))

    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        return problem(request, 422, "the request does not fit", faults)

    async def own_error(request: Request, error: AlvoradaError) -> JSONResponse:
        if isinstance(error, BadInput):
            return problem(request, 422, str(error))
        LOG.error("%s: %s", type(error).__name__, error)
        return problem(request, 503 if isinstance(error, StoreError) else 500, _public_text(error))

    async def absent(request: Request, error: NotStored) -> JSONResponse:
        return problem(request, 404, str(error))

    async def unavailable(request: Request, error: Unavailable) -> JSONResponse:
        return problem(request, 503, str(error), headers={"Retry-After": "10"})

    handlers: dict[type[Exception], Any] = {
        HTTPException: http,
        RequestValidationError: invalid,
        AlvoradaError: own_error,
        NotStored: absent,
        Unavailable: unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _public_text(error: AlvoradaError) -> str:
    """The text for a caller: it names no address and no detail of the error."""
    return (
        "the database does not answer" if isinstance(error, StoreError) else "this could not be done; it is in the log"
    )


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in (
        (401, "No token, or one that is unknown, expired or revoked"),
        (403, "The token's scope does not reach this far"),
        (404, "Not stored"),
        (405, "Another method is meant"),
        (413, "The body is too long"),
        (422, "The request does not fit"),
        (429, "Too many requests"),
        (503, "Something behind the API does not answer"),
    )
}
