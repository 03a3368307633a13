"""Requests to a simulated source without HTTP: `ask(world, url)`, the URL as a connector writes it after the root."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import unquote

from sandbox.server import query_of
from sandbox.source_http import SourceRequest, SourceResponse
from sandbox.sources import RESPONDERS
from sandbox.world import SimulatedWorld

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def ask(world: SimulatedWorld, url: str, now: dt.datetime = NOW) -> SourceResponse:
    """`url` is /source/key/path?query."""
    path, _, query = url.lstrip("/").partition("?")
    source, key, rest = path.split("/", 2)
    return RESPONDERS[source](world, SourceRequest(key, unquote(rest), query_of(query), now))


def ask_json(world: SimulatedWorld, url: str, now: dt.datetime = NOW) -> Any:
    answer = ask(world, url, now)
    assert answer.status == 200, answer.body[:200]
    return json.loads(answer.body)


def sgs(
    world: SimulatedWorld, code: int, start: str = "01/01/2018", end: str = "20/11/2026", now: dt.datetime = NOW
) -> dict[str, str]:
    """ISO day -> text of an SGS series."""
    url = f"/bcb_sgs/api/dados/serie/bcdata.sgs.{code}/dados?formato=json&dataInicial={start}&dataFinal={end}"
    return {"-".join(reversed(row["data"].split("/"))): row["valor"] for row in ask_json(world, url, now)}
