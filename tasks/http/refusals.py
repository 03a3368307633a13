"""Which answers say that a host does not want to serve us."""

from __future__ import annotations

from tasks.connectors.exchange import Payload, SourceConfig


def refusal_of(payload: Payload, config: SourceConfig) -> str | None:
    """How the host refused to serve us, in words; None where it did not.

    Where the first refusal shuts the host (Yahoo), an empty body and a 429's words under another status are one too:
    each request more would prolong it.
    """
    if payload.status in (401, 403):
        return f"HTTP {payload.status}"
    if config.refusals_shut > 1 or payload.status >= 300:
        return None
    body = payload.body.strip()
    return "an empty body" if not body else "too many requests" if body.startswith(b"Too Many Requests") else None
