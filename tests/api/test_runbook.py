"""The runbook as a page: every heading that something links to has its anchor, and nothing is loaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alvorada.prefect_objects.forms import forms
from api.routes.runbook import page_of
from blocks.automations import Thresholds, automation_specs
from desk.catalog.alert_rules import load_alerts
from desk.text import slug

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_heading_that_is_linked_to_has_its_anchor() -> None:
    anchors = set(re.findall(r'<h\d id="([^"]+)"', page_of("runbook")))
    headings = re.findall(r"^## (.+)$", (DOCS / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {slug(heading) for heading in headings} <= anchors
    assert {slug(form["runbook"]) for form in forms().values()} <= anchors
    assert {slug(spec.runbook) for spec in automation_specs(Thresholds())} <= anchors


def test_every_alert_rule_has_its_anchor() -> None:
    anchors = set(re.findall(r'<h\d id="([^"]+)"', page_of("alerts")))
    assert {slug(name) for name in load_alerts().rules} <= anchors


@pytest.mark.parametrize("name", ["runbook", "alerts"])
def test_a_page_of_the_docs_runs_and_loads_nothing(name: str) -> None:
    page = page_of(name)
    assert re.findall(r"<(?:script|img|iframe|link)\b", page) == []
    assert page.count("<table>") >= 1
