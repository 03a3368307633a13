"""One message to one Slack incoming webhook. No retry: the caller decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from desk.errors import AlvoradaError

SECONDS = 15.0
NO_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}
"""Else Slack opens the links of a message, and a signed one is a right."""


class SlackRefused(AlvoradaError):
    """Slack did not take the message. `temporary`: another try can help; `retry_after`: seconds, where given."""

    def __init__(self, message: str, *, temporary: bool, retry_after: float | None = None) -> None:
        self.temporary, self.retry_after = temporary, retry_after
        super().__init__(message)


async def post(url: str, payload: Mapping[str, Any], seconds: float = SECONDS) -> str:
    """Posts `payload` as JSON; returns what Slack answered (`ok`). The address is a secret and is in no message.

    Raises SlackRefused for anything but a 2xx: 429 and 5xx are temporary, other 4xx are not.
    """
    host = urlsplit(url).hostname or "the webhook"
    try:
        async with httpx.AsyncClient(timeout=seconds) as client:
            answer = await client.post(url, json={**NO_PREVIEWS, **payload})
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        reason = f"the Slack webhook's address cannot be used: {type(error).__name__}"
        raise SlackRefused(reason, temporary=False) from None
    except httpx.HTTPError as error:
        raise SlackRefused(f"{host} did not answer: {type(error).__name__}", temporary=True) from None
    if answer.is_success:
        return answer.text[:200]
    temporary = answer.status_code == 429 or answer.status_code >= 500
    raise SlackRefused(
        f"{host} answered {answer.status_code}: {answer.text[:200]}",
        temporary=temporary,
        retry_after=_seconds(answer.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdigit() else None


def escaped(text: str) -> str:
    """Text escaped for Slack's mrkdwn: it makes no mention and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
