"""Banco Central do Brasil, contracted FX flow (SGS table 13)."""

from __future__ import annotations

from sandbox.source_http import SourceRequest, SourceResponse
from sandbox.sources.sgs import respond_for
from sandbox.world import SimulatedWorld


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to SGS requests of the FX flow series."""
    return respond_for("bcb_fx_flow", world, request)
