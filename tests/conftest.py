"""Shared fixtures live in tests/fixtures: one module per outside thing. The whole suite runs on two workers."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = [f"tests.fixtures.{name}" for name in ("postgres", "sandbox", "flows", "deliveries")]

ROOT = Path(__file__).parents[1]
# What shares a fixture too dear to make twice stays on one worker; these begin first, in this order.
TOGETHER = {
    "tests/flows": "flows",
    "tests/alvorada": "alvorada",
    "tests/api": "served",
    "tests/grafana": "served",
    "tests/tasks/test_explain.py": "served",
}
ORDER = list(dict.fromkeys(TOGETHER.values()))


def group_of(nodeid: str) -> str:
    """A folder or file of TOGETHER, else the file itself."""
    path = PurePosixPath(nodeid.split("::")[0])
    return next((TOGETHER[str(p)] for p in (path, *path.parents) if str(p) in TOGETHER), str(path))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        group = group_of(item.path.relative_to(ROOT).as_posix())
        return ORDER.index(group) if group in ORDER else len(ORDER)

    items.sort(key=rank)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    return ByGroup(config, log)
