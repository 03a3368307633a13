"""All measures at once: what they rest on, that no later number moves them, and what bad input leaves of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.agents import AGENTS, MEASURES, MODELS, compute_measures, compute_views, direct_inputs, measure_rows
from desk.agents.models import Model, run_models
from desk.catalog import load_catalog
from desk.errors import BadCatalog
from desk.gold import AGENT_MEASURE
from desk.model import decision_time
from desk.transforms.agent_measures import Measure, Measures
from desk.transforms.panel import Panel, build_panel
from tests.desk.made_history import decision_days, made_silver

CATALOG = load_catalog()
DAYS = decision_days(1300)
Silver = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return build_panel(made_silver(), DAYS, CATALOG)


@pytest.fixture(scope="module")
def measures(panel: Panel) -> Measures:
    return compute_measures(panel)


def same(one: Measures, other: Measures, rows: slice, other_rows: slice = slice(None)) -> None:
    for name in MEASURES:
        np.testing.assert_array_equal(one.values[name][rows], other.values[name][other_rows], err_msg=name)


def test_rows_that_come_twice_count_once(measures: Measures) -> None:
    twice = {name: pl.concat([frame, frame]) for name, frame in made_silver().items()}
    same(measures, compute_measures(build_panel(twice, DAYS, CATALOG)), slice(0, None))


def known_at(silver: Silver, day: dt.date) -> Silver:
    return {name: frame.filter(pl.col("knowledge_time") <= decision_time(day)) for name, frame in silver.items()}


@pytest.mark.parametrize("cut", [700, 1111])
def test_a_world_that_ended_earlier_gives_the_same_days(measures: Measures, cut: int) -> None:
    shorter = build_panel(known_at(made_silver(), DAYS[cut - 1]), DAYS[:cut], CATALOG)
    same(measures, compute_measures(shorter), slice(0, cut))


def test_the_head_of_a_panel_gives_the_same_days(panel: Panel, measures: Measures) -> None:
    same(measures, compute_measures(panel.head(900)), slice(0, 900))


def test_a_panel_that_begins_earlier_gives_the_same_days_once_windows_are_full() -> None:
    late = compute_measures(build_panel(made_silver(), DAYS[-1000:], CATALOG))
    early = compute_measures(build_panel(made_silver(), DAYS, CATALOG))
    same(early, late, slice(-50, None), slice(-50, None))


def test_later_revisions_of_everything_change_nothing_before(measures: Measures) -> None:
    day = DAYS[800]
    late = decision_time(day) + dt.timedelta(seconds=1)
    silver = made_silver()
    old = silver["observation"].filter(pl.col("obs_date") < day)
    redone = old.with_columns(
        pl.col("value") * 1.3, pl.lit(late).cast(pl.Datetime("us", "UTC")).alias("knowledge_time")
    )
    other = compute_measures(
        build_panel({**silver, "observation": pl.concat([silver["observation"], redone])}, DAYS, CATALOG)
    )
    same(measures, other, slice(0, 801), slice(0, 801))
    moved = [name for name in MEASURES if not np.array_equal(measures.values[name], other.values[name], equal_nan=True)]
    assert {"inf_phillips_12m", "mp_r_star", "fx_beer_gap", "fis_debt_base_y5"} <= set(moved)


def test_every_measure_goes_back_to_what_connectors_bring(panel: Panel, measures: Measures) -> None:
    lineage = panel.with_measures(measures).lineage
    curves = ("pre_", "real_", "cupom_", "ust_", "focus_", "inflation_", "IND")
    for name in MEASURES:
        for leaf in lineage.leaves(name):
            known = leaf in CATALOG.series or leaf.startswith(curves) or leaf.startswith(("mp_copom_", "mp_fomc_"))
            assert known, f"{name} goes back to {leaf}"
    assert {name: direct_inputs(panel)[name] for name in lineage.direct} == lineage.direct


def test_inputs_are_panel_columns_or_earlier_measures(panel: Panel) -> None:
    seen = set(panel.values.columns)
    for model in MODELS:
        own = {spec.name for spec in model.specs}
        for spec in model.specs:
            assert set(spec.inputs) <= seen | own, spec.name
            assert spec.formula
            assert spec.unit
        seen |= own


def test_a_model_that_computes_other_names_than_it_declares_is_refused(panel: Panel) -> None:
    model = Model((Measure("one", (), "1", "1"),), lambda known: {"two": np.ones(len(known))})
    with pytest.raises(BadCatalog, match="two"):
        run_models([model], panel)


def test_measures_become_columns_with_the_oldest_date_and_a_lineage(panel: Panel, measures: Measures) -> None:
    full = panel.with_measures(measures)
    assert set(MEASURES) <= set(full.values.columns)
    dates = full.obs_dates.tail(1)
    assert dates["fis_debt_change_5y"][0] == min(
        dates[name][0] for name in ("fis_debt_base_y5", "gross_debt_gdp") if dates[name][0]
    )
    assert dates["mp_copom_bd_to"][0] == DAYS[-1]
    assert "gross_debt_gdp" in full.lineage.leaves("fis_dominance")
    assert_frame_equal(full.with_measures(measures).values, full.values)
    unknown = full.values["inf_phillips_12m"].is_null()
    assert full.obs_dates["inf_phillips_12m"].is_null().equals(unknown)


def test_the_gold_table_holds_what_is_known(panel: Panel, measures: Measures) -> None:
    rows = measure_rows(panel, measures)
    assert dict(rows.schema) == AGENT_MEASURE.schema
    assert rows["value"].is_finite().all()
    assert rows.select(pl.struct("as_of", "measure_id").n_unique()).item() == rows.height
    last = rows.filter(pl.col("as_of") == decision_time(DAYS[-1]))
    assert last.height == sum(np.isfinite(values[-1]) for values in measures.values.values())


def with_values(change: Callable[[pl.Expr], pl.Expr]) -> Silver:
    """The made history with every number of every table changed alike."""
    columns = {"observation": ["value"], "price_bar": ["close"], "curve_point": ["rate"], "expectation": ["median"]}
    silver = made_silver()
    return silver | {
        name: silver[name].with_columns(change(pl.col(column)).alias(column) for column in names)
        for name, names in columns.items()
    }


BAD: dict[str, Callable[[], Silver]] = {
    "nothing at all": dict,
    "every number null": lambda: with_values(lambda value: pl.lit(None, dtype=pl.Float64)),
    "every number infinite": lambda: with_values(lambda value: pl.lit(float("inf"))),
    "every number not a number": lambda: with_values(lambda value: pl.lit(float("nan"))),
    "every number the same": lambda: with_values(lambda value: pl.lit(0.04)),
    "every number zero": lambda: with_values(lambda value: pl.lit(0.0)),
    "every number negative": lambda: with_values(lambda value: -value.abs()),
    "one point of each": lambda: {
        name: frame.unique(subset=frame.columns[:1], keep="last", maintain_order=True)
        for name, frame in made_silver().items()
    },
    "holes": lambda: {
        name: frame.with_columns(pl.int_range(pl.len()).alias("at")).filter(pl.col("at") % 7 > 3).drop("at")
        for name, frame in made_silver().items()
    },
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_null_with_a_reason_never_a_wild_number(bad: str) -> None:
    panel = build_panel(BAD[bad](), DAYS[-300:], CATALOG)
    measures = compute_measures(panel)
    assert all(not np.isinf(values).any() for values in measures.values.values())
    views = compute_views(panel.with_measures(measures))
    assert views.height == 300 * len(AGENTS)
    scores = views["score"].drop_nulls()
    assert scores.is_finite().all()
    assert scores.is_between(-1.0, 1.0).all()
    silent = views.filter(pl.col("score").is_null())
    assert (silent["confidence"] == 0.0).all()
    assert silent["sentence"].str.contains("no view").all()
    assert (silent["missing"] != "[]").all()
    if bad in ("nothing at all", "every number null", "every number infinite", "every number not a number"):
        assert silent.height == views.height
    if bad in ("every number the same", "one point of each"):
        assert np.isnan(measures.values["inf_phillips_12m"]).all()
        assert np.isnan(measures.values["fx_beer_gap"]).all()
        assert np.isnan(measures.values["reg_p_goldilocks"]).all()
