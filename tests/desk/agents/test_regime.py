"""The regime table: five names a day whose probabilities add to one, or none."""

from __future__ import annotations

import polars as pl
import pytest

from desk.agents import compute_measures, compute_regimes
from desk.catalog import load_catalog
from desk.gold import REGIME
from desk.transforms.panel import build_panel
from tests.desk.made_history import decision_days, made_silver


def test_the_gold_table_on_a_history() -> None:
    panel = build_panel(made_silver(), decision_days(700), load_catalog())
    regimes = compute_regimes(panel.with_measures(compute_measures(panel)))
    assert dict(regimes.schema) == REGIME.schema
    assert set(regimes["regime_id"]) == {"Goldilocks", "Reflation", "Stagflation", "Deflation", "Mixed"}
    known = regimes.drop_nulls("probability")
    assert known["as_of"].max() == regimes["as_of"].max()
    sums = known.group_by("as_of").agg(pl.col("probability").sum())["probability"]
    assert len(sums) > 150
    assert sums.to_list() == pytest.approx([1.0] * len(sums))


def test_an_empty_world_has_no_regime() -> None:
    regimes = compute_regimes(build_panel({}, decision_days(5), load_catalog()))
    assert regimes["probability"].null_count() == regimes.height == 25
