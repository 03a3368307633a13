"""The catalogue check over HTTP against the sandbox: all agree, and each kind of disagreement is caught and named."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from alvorada.cli.catalog_check import sandbox_configs
from desk.catalog import Catalog, load_catalog
from desk.catalog.provider_metadata import Difference, Verdict
from desk.model import Window
from tasks.connectors.exchange import Payload, Query, Request
from tasks.http.client import HttpClient
from tasks.provider_metadata import DATASETS, DESCRIBE, check_catalog
from tasks.provider_metadata.files import swap_curves
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox

CATALOG = load_catalog()


async def checked(
    sandbox: RunningSandbox,
    catalog: Catalog = CATALOG,
    sources: Sequence[str] | None = None,
    key: str | None = "any",
    pauses: tuple[float, ...] = (),
) -> dict[str, Verdict]:
    async def forget(payload: Payload) -> None:
        pass

    configs = {name: replace(one, api_key=key) for name, one in sandbox_configs(catalog, sandbox.root).items()}
    async with HttpClient(configs, clock=lambda: SANDBOX_NOW, sink=forget) as client:
        verdicts = await check_catalog(catalog, configs, client, SANDBOX_NOW.date(), sources, pauses)
    return {one.subject: one for one in verdicts}


def spoiled(series: str, **changes: object) -> Catalog:
    return replace(CATALOG, series={**CATALOG.series, series: replace(CATALOG.series[series], **changes)})  # type: ignore[arg-type]


def test_every_source_with_series_is_checked() -> None:
    assert {series.source for series in CATALOG.series.values()} == set(DESCRIBE)
    assert all(not any(s.source == name for s in CATALOG.series.values()) for name in DATASETS)


async def test_every_series_is_looked_at_and_none_differs(quiet_sandbox: RunningSandbox) -> None:
    found = await checked(quiet_sandbox)
    files = {dataset.id for source in DATASETS for dataset in CATALOG.datasets_of(source)}
    assert found.keys() == {*CATALOG.series, *files}
    assert [one for one in found.values() if one.differences] == []
    states = Counter(one.state for one in found.values())
    assert states["agrees"] >= 320
    assert states["unreachable"] == 0
    silent = {name for name, one in found.items() if one.state == "no metadata"}
    not_computed_by_the_bank = {"cdi_daily", "cdi_annual", "cdi_monthly", "eurbrl_sgs_sell"}
    without_titles = {one.id for one in CATALOG.series.values() if one.source in ("bcb_ptax", "bls")}
    assert silent == not_computed_by_the_bank | without_titles


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
        ("usdbrl_sgs_sell", {"code": "10813"}, {"name"}),
        ("ipca_communication_mom", {"code": "1641"}, {"name"}),
        ("ipca_mom", {"code": "1643"}, {"name"}),
        ("selic_daily", {"unit": "BRL million"}, {"unit"}),
        ("fx_flow_exports", {"code": "13966"}, {"name"}),
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


async def test_a_page_for_one_code_while_others_are_answered_is_an_unknown_code(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "html", "match": "sgs.433/"}})
    found = await checked(quiet_sandbox, sources=["bcb_sgs"])
    assert [one.what for one in found["ipca_mom"].differences] == ["code"]
    assert {one.state for name, one in found.items() if name != "ipca_mom"} <= {"agrees", "no metadata"}
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "html"}})
    assert {one.state for one in (await checked(quiet_sandbox, sources=["bcb_sgs"])).values()} == {"unreachable"}
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "html", "match": "package_search?fq=codigo_sgs:433"}})
    found = await checked(quiet_sandbox, sources=["bcb_sgs"])
    assert {name for name, one in found.items() if one.state == "unreachable"} == {"ipca_mom"}


async def test_a_file_lists_what_it_has(quiet_sandbox: RunningSandbox) -> None:
    found = await checked(quiet_sandbox, sources=["b3_market_data", "stn_fiscal", "treasury_gov"])
    listed = {name: (one.found.name or "" if one.found else "") for name, one in found.items()}
    assert [one.differences for one in found.values() if one.differences] == []
    assert "DPL Cupom Limpo de" in listed["b3_swap_curves"]
    assert listed["b3_settlements"].split("; ") == ["DI1", "DDI", "DOL", "IND", "DAP"]
    assert "Taxa Venda Manha" in listed["stn_tesouro_direto"]
    assert "pu_medio" in listed["stn_auctions"]
    assert "1.5 Month" in listed["treasury_nominal"]
    assert all(one.found is not None and one.found.last is not None for one in found.values())


@pytest.mark.parametrize("source", ["b3_market_data", "stn_fiscal", "treasury_gov"])
async def test_a_file_that_is_out_or_of_another_format_is_named(quiet_sandbox: RunningSandbox, source: str) -> None:
    for kind in ("server_error", "wrong_schema"):
        quiet_sandbox.configure(faults={source: {"kind": kind}})
        found = await checked(quiet_sandbox, sources=[source])
        assert {one.id for one in CATALOG.datasets_of(source)} == found.keys()
        assert {one.state for one in found.values()} == {"unreachable"}
        assert all(one.note for one in found.values())


def curves(**codes: str) -> dict[str, object]:
    return {**CATALOG.datasets["b3_swap_curves"].params, "curves": codes}


@pytest.mark.parametrize(
    ("dataset", "params", "what"),
    [
        ("b3_swap_curves", curves(PRE="PRE", DOC="CUPOM", DPX="REAL"), ["curve"]),
        ("b3_settlements", {"roots": ["DI1", "FRC"]}, ["settlement"]),
    ],
)
async def test_what_the_file_lacks_is_named(
    sandbox: RunningSandbox, dataset: str, params: dict[str, object], what: list[str]
) -> None:
    record = CATALOG.datasets[dataset]
    catalog = replace(CATALOG, datasets={**CATALOG.datasets, dataset: replace(record, params=params)})
    found = (await checked(sandbox, catalog, ["b3_market_data"]))[dataset]
    assert [one.what for one in found.differences] == what


def test_a_curve_under_another_name_is_named() -> None:
    line = b"0084740010120260925T1DPL  Cupom sujo IPCA0000300001+00000062800000F00001\r\n"
    others = (b"0156240010120260925T1PRE  DIxPRE         0000300001+00000136500000F00001\r\n"
              b"0076160010120260925T1DOC  DIxXDOL Cupom l0000300001+00000276500000F00001\r\n")  # fmt: skip
    record = CATALOG.datasets["b3_swap_curves"]
    request = Request(Query(record, (), Window(dt.date(2026, 9, 25), dt.date(2026, 9, 25))), "https://b3.example/TS")
    payload = Payload(request, 200, {}, others + line, dt.datetime(2026, 9, 26, tzinfo=dt.UTC))
    (wrong,) = swap_curves(record, payload).wrong
    assert (wrong.what, wrong.theirs) == ("name of DPL", "Cupom sujo IPCA")


@pytest.mark.parametrize(
    ("source", "match", "silent", "spoken"),
    [
        ("cftc_cot", "72hh-3qpy", "cot_cl_oi", "cot_brl_oi"),
        ("fed_board", "60f32914ab61dfab590e0e470153e3ae", "h10_usdbrl", "h10_dollar_broad"),
        ("ibge_sidra", "7060/metadados", "ibge_ipca_food_mom", None),
    ],
)
async def test_a_report_that_fails_leaves_the_others_their_verdict_and_is_asked_again(
    quiet_sandbox: RunningSandbox, source: str, match: str, silent: str, spoken: str | None
) -> None:
    quiet_sandbox.configure(faults={source: {"kind": "server_error", "match": match}})
    others = [one.id for one in CATALOG.series.values() if one.source == source]
    found = await checked(quiet_sandbox, sources=[source])
    assert (found[silent].state, "HTTP 503" in found[silent].note) == ("unreachable", True)
    answered = {name for name in others if found[name].state == "agrees"}
    assert answered
    assert spoken is None or spoken in answered
    quiet_sandbox.configure(faults={source: {"kind": "server_error", "match": match, "times": 1}})
    again = await checked(quiet_sandbox, sources=[source], pauses=(0.0,))
    assert {again[name].state for name in others} == {"agrees"}
