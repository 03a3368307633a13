"""Tesouro Nacional: the Tesouro Direto file (whole history, one title after the other) and auction results by
day.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import IntArray
from sandbox.economy import Economy
from sandbox.economy.bonds import Bond, listed_bonds, quote
from sandbox.economy.draws import Draws
from sandbox.releases.released_series import business_days
from sandbox.source_http import SourceRequest, SourceResponse, not_found
from sandbox.world import SimulatedWorld, instant

_FILE = (
    "dataset/df56aa42-484a-4a59-8184-7676580c81e3/resource/796d2059-14e9-44e3-80c9-2d9e30b405c1"
    "/download/precotaxatesourodireto.csv"
)
_AUCTIONS = "aria/v1/api-leiloes-pub/custom/resultados"
_SHOP = {
    "LTN": "Tesouro Prefixado",
    "NTN-F": "Tesouro Prefixado com Juros Semestrais",
    "NTN-B-P": "Tesouro IPCA+",
    "NTN-B": "Tesouro IPCA+ com Juros Semestrais",
    "LFT": "Tesouro Selic",
}
_SPREAD = 0.0012  # spread between the buy and the sell rate
_COLUMNS = {
    "bond": "Tipo Titulo", "maturity": "Data Vencimento", "day": "Data Base", "buy": "Taxa Compra Manha",
    "sell": "Taxa Venda Manha", "pu_buy": "PU Compra Manha", "pu_sell": "PU Venda Manha", "pu_base": "PU Base Manha",
}  # fmt: skip
_MIDDAY_RULE = "anbima_bonds"


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the Tesouro Direto file and to auction results."""
    if request.key == "ckan" and request.path.lower() == _FILE:
        return SourceResponse(_tesouro_direto_file(world, request), media="text/csv")
    if request.key == "apex" and request.path == _AUCTIONS:
        return _auctions(world, request)
    return not_found()


def _tesouro_direto_file(world: SimulatedWorld, request: SourceRequest) -> bytes:
    """The file up to the last published day; cached by that day."""
    economy = world.economy(request.now)
    at = business_days(economy, "anbima")
    count = int(np.sum(world.known_times("tesouro_direto", economy.timeline.days[at]) <= instant(request.now)))
    return world.cached_newest("shop", (request.now.year, count), lambda: _write_tesouro_direto(economy, at[:count]))  # type: ignore[return-value]


def _write_tesouro_direto(economy: Economy, at: IntArray) -> bytes:
    days = economy.timeline.days
    parts = []
    for bond in sorted(listed_bonds(economy.timeline.last_year), key=lambda one: (_SHOP[one.kind], one.maturity)):
        inside = (days[at] >= np.datetime64(bond.issued)) & (days[at] < np.datetime64(bond.maturity))
        if inside.any():
            parts.append(_tesouro_direto_rows(economy, bond, at[inside]))
    table = pl.concat(parts).rename(_COLUMNS)
    return table.write_csv(separator=";", float_precision=2, decimal_comma=True, date_format="%d/%m/%Y").encode()


def _tesouro_direto_rows(economy: Economy, bond: Bond, at: IntArray) -> pl.DataFrame:
    quotes = quote(economy, bond, at)
    left = np.maximum((np.datetime64(bond.maturity) - economy.timeline.days[at]).astype(np.float64) / 365.25, 0.01)
    spread = 0.0001 if bond.kind == "LFT" else _SPREAD
    # approximation of the buyer's price: above the seller's by the spread times the years to maturity
    buy_price = np.round(quotes.prices * (1.0 + spread * np.minimum(left, 12.0) / (1.0 + quotes.rates)), 2)
    return pl.DataFrame(
        {
            "bond": _SHOP[bond.kind],
            "maturity": bond.maturity,
            "day": economy.timeline.days[at],
            "buy": 100.0 * (quotes.rates - spread),
            "sell": 100.0 * quotes.rates,
            "pu_buy": buy_price,
            "pu_sell": quotes.prices,
            "pu_base": quotes.prices,
        }
    )


def _auctions(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Of one day (`dataleilao`) or of a year (`anoinicial`)."""
    try:
        first, last = _requested_days(request)
    except ValueError:
        return SourceResponse(b'{"message":"Bad Request"}', 400)
    days = (
        calendars.anbima().days(max(first, dt.date(2008, 1, 1)), min(last, request.now.date()))
        if last.year > 2007
        else []
    )
    known = world.known_times(_MIDDAY_RULE, np.array(days, dtype="datetime64[D]"))
    out = [day for day, at in zip(days, known, strict=True) if at <= instant(request.now)]
    rows: list[dict[str, Any]] = [row for day in out for row in _results(world.economy(request.now), day)]
    return SourceResponse(json.dumps({"registros": rows, "status": "sucesso"}, ensure_ascii=False).encode())


def _requested_days(request: SourceRequest) -> tuple[dt.date, dt.date]:
    """Raises ValueError."""
    if year := request.query.get("anoinicial"):
        return dt.date(int(year), 1, 1), dt.date(int(year), 12, 31)
    day = dt.datetime.strptime(request.query.get("dataleilao", ""), "%d/%m/%Y").replace(tzinfo=dt.UTC).date()
    return day, day


def _results(economy: Economy, day: dt.date) -> list[dict[str, Any]]:
    """Thursdays: LTN and NTN-F; Tuesdays: NTN-B and LFT."""
    if day.weekday() == 3:
        offered = [Bond("LTN", _half_year(day, months), day) for months in (12, 24, 48, 72)]
        offered += [Bond("NTN-F", dt.date(year, 1, 1), day) for year in _odd(day.year + 5, day.year + 9)]
    elif day.weekday() == 1:
        offered = [Bond("NTN-B", dt.date(year, 5 if year % 2 else 8, 15), day) for year in (day.year + 3, day.year + 9)]
        offered.append(Bond("LFT", dt.date(day.year + 6, 3, 1), day))
    else:
        return []
    return [_result(economy, bond, day, place) for place, bond in enumerate(offered)]


def _half_year(day: dt.date, months: int) -> dt.date:
    """The first January or July, `months` ahead at least."""
    ahead = day.year * 12 + day.month - 1 + months
    ahead += -ahead % 6
    return dt.date(ahead // 12, ahead % 12 + 1, 1)


def _odd(first: int, second: int) -> tuple[int, int]:
    return first + (first + 1) % 2, second + (second + 1) % 2


def _result(economy: Economy, bond: Bond, day: dt.date, place: int) -> dict[str, Any]:
    at = np.array([economy.timeline.index(day)])
    quotes = quote(economy, bond, at)
    chance = Draws(economy.draws.seed).uniform(f"auction.{bond.kind}.{bond.maturity}.{day}", 4)
    offered = (500_000, 1_500_000, 4_000_000)[int(chance[0] * 3)] * (1 if place else 2)
    accepted = 0 if chance[1] < 0.03 else offered if chance[1] < 0.80 else int(offered * chance[2])
    second = int(offered * 0.25 * chance[3]) if accepted else 0
    price, rate = float(quotes.prices[0]), 100.0 * float(quotes.rates[0])
    settle = calendars.anbima().offset(day, 1)
    years = (bond.maturity - day).days
    return {
        "quantidade_bcb": 0,
        "percentual_corte": round(100.0 * float(chance[2]), 2) if accepted else 0,
        "liquidacao_segunda_volta": _written(calendars.anbima().offset(day, 2)),
        "oferta_segunda_volta": offered // 4,
        "data_leilao": _written(day),
        "oferta": offered,
        "titulo": bond.kind,
        "liquidacao": _written(settle),
        "financeiro_aceito_segunda_volta": round(price * second, 2),
        "quantidade_aceita": accepted,
        "prazo": years,
        "vencimento": _written(bond.maturity),
        "benchmark": f"{bond.kind} {round(years / 30.44)} meses",
        "pu_medio": round(price, 6) if accepted else 0,
        "taxa_media": round(rate, 4) if accepted else 0,
        "financeiro_aceito": round(price * accepted, 2),
        "pu_minimo": round(price * 0.99998, 6) if accepted else 0,
        "numero_edital": 200 + day.timetuple().tm_yday // 7,
        "taxa_maxima": round(rate + 0.003, 4) if accepted else 0,
        "tipo_leilao": "Venda",
        "financeiro_bcb": 0,
        "tipo_ocorrencia": "Ordinário",
        "quantidade_aceita_segunda_volta": second,
    }


def _written(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"
