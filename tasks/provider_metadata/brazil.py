"""Metadata of the Brazilian providers: SGS (derived from its last values), SIDRA, Olinda's lists of fields."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Any
from xml.etree import ElementTree

from desk.catalog.provider_metadata import Difference, Metadata, Verdict
from desk.errors import BadPayload
from desk.model import Series
from tasks.connectors.bodies import bad_payload, json_body, require_ok
from tasks.connectors.sidra_periods import first_day
from tasks.provider_metadata.request import Found, Provider, each, spacing

_LAST = 20
"""SGS returns at most so many of a series' last values in one response."""
_NO_METADATA = "no metadata: frequency and last value are those of the data"
_FREQUENCIES = {"mensal": "M", "trimestral": "Q", "anual": "Y"}


async def sgs(provider: Provider) -> Found:
    """SGS has no metadata for programs: frequency and last date are derived from the last twenty values."""

    async def one(series: Series) -> Metadata | None:
        payload = await provider.get("api", f"dados/serie/bcdata.sgs.{series.code}/dados/ultimos/{_LAST}?formato=json")
        if payload.status == 404:
            return None
        require_ok(payload)
        try:
            days = [
                dt.datetime.strptime(row["data"], "%d/%m/%Y").replace(tzinfo=dt.UTC).date()
                for row in json_body(payload)
            ]
        except (KeyError, TypeError, ValueError) as error:
            bad_payload(payload, f"not rows of data and valor ({type(error).__name__})")
        past = [day for day in days if day <= provider.today]  # the Selic target is announced ahead
        return Metadata(frequency=spacing(days), last=max(past, default=None), note=_NO_METADATA)

    return await each(provider, one)


async def sidra(provider: Provider) -> Found:
    """From the tables' metadata: variables with units, categories, frequency, the last period."""
    tables = sorted({series.code for series in provider.series()})
    described = dict(zip(tables, await asyncio.gather(*(_table(provider, table) for table in tables)), strict=True))
    return {series.id: _cell(series, described[series.code]) for series in provider.series()}


async def _table(provider: Provider, table: str) -> dict[str, Any] | None:
    payload = await provider.get("v3", f"api/v3/agregados/{table}/metadados")
    if payload.status in (404, 500):  # v3 returns 500 for an unknown table
        return None
    require_ok(payload)
    body = json_body(payload)
    if not isinstance(body, dict) or "variaveis" not in body:
        bad_payload(payload, "no table with variables")
    return body


def _cell(series: Series, table: dict[str, Any] | None) -> Metadata | None:
    """The metadata of a series in its table; None where the table has not its variable or category."""
    if table is None:
        return None
    variable = next((v for v in table["variaveis"] if str(v["id"]) == str(series.params["variable"])), None)
    category = str(series.params["category"])
    categories = {str(c["id"]): c["nome"] for kind in table["classificacoes"] for c in kind["categorias"]}
    if variable is None or (category and category not in categories):
        return None
    name = f"{variable['nome']}; {categories[category]}" if category else str(variable["nome"])
    rhythm = table["periodicidade"]
    return Metadata(
        name=name,
        unit=str(variable["unidade"]),
        frequency=_FREQUENCIES.get(rhythm["frequencia"], str(rhythm["frequencia"])),
        last=first_day(str(rhythm["fim"]), series.frequency),
    )


_FIELDS = {
    "PTAX": ("cotacaoCompra", "cotacaoVenda", "dataHoraCotacao"),
    "ExpectativasMercadoAnuais": ("Indicador", "Data", "DataReferencia", "Mediana", "baseCalculo"),
    "ExpectativaMercadoMensais": ("Indicador", "Data", "DataReferencia", "Mediana", "baseCalculo"),
    "ExpectativasMercadoInflacao12Meses": ("Indicador", "Data", "Suavizada", "Mediana", "baseCalculo"),
    "ExpectativasMercadoSelic": ("Indicador", "Data", "Reuniao", "Mediana", "baseCalculo"),
}
"""Entity set -> the fields that the connector reads."""


async def ptax(provider: Provider) -> Found:
    """Olinda's $metadata lists fields without units: a series exists when all of its fields do."""
    fields = await _properties(provider)
    present = set().union(*fields.values())
    missing = [name for name in _FIELDS["PTAX"] if name not in present]
    note = "no metadata: Olinda names its fields, without units"
    return {series.id: None if missing else Metadata(note=note) for series in provider.series()}


async def focus(provider: Provider) -> list[Verdict]:
    """Whether each dataset's entity set exists with the fields that the connector reads."""
    sets = await _properties(provider)
    verdicts = []
    for dataset in provider.datasets():
        name = dataset.params["set"]
        missing = [field for field in _FIELDS[name] if field not in sets.get(name, ())]
        what = f"without {', '.join(missing)}" if name in sets else "no such set"
        differences = (Difference("fields", name, what),) if missing else ()
        verdicts.append(Verdict(dataset.id, provider.source, "differs" if missing else "agrees", differences))
    return verdicts


async def _properties(provider: Provider) -> dict[str, set[str]]:
    """Fields by entity set (by entity type where a type has no set). Raises BadPayload."""
    payload = await provider.get("api", "$metadata")
    require_ok(payload)
    try:
        root = ElementTree.fromstring(payload.body)
    except ElementTree.ParseError as error:
        raise BadPayload(provider.source, f"$metadata is not XML: {error}", url=payload.request.url) from error
    types = {
        str(kind.get("Name")): {str(field.get("Name")) for field in kind if field.tag.endswith("}Property")}
        for kind in root.iter()
        if re.search(r"\}(Entity|Complex)Type\Z", kind.tag)
    }
    named = {
        str(one.get("Name")): types.get(str(one.get("EntityType")).rpartition(".")[2], set())
        for one in root.iter()
        if one.tag.endswith("}EntitySet")
    }
    return {**types, **named}
