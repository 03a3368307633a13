"""The pages that describe the desk name everything that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.agents import AGENTS
from desk.agents.regime import REGIMES
from desk.strategies import STRATEGIES
from desk.transforms.curves import VERTICES
from desk.transforms.expectations import COLUMNS
from desk.transforms.fallbacks import load_fallbacks

DOCS = Path(__file__).parents[2] / "docs"
STRATEGY_PAGE = (DOCS / "add-a-strategy.md").read_text(encoding="utf-8")
CONVENTIONS = (DOCS / "conventions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_each_strategy_has_its_row(strategy) -> None:
    row = next(line for line in STRATEGY_PAGE.splitlines() if line.startswith(f"| `{strategy.id}`"))
    assert f"| {strategy.asset_class} |" in row
    legs = row.split("|")[-2]
    for leg in strategy.legs:
        assert leg.instrument in legs
    longs = [leg.instrument for leg in strategy.legs if leg.sign > 0]
    assert ("short" in legs) is (len(longs) < len(strategy.legs))


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
