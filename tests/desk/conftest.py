"""Fifteen years of the sandbox's economy as one panel with the agents' measures: made once a session, in seconds."""

from __future__ import annotations

import datetime as dt

import pytest

from desk import calendars
from desk.agents import compute_measures
from desk.catalog import load_catalog
from desk.transforms.panel import Panel, build_panel
from sandbox.silver import silver
from sandbox.world import SimulatedWorld

SEED = 7
FIRST, LAST = dt.date(2011, 11, 1), dt.date(2026, 10, 30)


@pytest.fixture(scope="session")
def sandbox_panel() -> Panel:
    catalog = load_catalog()
    panel = build_panel(silver(SimulatedWorld(SEED, catalog), LAST), calendars.b3().days(FIRST, LAST), catalog)
    return panel.with_measures(compute_measures(panel))
