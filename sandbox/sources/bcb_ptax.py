"""PTAX: the dollar's closing rate by day or period, other currencies with their five bulletins a day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sandbox.economy.draws import Draws
from sandbox.facts import load_facts
from sandbox.releases.brazil_daily import PTAX_SPREAD
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.sources import olinda
from sandbox.sources.metadata import olinda_metadata
from sandbox.world import SimulatedWorld

_BULLETINS = (("Abertura", "10:04"), ("Intermediário", "11:07"), ("Intermediário", "12:06"), ("Intermediário", "13:04"))


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the PTAX functions by day and by period, and their metadata."""
    call = request.path.split("(")[0]
    if call == "$metadata":
        fields = {"cotacaoCompra": "Decimal", "cotacaoVenda": "Decimal", "dataHoraCotacao": "String"}
        bulletin = {"paridadeCompra": "Decimal", "paridadeVenda": "Decimal", **fields, "tipoBoletim": "String"}
        return olinda_metadata("PTAX", {"_CotacaoDolarPeriodo": fields, "_CotacaoMoedaPeriodo": bulletin})
    try:
        if call.endswith("Dia"):
            start = end = _day(olinda.quoted(request.query, "@dataCotacao"))
        else:
            start, end = (_day(olinda.quoted(request.query, name)) for name in ("@dataInicial", "@dataFinalCotacao"))
        currency = olinda.quoted(request.query, "@moeda") if "Moeda" in call else "USD"
    except ValueError:
        return olinda.failure()
    if call in ("CotacaoDolarDia", "CotacaoDolarPeriodo"):
        rows = _closing(world, request, start, end)
    elif call in ("CotacaoMoedaDia", "CotacaoMoedaPeriodo"):
        rows = _bulletins(
            world, request, currency, start, end, closing="Fechamento PTAX" if "Dia" in call else "Fechamento"
        )
    else:
        return not_found()
    if request.query.get("$orderby", "").endswith("desc"):
        rows = rows[::-1]
    return olinda.body("PTAX", f"_{call}", olinda.paged(rows, request.query))


def _closing(world: SimulatedWorld, request: SourceRequest, start: dt.date, end: dt.date) -> list[str]:
    days, sells, stamps = _window(world, request, "USD", start, end)
    return [
        f'{{"cotacaoCompra":{sell - PTAX_SPREAD:.5f},"cotacaoVenda":{sell:.5f},"dataHoraCotacao":"{day} {stamp}"}}'
        for day, sell, stamp in zip(days, sells, stamps, strict=True)
    ]


def _bulletins(
    world: SimulatedWorld, request: SourceRequest, currency: str, start: dt.date, end: dt.date, closing: str
) -> list[str]:
    """Four bulletins and the closing, which is their mean as the real one is of the windows."""
    days, sells, stamps = _window(world, request, currency, start, end)
    _, dollars, _ = _window(world, request, "USD", start, end)
    rows = []
    for day, sell, dollar, stamp in zip(days, sells, dollars, stamps, strict=True):
        parity = sell / dollar
        steps = Draws(world.seed).normal(f"ptax.{currency}.{day}", 3) * 0.0015
        moves = [*steps, -float(np.sum(steps))]
        for (label, clock), move in zip(_BULLETINS, moves, strict=True):
            rows.append(_bulletin(parity, sell * (1.0 + move), f"{day} {clock}{stamp[5:]}", label))
        rows.append(_bulletin(parity, sell, f"{day} {stamp}", closing))
    return rows


def _bulletin(parity: float, sell: float, stamp: str, label: str) -> str:
    buy = sell - 2 * PTAX_SPREAD
    return (
        f'{{"paridadeCompra":{parity - 0.0001:.5f},"paridadeVenda":{parity:.5f},"cotacaoCompra":{buy:.5f},'
        f'"cotacaoVenda":{sell:.5f},"dataHoraCotacao":"{stamp}","tipoBoletim":"{label}"}}'
    )


def _window(
    world: SimulatedWorld, request: SourceRequest, currency: str, start: dt.date, end: dt.date
) -> tuple[list[str], list[float], list[str]]:
    """Days, closing sell rates, and the time of day of each closing bulletin."""
    fact = load_facts().get(("bcb_ptax", f"{currency}/sell"))
    if fact is None:
        return [], [], []
    published = world.published(fact, request.now)
    days = published.released.days
    at = published.visible(request.now)
    at = at[(days[at] >= np.datetime64(start)) & (days[at] <= np.datetime64(end))]
    numbers = days[at].astype(np.int64)
    stamps = [f"13:0{3 + n % 6}:{(n * 37) % 60:02d}.{(n * 7919) % 1000 or 1}" for n in numbers.tolist()]
    return iso_dates(days[at]), published.released.values[at].tolist(), stamps


def _day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%m-%d-%Y").replace(tzinfo=dt.UTC).date()
