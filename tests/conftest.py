"""Shared fixtures live in tests/fixtures: one module per outside thing. The whole suite runs on two workers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = [f"tests.fixtures.{name}" for name in ("postgres", "sandbox", "flows", "deliveries")]

ROOT = Path(__file__).parent
# The folders with fixtures too dear to make twice, the longest first: one worker each, from the start.
TOGETHER = ("flows", "alvorada")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test's group (tests of a group share a worker): its folder where that is dear, else its file."""
    for item in items:
        place = item.path.relative_to(ROOT)
        group = place.parts[0] if place.parts[0] in TOGETHER else str(place)
        item.add_marker(pytest.mark.xdist_group(group))
    rank = {name: index for index, name in enumerate(TOGETHER)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(ROOT).parts[0], len(rank)))
