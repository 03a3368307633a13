"""Metadata of the Brazilian providers: SGS (open-data catalogue, last values), SIDRA, Olinda's fields."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from xml.etree import ElementTree

from desk.catalog.provider_metadata import Difference, Metadata, Verdict, plain_text
from desk.errors import BadPayload, HtmlPayload, Outage
from desk.model import Series
from tasks.connectors.bodies import bad_payload, json_body, require_ok
from tasks.connectors.sidra_periods import first_day
from tasks.provider_metadata.request import Found, Provider, apart, each, retried, spacing

_LAST = 20
"""SGS returns at most so many of a series' last values in one response."""
_NOT_LISTED = (
    "no metadata: not in the central bank's open-data catalogue; frequency and last value are those of the data"
)
_FREQUENCIES = {"mensal": "M", "trimestral": "Q", "anual": "Y"}
_SPOKEN = {"diaria": "D", "semanal": "W", "mensal": "M", "trimestral": "Q"}


async def sgs(provider: Provider) -> Found:
    """Name, unit and rhythm from the central bank's open-data catalogue, which lists what the bank computes itself;
    rhythm and last date also from the last twenty values. A code that gets a page while others answer is unknown."""

    async def one(series: Series) -> Metadata | None:
        days = await _last_days(provider, series)
        if days is None:
            return None
        past = [day for day in days if day <= provider.today]  # the Selic target is announced ahead
        seen = Metadata(frequency=spacing(days), last=max(past, default=None), note=_NOT_LISTED)
        entry = await _listed(provider, series.code)
        return seen if entry is None else _described(entry, seen)

    found = await each(provider, one)
    pages = [name for name, answer in found.items() if isinstance(answer, HtmlPayload)]
    is_answered = any(isinstance(answer, Metadata) for answer in found.values())
    return found | dict.fromkeys(pages) if is_answered else found


async def _last_days(provider: Provider, series: Series) -> list[dt.date] | None:
    """The days of the last twenty values; None for a code that SGS says it does not have."""
    payload = await provider.get("api", f"dados/serie/bcdata.sgs.{series.code}/dados/ultimos/{_LAST}?formato=json")
    if payload.status == 404:
        return None
    require_ok(payload)
    try:
        return [
            dt.datetime.strptime(row["data"], "%d/%m/%Y").replace(tzinfo=dt.UTC).date() for row in json_body(payload)
        ]
    except (KeyError, TypeError, ValueError) as error:
        bad_payload(payload, f"not rows of data and valor ({type(error).__name__})")


async def _listed(provider: Provider, code: str) -> dict[str, Any] | None:
    """The catalogue's entry of a code; None where it lists none."""
    try:
        payload = await provider.get("catalog", f"api/3/action/package_search?fq=codigo_sgs:{code}")
        require_ok(payload)
        entries = json_body(payload)["result"]["results"]
        return next((entry for entry in entries if str(entry.get("codigo_sgs")) == code), None)
    except HtmlPayload as error:  # of this host a page says nothing about the code
        raise Outage(provider.source, "a page in place of the open-data catalogue", url=error.url) from error
    except (KeyError, TypeError, AttributeError) as error:
        bad_payload(payload, f"no list of packages ({type(error).__name__})")


def _described(entry: Mapping[str, Any], seen: Metadata) -> Metadata:
    """A unit in words that no table has (`Unidades`, `u.m.c.`) is in the note, not compared."""
    unit, rhythm = str(entry.get("unidade_medida") or ""), plain_text(str(entry.get("periodicidade") or ""))
    is_known = "percent" in unit.lower() or "%" in unit
    note = "" if is_known or not unit else f"unit: {unit}"
    title = str(entry["title"]).removeprefix(f"{entry['codigo_sgs']} - ")
    return replace(
        seen, name=title, unit=unit if is_known else None, frequency=_SPOKEN.get(rhythm, seen.frequency), note=note
    )


async def sidra(provider: Provider) -> Found:
    """From the tables' metadata: variables with units, categories, frequency, the last period."""

    async def of_table(table: str) -> Found:
        described = await _table(provider, table)
        return {one.id: _cell(one, described) for one in provider.series() if one.code == table}

    tables = {one.code: [other for other in provider.series() if other.code == one.code] for one in provider.series()}
    parts = await asyncio.gather(
        *(apart(provider, series, partial(of_table, table)) for table, series in tables.items())
    )
    return {name: found for part in parts for name, found in part.items()}


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
    fields = await retried(provider, partial(_properties, provider))
    present = set().union(*fields.values())
    missing = [name for name in _FIELDS["PTAX"] if name not in present]
    note = "no metadata: Olinda names its fields, without units"
    return {series.id: None if missing else Metadata(note=note) for series in provider.series()}


async def focus(provider: Provider) -> list[Verdict]:
    """Whether each dataset's entity set exists with the fields that the connector reads."""
    sets = await retried(provider, partial(_properties, provider))
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
