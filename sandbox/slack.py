"""A simulated Slack webhook: it stores messages, checks them against Slack's limits, and fails on demand.

POST /_slack/hook/{channel} is the webhook. GET /_slack/messages lists the accepted messages, DELETE clears them. POST
/_slack/answers sets the replies to the next posts, like {"next": [429, 500, "silence"], "then": 200, "retry_after": 2}.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

SILENCE_SECONDS = 3600.0
HEADER, SECTION, FIELDS, FIELD, BLOCKS, ALL = 150, 3000, 10, 2000, 50, 13_200
"""Slack's limits: characters of a header, of a section, fields of a section, characters of each, blocks, and in all."""
Reply = Literal["silence"] | int


class PlannedReplies(BaseModel):
    """`next`: replies to the next posts, one each; `then`: reply to later posts; `retry_after`: seconds, with a 429."""

    model_config = ConfigDict(extra="forbid")

    next: list[Reply] = Field(default_factory=list)
    then: Reply = 200
    retry_after: int | None = None


@dataclass(slots=True)
class SimulatedSlack:
    """The webhook. `messages`: accepted ones as posted, with their `channel`; `posts`: number of posts, with rejected
    ones.
    """

    replies: PlannedReplies = field(default_factory=PlannedReplies)
    messages: list[dict[str, Any]] = field(default_factory=list)
    posts: int = 0

    def routes(self) -> list[Route]:
        """Routes of the webhook and of its control."""
        return [
            Route("/_slack/hook/{channel}", self.hook, methods=["POST"]),
            Route("/_slack/messages", self.listed, methods=["GET", "DELETE"]),
            Route("/_slack/answers", self.set_answers, methods=["POST"]),
        ]

    async def hook(self, request: Request) -> Response:
        """Accept or reject one message, or send the planned reply."""
        self.posts += 1
        reply = self.replies.next.pop(0) if self.replies.next else self.replies.then
        if reply == "silence":
            await asyncio.sleep(SILENCE_SECONDS)
        if reply == 429:
            wait = self.replies.retry_after
            return PlainTextResponse("rate_limited", 429, {} if wait is None else {"Retry-After": str(wait)})
        if reply != 200:
            return PlainTextResponse("server_error", int(reply))
        try:
            message = await request.json()
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        error = rejection(message)
        if error:
            return PlainTextResponse(error, 400)
        self.messages.append({"channel": request.path_params["channel"], **message})
        return PlainTextResponse("ok")

    async def listed(self, request: Request) -> Response:
        """The accepted messages; DELETE clears them."""
        if request.method == "DELETE":
            self.messages.clear()
            self.posts = 0
        return JSONResponse({"posts": self.posts, "messages": self.messages})

    async def set_answers(self, request: Request) -> Response:
        """Set the next replies."""
        try:
            self.replies = PlannedReplies.model_validate(await request.json())
        except (ValidationError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(self.replies.model_dump())


def rejection(message: Any) -> str | None:
    """Slack's error code for an invalid message; None for a valid one."""
    if not isinstance(message, dict) or not (message.get("text") or message.get("blocks")):
        return "no_text"
    blocks = message.get("blocks", [])
    if len(blocks) > BLOCKS:
        return "invalid_blocks"
    if any(not _fits(block) for block in blocks):
        return "invalid_blocks"
    if sum(len(text) for block in blocks for text in texts(block)) > ALL:
        return "msg_blocks_too_long"
    return None


def _fits(block: dict[str, Any]) -> bool:
    text, fields = block.get("text", {}), block.get("fields", [])
    if not block.get("type") or (text and not text.get("text")):
        return False
    most = HEADER if block["type"] == "header" else SECTION
    if block["type"] == "header" and text.get("type") != "plain_text":
        return False
    short = len(text.get("text", "")) <= most and len(fields) <= FIELDS
    return short and all(0 < len(item.get("text", "")) <= FIELD for item in fields)


def texts(block: dict[str, Any]) -> list[str]:
    """Every text that a block shows."""
    parts = [block["text"]] if "text" in block else []
    parts += [*block.get("fields", []), *(item for item in block.get("elements", []) if "text" in item)]
    return [part["text"] if isinstance(part["text"], str) else part["text"]["text"] for part in parts]
