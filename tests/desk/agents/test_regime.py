"""Regimes: four corners of growth and inflation, adding to one."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.stats import norm

from desk.agents import regimes_all
from desk.catalog import load_catalog
from desk.gold import REGIME
from desk.transforms.panel import Panel, build_panel
from tests.desk.made_history import decision_days, made_silver


def probabilities(growth: float | None, inflation: float | None) -> dict[str, float | None]:
    empty = build_panel({}, decision_days(1), load_catalog())
    values = empty.values.with_columns(
        pl.lit(growth, dtype=pl.Float64).alias("activity_yoy_z"),
        pl.lit(inflation, dtype=pl.Float64).alias("ipca_12m_z"),
    )
    regimes = regimes_all(Panel(values, empty.obs_dates, empty.origins, empty.lineage))
    return dict(regimes.select("regime_id", "probability").rows())


@pytest.mark.parametrize(
    ("growth", "inflation", "likeliest"),
    [(1.5, -1.5, "Goldilocks"), (1.5, 1.5, "Reflation"), (-1.5, 1.5, "Stagflation"), (-1.5, -1.5, "Deflation")],
)
def test_each_corner_has_its_name(growth: float, inflation: float, likeliest: str) -> None:
    found = probabilities(growth, inflation)
    assert max(found, key=found.__getitem__) == likeliest
    assert found[likeliest] == pytest.approx(norm.cdf(1.5) ** 2)
    assert sum(found.values()) == pytest.approx(1.0)


def test_at_normal_nothing_is_likelier() -> None:
    assert set(probabilities(0.0, 0.0).values()) == {0.25}


def test_without_growth_or_inflation_there_is_no_regime() -> None:
    assert set(probabilities(None, 1.0).values()) == {None}
    assert set(probabilities(1.0, None).values()) == {None}


def test_the_gold_table_on_a_history() -> None:
    panel = build_panel(made_silver(), decision_days(300), load_catalog())
    regimes = regimes_all(panel)
    assert dict(regimes.schema) == REGIME.schema
    sums = regimes.group_by("as_of").agg(pl.col("probability").sum())["probability"]
    assert sums.to_list() == pytest.approx([1.0] * 300)
