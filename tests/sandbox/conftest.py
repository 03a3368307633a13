from __future__ import annotations

import pytest

from desk.catalog import load_catalog
from sandbox.world import SimulatedWorld


@pytest.fixture(scope="session")
def world() -> SimulatedWorld:
    return SimulatedWorld(7, load_catalog())
