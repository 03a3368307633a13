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
# A file stays on one worker; so do files that share a fixture too dear to make twice. One worker begins with alvorada,
# which mostly waits for processes, and the other with the flows, which compute.
TOGETHER = {
    "tests/alvorada": "alvorada",
    "tests/flows/test_daily.py": "healthy morning",
    "tests/flows/test_decisions.py": "healthy morning",
    "tests/flows/test_failures.py": "healthy morning",
    "tests/flows/test_held_value.py": "healthy morning",
    "tests/flows/test_position_changes.py": "healthy morning",
}
FIRST = ("tests/alvorada", "tests/flows", "tests/api", "tests/grafana", "tests/tasks/test_explain.py")
"""The dear ones, in the order in which they begin. One worker makes the database that the flows have filled, the
other restores its backup."""


def folders_of(nodeid: str) -> list[str]:
    """The test's file and every folder above it, as paths."""
    path = PurePosixPath(nodeid.split("::")[0])
    return [str(part) for part in (path, *path.parents)]


def group_of(nodeid: str) -> str:
    """What TOGETHER calls the test's file or folder, else the file itself."""
    folders = folders_of(nodeid)
    return next((TOGETHER[name] for name in folders if name in TOGETHER), folders[0])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folders = folders_of(item.path.relative_to(ROOT).as_posix())
        return next((place for place, name in enumerate(FIRST) if name in folders), len(FIRST))

    items.sort(key=rank)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    return ByGroup(config, log)
