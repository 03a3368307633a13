"""Fifteen years of the sandbox's economy as one panel with the agents' measures: computed once per session."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk import calendars
from desk.agents import compute_measures
from desk.catalog import load_catalog
from desk.point_in_time.panel_span import WARM_UP_DAYS
from desk.transforms.panel import Panel, build_panel
from sandbox.silver import silver
from sandbox.world import SimulatedWorld

SEED = 7
FIRST, LAST = dt.date(2011, 11, 1), dt.date(2026, 10, 30)
LATE_DAYS = 60


def panel_of(frames: dict[str, pl.DataFrame], days: list[dt.date]) -> Panel:
    """The panel of `days` with the agents' measures."""
    panel = build_panel(frames, days, load_catalog())
    return panel.with_measures(compute_measures(panel))


@pytest.fixture(scope="session")
def sandbox_silver() -> dict[str, pl.DataFrame]:
    return silver(SimulatedWorld(SEED, load_catalog()), LAST)


@pytest.fixture(scope="session")
def sandbox_panel(sandbox_silver: dict[str, pl.DataFrame]) -> Panel:
    return panel_of(sandbox_silver, calendars.b3().days(FIRST, LAST))


@pytest.fixture(scope="session")
def late_panel(sandbox_silver: dict[str, pl.DataFrame]) -> Panel:
    """As a daily run builds it: its last LATE_DAYS days have their warm-up before them, and no more."""
    return panel_of(sandbox_silver, calendars.b3().days(FIRST, LAST)[-WARM_UP_DAYS - LATE_DAYS :])
