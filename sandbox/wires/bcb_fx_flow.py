"""Banco Central do Brasil, contracted FX flow (SGS table 13)."""

from __future__ import annotations

from sandbox.published import World
from sandbox.wire import Answer, Asked
from sandbox.wires.sgs import answer_for


def answer(world: World, asked: Asked) -> Answer:
    return answer_for("bcb_fx_flow", world, asked)
