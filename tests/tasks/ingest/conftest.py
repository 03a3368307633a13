"""A run with the real store, for the tests of one source's fetch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tests.tasks.run.runs import make_run


@pytest.fixture
async def run(store: Store, tmp_path: Path) -> Run:
    return make_run(store, tmp_path, NullProgress())
