"""The list of agents and of their models, and their computation over a panel. One package per agent."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from desk.agents.base import Agent, Driver
from desk.agents.cross_asset import CROSS_ASSET, CROSS_ASSET_MODELS
from desk.agents.fiscal import FISCAL, FISCAL_MODELS
from desk.agents.fx_equilibrium import FX_EQUILIBRIUM, FX_MODELS
from desk.agents.inflation import INFLATION, INFLATION_MODELS
from desk.agents.models import Model, run_models
from desk.agents.monetary_policy import MONETARY_MODELS, MONETARY_POLICY
from desk.agents.regime import regime_rows
from desk.gold import AGENT_MEASURE
from desk.model import decision_time
from desk.transforms.agent_measures import Measures
from desk.transforms.panel import Panel

AGENTS: tuple[Agent, ...] = (INFLATION, MONETARY_POLICY, FISCAL, FX_EQUILIBRIUM, CROSS_ASSET)
MODELS: tuple[Model, ...] = (*INFLATION_MODELS, *MONETARY_MODELS, *FISCAL_MODELS, *FX_MODELS, *CROSS_ASSET_MODELS)
"""In the order of computation: a model may read the measures of earlier models."""
MEASURES: tuple[str, ...] = tuple(spec.name for model in MODELS for spec in model.specs)


def compute_measures(panel: Panel) -> Measures:
    """Every measure of every agent on every day of the panel (about a second for six years of days)."""
    return run_models(MODELS, panel)


def compute_views(panel: Panel) -> pl.DataFrame:
    """AGENT_VIEW rows of every agent on every day of a panel. Computes the measures if the panel has none."""
    full = _with_measures(panel)
    return pl.concat([agent.view(full) for agent in AGENTS]).sort("as_of", "agent_id")


def compute_regimes(panel: Panel) -> pl.DataFrame:
    """REGIME rows of every day of a panel. Computes the measures if the panel has none."""
    return regime_rows(_with_measures(panel))


def _with_measures(panel: Panel) -> Panel:
    return panel if set(MEASURES) <= set(panel.values.columns) else panel.with_measures(compute_measures(panel))


def measure_rows(panel: Panel, measures: Measures) -> pl.DataFrame:
    """AGENT_MEASURE rows: every known measure of every day of the panel; `measures` are of days up to its last."""
    days = pl.Series("as_of", [decision_time(day) for day in panel.days], dtype=pl.Datetime("us", "UTC"))
    own = {name: values[len(values) - len(days) :] for name, values in measures.values.items()}
    wide = pl.DataFrame(own, nan_to_null=True).insert_column(0, days)
    long = wide.unpivot(index="as_of", variable_name="measure_id", value_name="value").drop_nulls("value")
    return long.select(list(AGENT_MEASURE.schema)).sort("as_of", "measure_id")


def direct_inputs(panel: Panel) -> dict[str, tuple[str, ...]]:
    """The direct inputs of every derived column of a panel and of every measure, by name."""
    return {**panel.lineage.direct, **{spec.name: spec.inputs for model in MODELS for spec in model.specs}}


def model_specs() -> Sequence[tuple[str, str, str]]:
    """(name, formula, unit) of every measure, in order."""
    return [(spec.name, spec.formula, spec.unit) for model in MODELS for spec in model.specs]


__all__ = [
    "AGENTS",
    "MEASURES",
    "MODELS",
    "Agent",
    "Driver",
    "compute_measures",
    "compute_regimes",
    "compute_views",
    "direct_inputs",
    "measure_rows",
    "model_specs",
]
