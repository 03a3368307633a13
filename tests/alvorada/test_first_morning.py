"""Troubles planted into the sandbox: each is found, named, and the page says what mends it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alvorada.cli.catalog_check import sandbox_configs
from alvorada.cli.first_morning import QUESTIONS, Looked, look, report_page
from alvorada.cli.main import app
from desk.catalog import load_catalog
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import Payload
from tasks.http.client import HttpClient
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox

CATALOG = load_catalog()
NIGHT = dt.datetime(2026, 11, 20, 3, 30, tzinfo=dt.UTC)
MONTH_LATER = SANDBOX_NOW + dt.timedelta(days=31)


async def looked_at(sandbox: RunningSandbox, dataset: str, now: dt.datetime = SANDBOX_NOW) -> Looked:
    async def discard(payload: Payload) -> None:
        return None

    configs = sandbox_configs(CATALOG, sandbox.root)
    record = CATALOG.datasets[dataset]
    async with HttpClient(configs, clock=lambda: now, sink=discard) as client:
        return await look(CATALOG, CONNECTORS[record.source](configs[record.source]), client, record, now)


TROUBLES: list[tuple[str, dict[str, Any], str, str]] = [
    ("bcb_sgs_daily", {"kind": "html"}, "HtmlPayload", "connector's parse"),
    ("bcb_sgs_daily", {"kind": "server_error"}, "Outage", "ask again in minutes"),
    ("bcb_sgs_daily", {"kind": "cut_body"}, "Outage", "ask again in minutes"),
    ("bcb_sgs_monthly", {"kind": "wrong_schema"}, "BadPayload", "connector's parse"),
    ("bcb_ptax", {"kind": "wrong_schema"}, "BadPayload", "connector's parse"),
    ("bcb_ptax", {"kind": "empty"}, "Outage", "ask again in minutes"),
    ("bcb_focus_annual", {"kind": "html"}, "HtmlPayload", "connector's parse"),
    ("bcb_fx_flow", {"kind": "rate_limit"}, "RateLimited", "wait for minutes"),
    ("ibge_ipca_index", {"kind": "wrong_schema"}, "BadPayload", "connector's parse"),
    ("ibge_ipca_groups", {"kind": "server_error"}, "Outage", "another address"),
    ("stn_tesouro_direto", {"kind": "wrong_schema"}, "BadPayload", "connector's parse"),
    ("stn_auctions", {"kind": "server_error"}, "Outage", "another address"),
    ("b3_swap_curves", {"kind": "html"}, "HtmlPayload", "connector's parse"),
    ("b3_settlements", {"kind": "cut_body"}, "Outage", "ask again in minutes"),
    ("fred_daily", {"kind": "rate_limit", "retry_after": 120}, "RateLimited", "wait for minutes"),
    ("treasury_nominal", {"kind": "wrong_schema"}, "BadPayload", "connector's parse"),
    ("yahoo_daily", {"kind": "empty"}, "Outage", "ask again in minutes"),
    ("yahoo_daily", {"kind": "rate_limit"}, "RateLimited", "shut_seconds"),
    ("cftc_tff", {"kind": "server_error"}, "Outage", "another address"),
]


@pytest.mark.parametrize(("dataset", "fault", "verdict", "remedy"), TROUBLES)
async def test_a_planted_trouble_is_found_and_named_with_what_mends_it(
    quiet_sandbox: RunningSandbox, dataset: str, fault: dict[str, Any], verdict: str, remedy: str
) -> None:
    quiet_sandbox.configure(faults={CATALOG.datasets[dataset].source: fault})
    found = await looked_at(quiet_sandbox, dataset)
    assert found.verdict == verdict
    assert remedy in found.remedy
    page = report_page([found], "sandbox", SANDBOX_NOW)
    assert f"**{dataset}**" in page
    assert found.reason in page
    assert remedy in page


async def test_a_dead_code_is_an_unknown_series(quiet_sandbox: RunningSandbox) -> None:
    catalog = load_catalog()
    first = catalog.series_of("yahoo_daily")[0]
    object.__setattr__(first, "code", "GONE=X")
    configs = sandbox_configs(catalog, quiet_sandbox.root)

    async def discard(payload: Payload) -> None:
        return None

    async with HttpClient(configs, clock=lambda: SANDBOX_NOW, sink=discard) as client:
        connector = CONNECTORS["yahoo_finance"](configs["yahoo_finance"])
        found = await look(catalog, connector, client, catalog.datasets["yahoo_daily"], SANDBOX_NOW)
    assert found.verdict == "UnknownSeries"
    assert "retired = DATE" in found.remedy


async def test_hours_that_are_not_those_of_the_rule_are_said(quiet_sandbox: RunningSandbox) -> None:
    late = await looked_at(quiet_sandbox, "bcb_ptax", MONTH_LATER)
    assert late.verdict in ("late", "NoData")
    assert "publication_rules.toml" in late.remedy


@pytest.mark.parametrize("dataset", sorted(CATALOG.datasets))
async def test_a_quiet_sandbox_is_fine(sandbox: RunningSandbox, dataset: str) -> None:
    found = await looked_at(sandbox, dataset)
    assert (found.verdict, found.reason) == ("fine", ""), found
    assert found.rows > 0
    assert found.first
    assert found.last


def test_the_command_leaves_a_report_with_ten_questions(
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
    questions = text.partition("## Ten questions")[2]
    assert questions.count("- [ ] ") == len(QUESTIONS) == 10
    assert "- [ ] fred: FRED's terms forbid keeping its content in a database" in text
    assert any((tmp_path / "kept").iterdir())
