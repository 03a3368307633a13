"""The agents that run: one file each, listed once here."""

from __future__ import annotations

import polars as pl

from desk.agents.base import Agent, Driver
from desk.agents.cross_asset import CROSS_ASSET
from desk.agents.fiscal import FISCAL
from desk.agents.fx_equilibrium import FX_EQUILIBRIUM
from desk.agents.inflation import INFLATION
from desk.agents.monetary_policy import MONETARY_POLICY
from desk.agents.regime import regimes_all
from desk.transforms.panel import Panel

AGENTS: tuple[Agent, ...] = (INFLATION, MONETARY_POLICY, FISCAL, FX_EQUILIBRIUM, CROSS_ASSET)


def views_all(panel: Panel) -> pl.DataFrame:
    """AGENT_VIEW rows of every agent on every day of the panel."""
    return pl.concat([agent.view(panel) for agent in AGENTS]).sort("as_of", "agent_id")


__all__ = ["AGENTS", "Agent", "Driver", "regimes_all", "views_all"]
