"""`alvorada catalogue check`: the table, the counts, the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from alvorada.cli.catalog_check import label_notes, listing
from alvorada.cli.main import app
from desk.catalog.provider_metadata import Difference, Verdict
from desk.errors import BadInput
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox

GOOD = Verdict("dgs2", "fred", "agrees")
SILENT = Verdict("ipca_mom", "bcb_sgs", "no metadata", note="no metadata: seen in the data")
WRONG = Verdict(
    "dgs10", "fred", "differs", (Difference("unit", "fraction per year (source x 0.01)", "Basis Points"),)
)  # fmt: skip
OUT = Verdict("cot_brl_oi", "cftc_cot", "unreachable", note="cftc_cot: HTTP 503")


def test_a_difference_is_one_line_with_both_sides_and_the_counts_below() -> None:
    head, row, blank, summary = listing([GOOD, SILENT, WRONG], every=False)
    assert head.split() == ["series", "source", "what", "the", "catalogue", "says", "the", "provider", "says"]
    assert row.split() == [
        "dgs10",
        "fred",
        "unit",
        "fraction",
        "per",
        "year",
        "(source",
        "x",
        "0.01)",
        "Basis",
        "Points",
    ]
    assert head.index("the provider") == row.index("Basis Points")
    assert (blank, summary) == ("", "3 checked: 1 agrees, 1 no metadata, 1 differs, 0 unreachable")


def test_a_source_that_is_out_is_one_line_whatever_the_number_of_its_series() -> None:
    lines = listing([OUT, Verdict("cot_es_oi", "cftc_cot", "unreachable", note="cftc_cot: HTTP 503")], every=False)
    assert sum("HTTP 503" in line for line in lines) == 1
    assert lines[-1] == "2 checked: 0 agrees, 0 no metadata, 0 differs, 2 unreachable"


def test_all_lists_what_agrees_and_what_cannot_be_compared() -> None:
    text = "\n".join(listing([GOOD, SILENT], every=True, notes=label_notes()))
    assert "dgs2" in text
    assert "seen in the data; label: values, " in text
    assert "seen in the data" in text
    assert listing([GOOD, SILENT], every=False) == ["2 checked: 1 agrees, 1 no metadata, 0 differs, 0 unreachable"]


@pytest.fixture
def sandbox_environment(
    quiet_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> RunningSandbox:
    monkeypatch.setenv("ALVORADA_HOME", str(tmp_path))
    monkeypatch.setenv("ALVORADA_SANDBOX_URL", quiet_sandbox.root)
    monkeypatch.setenv("ALVORADA_NOW", SANDBOX_NOW.isoformat())
    return quiet_sandbox


def test_the_sandbox_agrees_and_the_exit_code_is_0(sandbox_environment: RunningSandbox) -> None:
    result = CliRunner().invoke(app, ["catalogue", "check", "--sandbox", "--source", "fred"])
    assert result.exit_code == 0, result.output
    assert "0 differs, 0 unreachable" in result.output


def test_a_wrong_unit_is_printed_and_the_exit_code_is_1(sandbox_environment: RunningSandbox) -> None:
    sandbox_environment.configure(faults={"fred": {"kind": "wrong_unit", "match": "series_id=UNRATE"}})
    result = CliRunner().invoke(app, ["catalogue", "check", "--source", "fred"])
    assert result.exit_code == 1
    (row,) = [line for line in result.output.splitlines() if line.startswith("us_unemployment ")]
    assert row.split() == ["us_unemployment", "fred", "unit", "fraction", "(source", "x", "0.01)", "Bushels"]


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--live", "--sandbox"], "not both"), (["--source", "reuters"], "known are b3_market_data, bcb_focus")],
)
def test_options_that_cannot_be_used_are_bad_input(
    sandbox_environment: RunningSandbox, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["catalogue", "check", *options])
    assert isinstance(result.exception, BadInput)
    assert message in str(result.exception)
