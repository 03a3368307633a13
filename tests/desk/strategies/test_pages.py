"""Each strategy has its page, and the generated list is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk.strategies import STRATEGIES, Strategy
from desk.strategies.base import FULL_CONVICTION_Z
from tools.strategy_page import COMMAND, legs_text, list_table

DOCS = Path(__file__).parents[3] / "docs"
LIST = (DOCS / "strategies.md").read_text(encoding="utf-8")
SECTIONS = ["Idea", "Formula", "Inputs", "Parameters", "Sources", "What breaks it"]
each = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)


def sections(strategy: Strategy) -> dict[str, str]:
    text = (DOCS / "strategies" / f"{strategy.id}.md").read_text(encoding="utf-8")
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    assert head.startswith(f"# {strategy.id}\n")
    assert f"Class {strategy.asset_class}." in head
    named = dict(part.split("\n", 1) for part in parts)
    return {name: body.strip() for name, body in named.items()}


@each
def test_a_page_has_its_sections(strategy: Strategy) -> None:
    found = sections(strategy)
    assert list(found) == SECTIONS
    assert all(len(body) > 40 for body in found.values())
    assert "+ is " in found["Idea"], "the idea says what + means"


@each
def test_a_page_names_the_inputs_and_legs_of_the_code(strategy: Strategy) -> None:
    found = sections(strategy)
    listed = re.findall(r"^\| `(\w+)` \|", found["Inputs"], flags=re.MULTILINE)
    assert listed == list(strategy.inputs)
    assert f"Legs: {legs_text(strategy)}." in found["Formula"]


@each
def test_a_page_of_z_scores_says_where_they_are_full(strategy: Strategy) -> None:
    found = sections(strategy)["Parameters"]
    if "z-scores are linear" in found:
        assert "full at two standard deviations" in found
        assert FULL_CONVICTION_Z == 2.0


def test_pages_and_strategies_are_the_same_set() -> None:
    assert {path.stem for path in (DOCS / "strategies").glob("*.md")} == {strategy.id for strategy in STRATEGIES}


def test_the_generated_list_is_in_step() -> None:
    assert COMMAND in LIST.splitlines()[0]
    assert list_table() in LIST
    rows = re.findall(r"^\| `(\w+)` \|", LIST, flags=re.MULTILINE)
    assert rows == [strategy.id for strategy in STRATEGIES]
