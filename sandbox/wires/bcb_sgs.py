"""Banco Central do Brasil, SGS."""

from __future__ import annotations

from sandbox.published import World
from sandbox.wire import Answer, Asked
from sandbox.wires.sgs import answer_for


def answer(world: World, asked: Asked) -> Answer:
    return answer_for("bcb_sgs", world, asked)
