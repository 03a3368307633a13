"""The catalogue check over HTTP against the sandbox: all agree, and each kind of disagreement is caught and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from alvorada.cli.catalog_check import sandbox_configs
from desk.catalog import Catalog, load_catalog
from desk.catalog.provider_metadata import Difference, Verdict
from tasks.connectors.exchange import Payload
from tasks.http.client import HttpClient
from tasks.provider_metadata import DATASETS, DESCRIBE, check_catalog
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox

CATALOG = load_catalog()


async def checked(
    sandbox: RunningSandbox, catalog: Catalog = CATALOG, sources: Sequence[str] | None = None, key: str | None = "any"
) -> dict[str, Verdict]:
    async def forget(payload: Payload) -> None:
        pass

    configs = {name: replace(one, api_key=key) for name, one in sandbox_configs(catalog, sandbox.root).items()}
    async with HttpClient(configs, clock=lambda: SANDBOX_NOW, sink=forget) as client:
        verdicts = await check_catalog(catalog, configs, client, SANDBOX_NOW.date(), sources)
    return {one.subject: one for one in verdicts}


def spoiled(series: str, **changes: object) -> Catalog:
    return replace(CATALOG, series={**CATALOG.series, series: replace(CATALOG.series[series], **changes)})  # type: ignore[arg-type]


def test_every_source_with_series_is_checked() -> None:
    assert {series.source for series in CATALOG.series.values()} == set(DESCRIBE)
    assert all(not any(s.source == name for s in CATALOG.series.values()) for name in DATASETS)


async def test_every_series_is_looked_at_and_none_differs(quiet_sandbox: RunningSandbox) -> None:
    found = await checked(quiet_sandbox)
    focus = {dataset.id for dataset in CATALOG.datasets_of("bcb_focus")}
    assert found.keys() == {*CATALOG.series, *focus}
    assert [one for one in found.values() if one.differences] == []
    states = Counter(one.state for one in found.values())
    assert states["agrees"] >= 230
    assert states["unreachable"] == 0
    silent = {one.source for one in found.values() if one.state == "no metadata"}
    assert silent == {"bcb_sgs", "bcb_fx_flow", "bcb_ptax"}


@pytest.mark.parametrize(
    ("source", "match", "series", "theirs"),
    [
        ("fred", "series_id=DGS10&", "dgs10", "Bushels"),
        ("ibge_sidra", "7060/metadados", "ibge_ipca_food_weight", "Toneladas"),
        ("yahoo_finance", "EWZ", "ewz", "XAU"),
    ],
)
async def test_a_unit_that_changed_at_the_provider_is_caught(
    quiet_sandbox: RunningSandbox, source: str, match: str, series: str, theirs: str
) -> None:
    quiet_sandbox.configure(faults={source: {"kind": "wrong_unit", "match": match}})
    found = (await checked(quiet_sandbox, sources=[source]))[series]
    assert found.state == "differs"
    assert [(one.what, one.theirs) for one in found.differences] == [("unit", theirs)]


@pytest.mark.parametrize(
    ("series", "changes", "what"),
    [
        ("dgs10", {"code": "UNRATE"}, {"name", "frequency", "adjustment", "last value"}),
        ("dgs10", {"code": "NOSUCH"}, {"code"}),
        ("ibge_ipca_food_weight", {"params": {"variable": 63, "category": "7170"}}, {"name"}),
        ("ibge_ipca_food_weight", {"params": {"variable": 66, "category": "7445"}}, {"name"}),
        ("ibge_ipca_food_weight", {"params": {"variable": 99, "category": "7170"}}, {"code"}),
        ("soybean", {"unit": "USD per bushel"}, {"unit"}),
        ("usdmxn", {"code": "NOSUCH=X"}, {"code"}),
        ("cot_cl_oi", {"code": "088691"}, {"name"}),
        ("cot_cl_oi", {"params": {"field": "no_such_column"}}, {"code"}),
        ("cdi_annual", {"frequency": "M"}, {"frequency"}),
        ("cdi_annual", {"code": "99999999"}, {"code"}),
        ("unemployment", {"max_age_days": 20}, {"last value"}),
    ],
)
async def test_what_is_wrong_in_the_catalogue_is_caught(
    sandbox: RunningSandbox, series: str, changes: dict[str, object], what: set[str]
) -> None:
    catalog = spoiled(series, **changes)
    found = (await checked(sandbox, catalog, [CATALOG.series[series].source]))[series]
    assert {one.what for one in found.differences} == what


async def test_a_focus_set_that_is_not_there_is_named(sandbox: RunningSandbox) -> None:
    record = CATALOG.datasets["bcb_focus_selic"]
    moved = replace(record, params={**record.params, "set": "ExpectativasMercadoAnuais"})
    catalog = replace(CATALOG, datasets={**CATALOG.datasets, record.id: moved})
    assert (await checked(sandbox, catalog, ["bcb_focus"]))[record.id].state == "agrees"
    found = await checked(sandbox, sources=["bcb_focus"])
    assert {one.state for one in found.values()} == {"agrees"}


async def test_fred_without_a_key_says_that_it_needs_one(sandbox: RunningSandbox) -> None:
    found = await checked(sandbox, sources=["fred"], key=None)
    assert {one.state for one in found.values()} == {"no metadata"}
    assert "FRED_API_KEY" in found["dgs10"].note


async def test_a_source_that_is_out_is_unreachable_and_the_others_are_not(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": "server_error"}})
    found = await checked(quiet_sandbox, sources=["cftc_cot", "ibge_sidra"])
    assert {one.state for one in found.values() if one.source == "cftc_cot"} == {"unreachable"}
    assert "503" in found["cot_brl_oi"].note
    assert {one.state for one in found.values() if one.source == "ibge_sidra"} == {"agrees"}


def test_a_difference_keeps_both_sides() -> None:
    one = Difference("unit", "ours", "theirs")
    assert (one.ours, one.theirs) == ("ours", "theirs")


@pytest.mark.parametrize(
    ("source", "match", "series"),
    [
        ("bcb_sgs", "sgs.433/", "ipca_mom"),
        ("fred", "series_id=UNRATE", "us_unemployment"),
        ("yahoo_finance", "BZ=F", "brent"),
    ],
)
async def test_one_series_that_fails_has_its_own_verdict_and_the_others_theirs(
    quiet_sandbox: RunningSandbox, source: str, match: str, series: str
) -> None:
    quiet_sandbox.configure(faults={source: {"kind": "html", "match": match}})
    found = await checked(quiet_sandbox, sources=[source])
    out = {name for name, one in found.items() if one.state == "unreachable"}
    assert out == {series}
    assert "page for browsers" in found[series].note
