"""The catalogue's labels against the sandbox's own record of what stands behind each code, and against each other."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sandbox
from desk.catalog import load_catalog
from desk.catalog.provider_metadata import names_agree
from desk.model import Series
from desk.transforms.monthly import IPCA_GROUPS
from sandbox.facts import Fact, load_facts
from sandbox.silver import behind
from sandbox.sources.fred_titles import SERIES as FRED_TITLES
from sandbox.world import SimulatedWorld, series_factories
from tests.sandbox.source_requests import NOW, ask, ask_json, sgs

CATALOG = load_catalog()
BY_CODE = [one for one in CATALOG.series.values() if one.source not in ("yahoo_finance", "cftc_cot")]
SGS = [one for one in BY_CODE if one.source in ("bcb_sgs", "bcb_fx_flow")]
SIDRA_GROUPS = {
    "food": "7170", "housing": "7445", "household": "7486", "clothing": "7558", "transport": "7625", "health": "7660",
    "personal": "7712", "education": "7766", "communication": "7786",
}  # fmt: skip
"""IBGE's own codes of classification 315, as its body of table 7060 has them."""
STATED = {
    "food": "alimentacao", "housing": "habitacao", "household": "residencia", "clothing": "vestuario",
    "transport": "transportes", "health": "saude", "expenses": "despesas", "education": "educacao",
    "communication": "comunicacao", "tradables": "comercializaveis", "services": "servicos", "durables": "duraveis",
    "administered": "administrados", "free": "livres", "industrial": "industria", "primary": "primari",
    "nominal": "nominal", "interest": "juros", "exports": "exporta", "imports": "importa", "buy": "compra",
    "sell": "venda", "reserves": "reservas", "retail": "varejo", "gross": "bruta", "net": "liquida",
    "core": "nucleo", "diffusion": "difusao", "spread": "spread", "overdue": "inadimplencia", "purchases": "compras",
    "sales": "vend", "credit": "credito", "unemployment": "desocupacao", "gdp": "pib", "income": "renda",
}  # fmt: skip
"""Words of our names -> what the source's title must then have."""


@pytest.mark.parametrize("series", BY_CODE, ids=lambda one: one.id)
def test_a_label_is_what_the_source_has_behind_the_code(series: Series) -> None:
    fact = behind(series)
    assert (fact.quantity, fact.frequency, fact.release) == (series.id, series.frequency, series.rule)


@pytest.mark.parametrize("series", SGS, ids=lambda one: one.id)
def test_our_name_meets_the_title_of_the_source(series: Series) -> None:
    title = _plain(behind(series).title)
    words = _plain(series.name).replace(",", " ").split()
    for word in {word for word in words if word in STATED} - ({"sales"} if "retail" in words else set()):
        assert STATED[word] in title, (series.name, title)
    twelve = "twelve" in words
    assert twelve == ("12 meses" in title), (series.name, title)


def test_every_code_of_the_record_is_asked_for_and_printed() -> None:
    request = {(one.source, one.code if one.source != "bcb_ptax" else behind(one).code) for one in BY_CODE}
    assert {key for key in load_facts() if key not in request} == set()
    printed = series_factories().keys()
    assert {one.quantity for one in load_facts().values() if not one.quantity.startswith("fx_flow_")} <= printed


def test_fred_s_frequency_is_the_one_of_its_title() -> None:
    for (source, code), fact in load_facts().items():
        if source == "fred":
            assert FRED_TITLES[code].frequency[0] == fact.frequency, code
            assert names_agree(CATALOG.series[fact.quantity].name, FRED_TITLES[code].title), code


@pytest.mark.parametrize("group", IPCA_GROUPS)
def test_the_two_sources_of_a_group_print_the_same_changes(world: SimulatedWorld, group: str) -> None:
    """SGS by the catalogue's code of the group, SIDRA by IBGE's: a swapped label in either parts the two."""
    mine = sgs(world, int(CATALOG.series[f"ipca_{group}_mom"].code))
    url = "/ibge_sidra/v3/api/v3/agregados/7060/periodos/all/variaveis/63?localidades=N1[all]&classificacao=315"
    body = ask_json(world, f"{url}[{SIDRA_GROUPS[group]}]")
    theirs = body[0]["resultados"][0]["series"][0]["serie"]
    found = {f"{month[:4]}-{month[4:]}-01": value for month, value in theirs.items()}
    assert len(found) > 80
    assert {day: mine[day] for day in found} == found


def test_a_swapped_label_is_caught(world: SimulatedWorld) -> None:
    """The fault of November 2026: 1640 filed as health. The sandbox now answers with communication."""
    health = CATALOG.series["ipca_health_mom"]
    swapped = replace(health, code="1640")
    assert behind(swapped).quantity == "ipca_communication_mom"
    assert behind(swapped).quantity != swapped.id
    one, other = (world.published(behind(series), NOW).released.values for series in (health, swapped))
    assert not np.array_equal(one, other)


def parted(series: Sequence[Series], facts: Mapping[tuple[str, str], Fact]) -> set[str]:
    """The series whose label in the catalogue is not the quantity that the sandbox has behind the code."""
    return {one.id for one in series if facts[one.source, one.code].quantity != one.id}


@pytest.mark.parametrize(("one", "other"), [("1641", "1640"), ("12", "11"), ("4390", "4391"), ("22707", "22708")])
def test_a_wrong_label_in_either_of_the_two_records_is_caught(one: str, other: str) -> None:
    """The sandbox's record is its own: whichever of the two is wrong, they part."""
    facts = dict(load_facts())
    labels = {series.code: series for series in SGS}
    assert parted(SGS, facts) == set()
    swapped = {one: labels[one].id, other: labels[other].id}
    in_catalogue = [
        replace(series, code={one: other, other: one}.get(series.code, series.code)) if series.id in swapped.values()
        else series
        for series in SGS
    ]  # fmt: skip
    assert parted(in_catalogue, facts) == set(swapped.values())
    first, second = facts["bcb_sgs", one], facts["bcb_sgs", other]
    in_facts = facts | {
        ("bcb_sgs", one): replace(first, quantity=second.quantity),
        ("bcb_sgs", other): replace(second, quantity=first.quantity),
    }
    assert parted(SGS, in_facts) == set(swapped.values())


def test_the_sandbox_reads_no_label_of_the_catalogue() -> None:
    """Its files name no id, name or code of a series by the catalogue: what it serves, it serves by its own record."""
    for path in Path(sandbox.__file__).parent.rglob("*.py"):
        if path.name == "silver.py":  # frames in the desk's own shape, for tests and benches: it serves nothing
            continue
        text = path.read_text(encoding="utf-8")
        assert "catalog.series" not in text, path
        assert "series_of(" not in text, path


def test_school_fees_rise_in_february_behind_1643(world: SimulatedWorld) -> None:
    """What told the groups apart in the first place; SGS 1643 had 4.48 to 6.3 in the Februaries of 2022 to 2024."""
    changes = json.loads(ask(world, "/bcb_sgs/api/dados/serie/bcdata.sgs.1643/dados?formato=json").body)
    by_month: dict[int, list[float]] = {month: [] for month in range(1, 13)}
    for row in changes:
        by_month[int(row["data"][3:5])].append(float(row["valor"]))
    means = {month: sum(values) / len(values) for month, values in by_month.items()}
    assert max(means, key=lambda month: means[month]) == 2


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in folded if not unicodedata.combining(char))
