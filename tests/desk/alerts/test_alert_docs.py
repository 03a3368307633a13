"""The page about alerts has a section for every rule: what it means, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.alerts.rules import RULES, STAGES, Rule
from desk.catalog.alert_rules import load_alerts

PAGE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
ALERTS = load_alerts()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_has_its_section(rule: Rule) -> None:
    section = PAGE.split(f"### `{rule.id}`\n", 1)[1].split("\n###", 1)[0].split("\n## ", 1)[0]
    assert "**Do:**" in section
    settings = ALERTS.rules[rule.id]
    assert settings.severity in section.lower()
    threshold = settings.threshold
    if threshold is not None and rule.id != "SIGNAL_FLIP":
        forms = {f"{threshold:.0%}", f"{threshold:g}", f"{threshold:.1f}"}
        assert any(form in section for form in forms), f"{threshold} is not named"


def test_the_deadline_is_the_catalogues() -> None:
    assert f"{ALERTS.deadline:%H:%M} America/Sao_Paulo" in PAGE


def test_the_stages_are_the_daily_runs() -> None:
    daily = (Path(__file__).parents[3] / "flows" / "daily.py").read_text(encoding="utf-8")
    named = [name for name in STAGES if f'stage("{name}"' in daily]
    assert named == list(STAGES)
    assert daily.count("await stage(") == len(STAGES)
