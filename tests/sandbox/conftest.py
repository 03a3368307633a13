from __future__ import annotations

import pytest

from desk.catalog import load_catalog
from sandbox.published import World


@pytest.fixture(scope="session")
def world() -> World:
    return World(7, load_catalog())
