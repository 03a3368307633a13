"""Banco Central do Brasil, SGS."""

from __future__ import annotations

from sandbox.source_http import SourceRequest, SourceResponse
from sandbox.sources.sgs import respond_for
from sandbox.world import SimulatedWorld


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to SGS requests."""
    return respond_for("bcb_sgs", world, request)
