"""Troubles planted into the sandbox: each is found and named with what mends it, and is fine once that is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alvorada.cli.catalog_check import sandbox_configs
from alvorada.cli.first_morning import FirstAnswer, look
from alvorada.cli.first_morning_page import report_page
from alvorada.cli.main import app
from desk.catalog import Catalog, load_catalog
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import Payload, SourceConfig
from tasks.http.client import HttpClient
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox

CATALOG = load_catalog()


async def looked_at(
    sandbox: RunningSandbox,
    dataset: str,
    catalog: Catalog = CATALOG,
    setting: Callable[[SourceConfig], SourceConfig] = lambda config: config,
) -> FirstAnswer:
    async def discard(payload: Payload) -> None:
        return None

    configs = sandbox_configs(catalog, sandbox.root)
    record = catalog.datasets[dataset]
    configs[record.source] = setting(configs[record.source])
    async with HttpClient(configs, clock=lambda: SANDBOX_NOW, sink=discard) as client:
        return await look(catalog, CONNECTORS[record.source](configs[record.source]), client, record, SANDBOX_NOW)


def with_code(dataset: str, code: str) -> Catalog:
    """The first series of the dataset under another code."""
    first = CATALOG.series_of(dataset)[0]
    return replace(CATALOG, series={**CATALOG.series, first.id: replace(first, code=code)})


def with_dataset(name: str, **changes: Any) -> Catalog:
    return replace(CATALOG, datasets={**CATALOG.datasets, name: replace(CATALOG.datasets[name], **changes)})


def with_rule(name: str, **changes: Any) -> Catalog:
    return replace(CATALOG, rules={**CATALOG.rules, name: replace(CATALOG.rules[name], **changes)})


@dataclass(frozen=True)
class Trouble:
    """What is planted: a fault of the source, a catalogue that is wrong, a setting that is, or a source that is late by
    its `clock`. `verdict` and `remedy`: what the page must say of it."""

    what: str
    dataset: str
    verdict: str
    remedy: str
    fault: dict[str, Any] | None = None
    catalog: Catalog = CATALOG
    setting: Callable[[SourceConfig], SourceConfig] = lambda config: config
    clock: dt.datetime | None = None


CURVES = CATALOG.datasets["b3_swap_curves"].params
OTHER_CODE = {"DPX" if code == "DPL" else code: curve for code, curve in CURVES["curves"].items()}
TROUBLES = [
    Trouble("dead symbol at Yahoo", "yahoo_daily", "UnknownSeries", "`code`", catalog=with_code("yahoo_daily", "X=X")),
    Trouble("dead code at SGS", "bcb_sgs_daily", "UnknownSeries", "`code`", catalog=with_code("bcb_sgs_daily", "9")),
    Trouble("dead id at FRED", "fred_daily", "UnknownSeries", "retired = DATE", catalog=with_code("fred_daily", "NO")),
    Trouble(
        "another curve's code", "b3_swap_curves", "incomplete", "the dataset's params",
        catalog=with_dataset("b3_swap_curves", params={**CURVES, "curves": OTHER_CODE}),
    ),
    Trouble("403 to a cloud address", "cftc_tff", "Outage", "another address", {"kind": "refused"}),
    Trouble("403 at Yahoo", "yahoo_daily", "Outage", "another address", {"kind": "refused"}),
    Trouble("challenge page on both routes", "ibge_ipca_index", "Outage", "another address", {"kind": "html"}),
    Trouble("page in place of a file", "b3_swap_curves", "HtmlPayload", "browser", {"kind": "html"}),
    Trouble("429 for minutes", "yahoo_daily", "RateLimited", "shut_seconds", {"kind": "rate_limit"}),
    Trouble("429 with a pause", "fred_daily", "RateLimited", "wait for minutes",
            {"kind": "rate_limit", "retry_after": 120}),
    Trouble("empty bodies after a burst", "yahoo_daily", "Outage", "ask again in minutes", {"kind": "empty"}),
    Trouble("503", "stn_auctions", "Outage", "another address", {"kind": "server_error"}),
    Trouble("cut body", "b3_settlements", "Outage", "ask again in minutes", {"kind": "cut_body"}),
    Trouble("renamed column", "treasury_nominal", "BadPayload", "connector's parse", {"kind": "wrong_schema"}),
    Trouble("renamed field", "bcb_ptax", "BadPayload", "connector's parse", {"kind": "wrong_schema"}),
    Trouble("another question's answer", "bcb_focus_annual", "BadPayload", "connector's parse",
            {"kind": "other_answer"}),
    Trouble("fields without numbers", "bcb_fx_flow", "BadPayload", "connector's parse", {"kind": "nulls"}),
    Trouble("slower than our patience", "bcb_sgs_monthly", "Outage", "timeout_seconds", {"kind": "timeout"},
            setting=lambda config: replace(config, timeout_seconds=0.5)),
    Trouble("moved address", "stn_tesouro_direto", "BadRequest", "ALVORADA_BASE_URLS", setting=lambda config: replace(
        config, base_urls={name: f"{url}/old" for name, url in config.base_urls.items()})),
    Trouble("larger than we allow", "treasury_real", "BadPayload", "max_body_mb",
            setting=lambda config: replace(config, max_body_bytes=1000)),
    Trouble("later than the rule", "bcb_ptax", "late", "publication_rules.toml",
            catalog=with_dataset("bcb_ptax", freshness_bd=0)),
    Trouble("hours later than the rule", "treasury_nominal", "late", "is early: look-ahead",
            clock=SANDBOX_NOW - dt.timedelta(hours=11)),
    Trouble("another unit", "fred_daily", "differs", "before somebody has looked",
            {"kind": "wrong_unit", "match": "fred/series?"}),
    Trouble("another series' code", "bcb_sgs_monthly", "differs", "before somebody has looked",
            catalog=with_code("bcb_sgs_monthly", "1643")),
    Trouble("before the rule's hour", "bcb_ptax", "early", "correct it", catalog=with_rule("ptax", lag_bd=3)),
]  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.what.replace(" ", "-"))
async def test_a_trouble_is_found_named_and_mended_as_the_page_says(
    quiet_sandbox: RunningSandbox, trouble: Trouble
) -> None:
    if trouble.fault is not None:
        quiet_sandbox.configure(faults={CATALOG.datasets[trouble.dataset].source: trouble.fault})
    if trouble.clock is not None:
        quiet_sandbox.configure(now=trouble.clock)
    found = await looked_at(quiet_sandbox, trouble.dataset, trouble.catalog, trouble.setting)
    assert found.verdict == trouble.verdict, found
    assert trouble.remedy in found.remedy
    page = report_page([found], "sandbox", SANDBOX_NOW)
    assert f"**{trouble.dataset}**" in page
    assert found.message in page
    assert found.remedy in page
    quiet_sandbox.reset()  # the source is well again, the catalogue and the settings are the right ones
    assert (await looked_at(quiet_sandbox, trouble.dataset)).verdict == "fine"


def test_the_troubles_are_twenty_and_more_and_each_is_another() -> None:
    assert len({one.what for one in TROUBLES}) == len(TROUBLES) >= 20
    assert {one.verdict for one in TROUBLES} == {
        "UnknownSeries", "incomplete", "Outage", "HtmlPayload", "RateLimited", "BadPayload", "BadRequest",
        "late", "early", "differs",
    }  # fmt: skip


@pytest.mark.parametrize("dataset", sorted(CATALOG.datasets))
async def test_a_quiet_sandbox_is_fine(sandbox: RunningSandbox, dataset: str) -> None:
    found = await looked_at(sandbox, dataset)
    assert (found.verdict, found.message) == ("fine", ""), found
    assert found.rows > 0
    assert found.first
    assert found.last
    assert found.ours
    assert found.theirs
    assert CATALOG.series_of(dataset)[0].rule in found.hour if CATALOG.series_of(dataset) else found.hour


def test_the_command_leaves_a_report(
    quiet_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALVORADA_HOME", str(tmp_path))
    monkeypatch.setenv("ALVORADA_SANDBOX_URL", quiet_sandbox.root)
    monkeypatch.setenv("ALVORADA_NOW", SANDBOX_NOW.isoformat())
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": "server_error"}})
    result = CliRunner().invoke(app, ["first-morning", "--record", str(tmp_path / "kept")])
    assert result.exit_code == 1, result.output
    (page,) = tmp_path.glob("first-morning-*.md")
    text = page.read_text()
    assert "**cftc_tff** (cftc_cot), Outage" in text
    assert "No run yet: `alvorada first-morning --run`" in text
    assert "- [ ] fred: FRED's terms forbid keeping its content in a database" in text
    assert any((tmp_path / "kept").iterdir())


def test_questions_without_a_run_say_what_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALVORADA_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["first-morning", "--ask-again"])
    assert result.exit_code != 0
    assert "--run comes first" in str(result.exception)
