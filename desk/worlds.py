"""The worlds that stored data belong to, and the sources of a run. The command line imports it at once: it is light."""

from __future__ import annotations

from typing import Literal

World = Literal["live", "sandbox", "recorded"]
"""Each world has a database of its own, so that simulated and recorded data never mix with live data."""
WORLDS: tuple[World, ...] = ("live", "sandbox", "recorded")

Sources = Literal["live", "sandbox", "recorded", "stored"]
"""Where a run's data come from: the public sources, the simulated ones, a recording, or nothing but the database."""
SOURCES: tuple[Sources, ...] = ("live", "sandbox", "recorded", "stored")

DEFAULT_SEED = 7
"""Of the sandbox's economy, where none is named."""
