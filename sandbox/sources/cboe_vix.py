"""Cboe's files: the VIX's whole history as CSV; that of oil volatility has another form."""

from __future__ import annotations

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, not_found
from sandbox.world import SimulatedWorld


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds with every session up to the newest that is public, the oldest first."""
    if request.path == "daily_prices/OVX_History.csv":
        return SourceResponse(b"DATE,OVX\n05/10/2007,27.120000\n", media="text/csv")
    if request.path != "daily_prices/VIX_History.csv":
        return not_found()
    published = world.published(load_facts()["cboe_vix", "VIX"], request.now)
    at = published.visible(request.now)
    lines = ["DATE,OPEN,HIGH,LOW,CLOSE"]
    before = None
    for day, close in zip(
        published.released.days[at].tolist(), published.values(request.now)[at].tolist(), strict=True
    ):
        opened = close if before is None else before
        high, low = max(opened, close) * 1.02, min(opened, close) * 0.98
        lines.append(f"{day:%m/%d/%Y},{opened:.6f},{high:.6f},{low:.6f},{close:.6f}")
        before = close
    return SourceResponse(("\n".join(lines) + "\n").encode(), media="text/csv")
