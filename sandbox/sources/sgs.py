"""SGS: JSON rows of `data` and `valor`, ten years of a daily series at most, 404 for an empty window."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from sandbox.facts import Fact, load_facts
from sandbox.source_http import SourceRequest, SourceResponse, brazilian_dates, not_found, texts
from sandbox.sources.metadata import SEARCH, sgs_catalog
from sandbox.world import SimulatedWorld

_PATH = re.compile(r"dados/serie/bcdata\.sgs\.(\d+)/dados(?:/ultimos/(\d+))?/?\Z")
_EXCEPTION = "br.gov.bcb.pec.sgs.comum.excecoes.SGSNegocioException: "
_TOO_WIDE = (
    '{"error":"O sistema aceita uma janela de consulta de, no máximo, 10 anos em séries de periodicidade diária",'
    '"message":"Para acessar uma série de periodicidade diária, é necessário informar a dataInicial - parâmetro '
    "textual que representa a data de início da consulta, no formato dd/mm/aaaa. Pode-se também especificar a "
    'dataFinal (opcional) - parâmetro textual que representa a data final da consulta, no formato dd/mm/aaaa",'
    '"syntax":"Para ler os últimos 10 anos, a partir da data de hoje, a sintaxe ficaria da seguinte forma: '
    'https://api.bcb.gov.br/dados/serie/bcdata.sgs.{code}/dados?formato=json&dataInicial={start}"}'
)
_NO_SUCH_SERIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html><html lang="pt"><head><title>Requisição inválida!</title></head><body>Requisição inválida!</body></html>
""".encode()
"""What is answered, under status 200, for a code that SGS does not have."""
COPOM_STATEMENT = dt.time(18, 30)


def respond_for(source: str, world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to an SGS request from the series of one catalogue source."""
    if request.key == "catalog":
        return sgs_catalog(source, request) if request.path == SEARCH else not_found()
    match = _PATH.match(request.path)
    if match is None:
        return not_found()
    code, last = match.group(1), match.group(2)
    fact = load_facts().get((source, code))
    if fact is None:
        return SourceResponse(_NO_SUCH_SERIES, 200, "text/html; charset=UTF-8")
    rows, days = _rows(world, fact, request)
    if last is not None:
        return (
            _error(400, "A quantidade máxima de valores deve ser 20") if int(last) > 20 else _body(rows[-int(last) :])
        )
    try:
        start, end = (_date(request.query.get(name)) for name in ("dataInicial", "dataFinal"))
    except ValueError:
        return _error(400, "Invalid initial date")
    if fact.frequency == "D" and (start is None or _too_wide(start, end or request.brasilia.date())):
        hint = request.brasilia.date().replace(day=1).strftime("%d/%m/%Y")
        return SourceResponse(_TOO_WIDE.replace("{code}", code).replace("{start}", hint).encode(), 406)
    first = int(np.searchsorted(days, np.datetime64(start, "D"))) if start else 0
    after = int(np.searchsorted(days, np.datetime64(end, "D"), side="right")) if end else len(days)
    return _body(rows[first:after])


def _rows(world: SimulatedWorld, fact: Fact, request: SourceRequest) -> tuple[list[str], Days]:
    """Rows as text and their days, as SGS shows them now."""
    published = world.published(fact, request.now)
    days, decimals = published.released.days, published.released.decimals

    def write(values: FloatArray) -> list[str]:
        return [
            f'{{"data":"{day}","valor":"{value}"}}'
            for day, value in zip(brazilian_dates(days), texts(values, decimals), strict=True)
        ]

    final: list[str] = world.cached(("sgs", fact.code, request.now.year), lambda: write(published.released.values))  # type: ignore[assignment]
    if fact.code == "432":
        count = int(np.searchsorted(days, np.datetime64(_next_decision(world, request), "D"), side="right"))
        return final[:count], days[:count]
    at = published.visible(request.now)
    rows = [final[place] for place in at.tolist()]
    if published.released.first is not None and len(at):
        early = np.flatnonzero(published.values(request.now)[at] != published.released.values[at])
        changed = texts(published.values(request.now)[at[early]], decimals)
        for place, day, value in zip(early.tolist(), brazilian_dates(days[at[early]]), changed, strict=True):
            rows[place] = f'{{"data":"{day}","valor":"{value}"}}'
    return rows, days[at]


def _next_decision(world: SimulatedWorld, request: SourceRequest) -> dt.date:
    """The target is announced up to the day of the next decision that is not out yet."""
    local = request.brasilia
    known = local.date() if local.time() >= COPOM_STATEMENT else local.date() - dt.timedelta(days=1)
    meetings = world.economy(request.now).timeline.copom
    day: dt.date = meetings[np.searchsorted(meetings, np.datetime64(known, "D"), side="right")].item()
    return day


def _date(text: str | None) -> dt.date | None:
    return dt.datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=dt.UTC).date() if text else None


def _too_wide(start: dt.date, end: dt.date) -> bool:
    """More than ten calendar years; exactly ten pass."""
    limit = (
        start.replace(year=start.year + 10)
        if (start.month, start.day) != (2, 29)
        else start.replace(year=start.year + 10, month=3, day=1)
    )
    return end > limit


def _body(rows: list[str]) -> SourceResponse:
    if not rows:
        return _error(404, "Value(s) not found")
    return SourceResponse(f"[{','.join(rows)}]".encode())


def _error(status: int, detail: str) -> SourceResponse:
    return SourceResponse(f'{{"erro":{{"statusCode":{status},"detail":"{_EXCEPTION}{detail}"}}}}'.encode(), status)
