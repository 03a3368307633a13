"""Shared fixtures live in tests/fixtures: one module per outside thing. The whole suite runs on two workers."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# One profile for the suite: a busy machine is no failure, and no example hangs on a clock.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("suite")

pytest_plugins = [f"tests.fixtures.{name}" for name in ("postgres", "sandbox", "flows", "deliveries")]

ROOT = Path(__file__).parents[1]
FOR_SUBMAKES = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "ARGS")
"""`make test` leaves its flags, level and variables to what it starts. A make of a test is no part of that make."""
for _name in FOR_SUBMAKES:
    os.environ.pop(_name, None)
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
