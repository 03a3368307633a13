"""The pages that describe the desk name everything that runs."""

from __future__ import annotations

import re
from pathlib import Path

from desk.agents import AGENTS, MEASURES
from desk.agents.cross_asset.regimes import REGIMES
from desk.agents.fiscal.debt import SCENARIOS
from desk.catalog.fallbacks import VERTICES, load_fallbacks
from desk.transforms.expectations import COLUMNS

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


def test_the_agents_page_names_every_agent_regime_scenario_and_measure() -> None:
    page = (DOCS / "agents.md").read_text(encoding="utf-8")
    families = (*re.findall(r"`(\w+_)\*`", page), *(f"fis_debt_{scenario.name}_y" for scenario in SCENARIOS))
    for name in (*(agent.id for agent in AGENTS), *REGIMES, *(scenario.name for scenario in SCENARIOS)):
        assert name in page
    for measure in MEASURES:
        between = measure.startswith("mp_di_meeting_")
        assert f"`{measure}`" in page or between or measure.startswith(families), f"docs/agents.md lacks {measure}"
