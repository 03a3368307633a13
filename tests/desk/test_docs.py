"""The pages that describe the desk name everything that runs."""

from __future__ import annotations

from pathlib import Path

from desk.agents import AGENTS
from desk.agents.regime import REGIMES
from desk.transforms.curves import VERTICES
from desk.transforms.expectations import COLUMNS
from desk.transforms.fallbacks import load_fallbacks

DOCS = Path(__file__).parents[2] / "docs"
CONVENTIONS = (DOCS / "conventions.md").read_text(encoding="utf-8")


def test_conventions_name_agents_regimes_curves_and_focus() -> None:
    for agent in AGENTS:
        assert agent.id in CONVENTIONS
    for regime in REGIMES:
        assert regime in CONVENTIONS
    for spec in load_fallbacks().curves:
        assert f"`{spec.prefix}_" in CONVENTIONS
    assert " ".join(map(str, VERTICES)) in CONVENTIONS
    for column in COLUMNS:
        stem, _, horizon = column.rpartition("_")
        assert column in CONVENTIONS or (f"`{stem}_" in CONVENTIONS and f"`_{horizon}`" in CONVENTIONS)
