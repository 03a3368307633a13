"""Shared fixtures live in tests/fixtures: one module per outside thing. The whole suite runs on two workers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = [f"tests.fixtures.{name}" for name in ("postgres", "sandbox", "flows", "deliveries")]

ROOT = Path(__file__).parent
# Fixtures too dear to make twice: one worker makes each, and has all tests that use it. The longest first.
DEAR = {"prefect_api": "flows", "filled": "flows", "used_home": "alvorada"}
TOGETHER = ("flows", "alvorada")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a group share a worker: all that a dear fixture serves, a dear folder, or one file."""
    rank = {name: index for index, name in enumerate(TOGETHER)}
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: rank.get(groups[item], len(rank)))


def _group(item: pytest.Item) -> str:
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in DEAR:
            return DEAR[fixture]
    place = item.path.relative_to(ROOT)
    return place.parts[0] if place.parts[0] in TOGETHER else str(place)
