"""SGS: JSON rows of `data` and `valor`, ten years of a daily series at most, 404 for an empty window."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from sandbox.facts import Fact, load_facts
from sandbox.published import World
from sandbox.wire import Answer, Asked, brazilian_dates, not_found, texts

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
COPOM_STATEMENT = dt.time(18, 30)


def answer_for(source: str, world: World, asked: Asked) -> Answer:
    match = _PATH.match(asked.path)
    if match is None:
        return not_found()
    code, last = match.group(1), match.group(2)
    fact = load_facts().get((source, code))
    if fact is None:
        return _error(404, "Série não encontrada")
    rows, days = _rows(world, fact, asked)
    if last is not None:
        return (
            _error(400, "A quantidade máxima de valores deve ser 20") if int(last) > 20 else _body(rows[-int(last) :])
        )
    try:
        start, end = (_date(asked.query.get(name)) for name in ("dataInicial", "dataFinal"))
    except ValueError:
        return _error(400, "Invalid initial date")
    if fact.frequency == "D" and (start is None or _too_wide(start, end or asked.brasilia.date())):
        hint = asked.brasilia.date().replace(day=1).strftime("%d/%m/%Y")
        return Answer(_TOO_WIDE.replace("{code}", code).replace("{start}", hint).encode(), 406)
    first = int(np.searchsorted(days, np.datetime64(start, "D"))) if start else 0
    after = int(np.searchsorted(days, np.datetime64(end, "D"), side="right")) if end else len(days)
    return _body(rows[first:after])


def _rows(world: World, fact: Fact, asked: Asked) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.datetime64]]]:
    """Rows as text and their days, as SGS shows them now."""
    published = world.published(fact, asked.now)
    days, decimals = published.numbers.days, published.numbers.decimals

    def write(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[str]:
        return [
            f'{{"data":"{day}","valor":"{value}"}}'
            for day, value in zip(brazilian_dates(days), texts(values, decimals), strict=True)
        ]

    final: list[str] = world.keep(("sgs", fact.code, asked.now.year), lambda: write(published.numbers.values))  # type: ignore[assignment]
    if fact.code == "432":
        count = int(np.searchsorted(days, np.datetime64(_next_decision(world, asked), "D"), side="right"))
        return final[:count], days[:count]
    at = published.visible(asked.now)
    rows = [final[place] for place in at.tolist()]
    if published.numbers.first is not None and len(at):
        early = np.flatnonzero(published.values(asked.now)[at] != published.numbers.values[at])
        changed = texts(published.values(asked.now)[at[early]], decimals)
        for place, day, value in zip(early.tolist(), brazilian_dates(days[at[early]]), changed, strict=True):
            rows[place] = f'{{"data":"{day}","valor":"{value}"}}'
    return rows, days[at]


def _next_decision(world: World, asked: Asked) -> dt.date:
    """The target is announced up to the day of the next decision that is not out yet."""
    local = asked.brasilia
    known = local.date() if local.time() >= COPOM_STATEMENT else local.date() - dt.timedelta(days=1)
    meetings = world.economy(asked.now).timeline.copom
    day: dt.date = meetings[np.searchsorted(meetings, np.datetime64(known, "D"), side="right")].item()
    return day


def _date(text: str | None) -> dt.date | None:
    return dt.datetime.strptime(text, "%d/%m/%Y").date() if text else None


def _too_wide(start: dt.date, end: dt.date) -> bool:
    """More than ten calendar years; exactly ten pass."""
    limit = (
        start.replace(year=start.year + 10)
        if (start.month, start.day) != (2, 29)
        else start.replace(year=start.year + 10, month=3, day=1)
    )
    return end > limit


def _body(rows: list[str]) -> Answer:
    if not rows:
        return _error(404, "Value(s) not found")
    return Answer(f"[{','.join(rows)}]".encode())


def _error(status: int, detail: str) -> Answer:
    return Answer(f'{{"erro":{{"statusCode":{status},"detail":"{_EXCEPTION}{detail}"}}}}'.encode(), status)
