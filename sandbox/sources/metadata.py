"""Metadata of the sources: SGS's catalogue, FRED's series, IBGE's tables, Socrata's views, Olinda's field lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sandbox.facts import load_facts
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates
from sandbox.sources.fred_titles import SERIES
from sandbox.world import SimulatedWorld


def fred_series(world: SimulatedWorld, request: SourceRequest, code: str) -> SourceResponse | None:
    """The answer of fred/series; None for a code that FRED does not have."""
    fact = load_facts().get(("fred", code))
    if fact is None:
        return None
    published = world.published(fact, request.now)
    days = iso_dates(published.released.days[published.visible(request.now)])
    described, today = SERIES[code], f"{request.now:%Y-%m-%d}"
    adjusted = {"NSA": "Not Seasonally Adjusted", "SA": "Seasonally Adjusted"}
    one = {
        "id": code,
        "realtime_start": today,
        "realtime_end": today,
        "title": described.title,
        "observation_start": days[0],
        "observation_end": days[-1],
        "frequency": described.frequency,
        "frequency_short": described.frequency[0],
        "units": described.units,
        "units_short": described.units,
        "seasonal_adjustment": adjusted.get(described.adjustment, "Seasonally Adjusted Annual Rate"),
        "seasonal_adjustment_short": described.adjustment,
        "last_updated": f"{today} 07:31:02-06",
        "popularity": 70,
        "notes": "",
    }
    body = {"realtime_start": today, "realtime_end": today, "seriess": [one]}
    return SourceResponse(json.dumps(body, separators=(",", ":")).encode(), media="application/json; charset=UTF-8")


SEARCH = "api/3/action/package_search"
_NOT_COMPUTED_BY_THE_BANK = ("12", "4389", "4391", "21619")  # CDI is B3's, and the euro is not listed
_RHYTHMS = {"D": "diária", "M": "mensal", "Q": "trimestral"}
_UNITS = {
    "11": "Percentual ao dia", "432": "Percentual ao ano", "1178": "Percentual ao ano", "433": "Percentual ao mês",
    "1": "Unidade monetária corrente/Dólar dos Estados Unidos", "13621": "Dólares dos Estados Unidos",
}  # fmt: skip


def sgs_catalog(source: str, request: SourceRequest) -> SourceResponse:
    """The central bank's open-data catalogue: the package of one SGS code, without one for what it does not compute."""
    code = request.query.get("fq", "").removeprefix("codigo_sgs:")
    fact = load_facts().get((source, code))
    results = []
    if fact is not None and code not in _NOT_COMPUTED_BY_THE_BANK:
        entry = {"title": fact.title, "codigo_sgs": code, "periodicidade": _RHYTHMS[fact.frequency]}
        results.append(entry | ({"unidade_medida": _UNITS[code]} if code in _UNITS else {}))
    body = {"success": True, "result": {"count": len(results), "results": results}}
    return SourceResponse(json.dumps(body, ensure_ascii=False).encode(), media="application/json;charset=utf-8")


def sidra_table(
    table: str,
    variables: Mapping[str, tuple[str, str]],
    categories: Mapping[str, str],
    months: list[str],
) -> SourceResponse:
    """`variables` id -> name and unit; `categories` code -> name (none for a table without classification)."""
    about = [
        {"id": int(code), "nome": name, "unidade": unit, "sumarizacao": []} for code, (name, unit) in variables.items()
    ]
    listed = [
        {"id": int(code), "nome": name, "unidade": None, "nivel": 0 if code == "7169" else 1}
        for code, name in categories.items()
    ]
    name = "Geral, grupo, subgrupo, item e subitem"
    classes = [{"id": 315, "nome": name, "sumarizacao": {"status": False, "excecao": []}, "categorias": listed}]
    body = {
        "id": int(table),
        "nome": "IPCA - Variação mensal, acumulada no ano, acumulada em 12 meses e peso mensal",
        "URL": f"https://sidra.ibge.gov.br/tabela/{table}",
        "pesquisa": "Índice Nacional de Preços ao Consumidor Amplo",
        "assunto": "Índices de preços",
        "periodicidade": {"frequencia": "mensal", "inicio": int(months[0]), "fim": int(months[-1])},
        "nivelTerritorial": {"Administrativo": ["N1", "N7", "N6"], "Especial": [], "IBGE": []},
        "variaveis": about,
        "classificacoes": classes if listed else [],
    }
    return SourceResponse(json.dumps(body, ensure_ascii=False).encode(), media="application/json; charset=utf-8")


def socrata_view(resource: str, name: str, columns: Iterable[str], updated: int) -> SourceResponse:
    """`updated` in epoch seconds. Socrata's field names are its column names in lower case."""
    listed = [
        {
            "id": 1000 + place,
            "name": column.title(),
            "dataTypeName": "calendar_date" if "date" in column else "text" if "name" in column else "number",
            "fieldName": column,
            "position": place + 1,
        }
        for place, column in enumerate(sorted(columns))
    ]
    body = {
        "id": resource,
        "name": name,
        "assetType": "dataset",
        "attribution": "Commodity Futures Trading Commission",
        "rowsUpdatedAt": updated,
        "viewType": "tabular",
        "columns": listed,
    }
    return SourceResponse(json.dumps(body, separators=(",", ":")).encode(), media="application/json; charset=utf-8")


def olinda_metadata(service: str, sets: Mapping[str, Mapping[str, str]]) -> SourceResponse:
    """`sets`: entity set -> field -> its Edm type."""
    space = f"br.gov.bcb.olinda.servico.{service}"
    types = "".join(
        f'<EntityType Name="{name}_type"><Key><PropertyRef Name="{next(iter(fields))}"/></Key>'
        + "".join(f'<Property Name="{field}" Type="Edm.{kind}"/>' for field, kind in fields.items())
        + "</EntityType>"
        for name, fields in sets.items()
    )
    listed = "".join(f'<EntitySet Name="{name}" EntityType="{space}.{name}_type"/>' for name in sets)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{space}">{types}'
        f'<EntityContainer Name="servico">{listed}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )
    return SourceResponse(text.encode(), media="application/xml")
