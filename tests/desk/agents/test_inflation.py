"""Inflation models on monthly series made by hand: slopes that were put in, weights, seasons, surprises, signs."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.agents.inflation.composite import COMPOSITE
from desk.agents.inflation.groups import GROUPS, normalised_weights
from desk.agents.inflation.phillips import PHILLIPS
from desk.agents.inflation.prints import MOMENTUM, SURPRISE, seasonally_adjusted_quarter
from desk.agents.models import ModelData
from desk.catalog import load_catalog
from desk.point_in_time.as_of_grid import Grid
from desk.transforms.model_inputs import inflation_surprises
from desk.transforms.monthly import CORES, IPCA_GROUPS
from desk.transforms.panel import Panel, build_panel
from tests.desk.agents.made_vintages import with_model_inputs

DAY = dt.date(2025, 3, 3)
MONTHS = 230
EMPTY = build_panel({}, [DAY], load_catalog())


def panel_with(**columns: float) -> Panel:
    """A day on which every panel column is one, so that nothing is too old, but for those given."""
    names = [name for name in EMPTY.values.columns if name != "day"]
    values = EMPTY.values.with_columns(pl.lit(columns.get(name, 1.0)).alias(name) for name in names)
    return Panel(values, EMPTY.obs_dates, EMPTY.provenance, EMPTY.lineage)


def curve_world(expectation_slope: float, fx_slope: float, fx_now: float = 0.0) -> dict[str, np.ndarray]:
    """Core over twelve months is a line on expectations and the currency's year as they stood twelve months before."""
    rng = np.random.default_rng(11)
    expectations = 0.05 + 0.01 * np.sin(np.arange(MONTHS) / 9.0) + rng.normal(0.0, 0.002, MONTHS)
    fx = np.cumsum(rng.normal(0.002, 0.03, MONTHS))
    fx[-1] += fx_now
    fx_year = np.r_[np.full(12, 0.0), fx[12:] - fx[:-12]]
    year = np.full(MONTHS, 0.05)
    year[12:] = 0.02 + expectation_slope * expectations[:-12] + fx_slope * fx_year[:-12]
    year += rng.normal(0.0, 0.0005, MONTHS)
    # monthly changes whose twelve-month compound is `year`
    log_year = np.log1p(year)
    logs = np.full(MONTHS, log_year[0] / 12.0)
    for month in range(12, MONTHS):
        logs[month] = log_year[month] - logs[month - 11 : month].sum()
    core = np.expm1(logs)
    return {
        **dict.fromkeys(CORES, core),
        "focus_ipca_12m": expectations,
        "ibc_br_sa": 100.0 * np.exp(0.001 * np.arange(MONTHS) + rng.normal(0.0, 0.005, MONTHS)),
        "usdbrl_monthly": 3.0 * np.exp(fx),
        "world_commodities": 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, MONTHS))),
    }


def test_the_phillips_curve_finds_the_slopes_that_were_put_in() -> None:
    out = PHILLIPS.compute(ModelData(with_model_inputs(panel_with(), curve_world(0.6, 0.05))))
    for name, truth in (("expectations", 0.6), ("fx", 0.05), ("gap", 0.0), ("commodities", 0.0)):
        error = out[f"inf_phillips_se_{name}"][0]
        assert out[f"inf_phillips_slope_{name}"][0] == pytest.approx(truth, abs=0.15 * max(truth, 0.1) + 4.0 * error)
    assert out["inf_phillips_error"][0] < 0.005


def test_a_fall_of_the_currency_raises_the_forecast() -> None:
    calm = PHILLIPS.compute(ModelData(with_model_inputs(panel_with(), curve_world(0.6, 0.05))))["inf_phillips_12m"]
    weak = PHILLIPS.compute(ModelData(with_model_inputs(panel_with(), curve_world(0.6, 0.05, fx_now=0.10))))[
        "inf_phillips_12m"
    ]
    assert weak[0] - calm[0] == pytest.approx(0.005, abs=0.002)


@pytest.mark.parametrize("name", ["focus_ipca_12m", "ibc_br_sa", "usdbrl_monthly", "world_commodities"])
@pytest.mark.parametrize("how", ["stale", "gone", "constant"])
def test_without_one_regressor_there_is_no_forecast(name: str, how: str) -> None:
    world = curve_world(0.6, 0.05)
    if how == "gone":
        del world[name]
    elif how == "constant":
        world[name] = np.full(MONTHS, 4.0)
    panel = panel_with(**({name: float("nan")} if how == "stale" else {}))
    assert np.isnan(PHILLIPS.compute(ModelData(with_model_inputs(panel, world)))["inf_phillips_12m"][0])


def group_world(weight: float = 1.0 / 9.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    changes = {f"ipca_{group}_mom": 0.004 + rng.normal(0.0, 0.002, MONTHS) for group in IPCA_GROUPS}
    return changes | {f"ibge_ipca_{group}_weight": np.full(MONTHS, weight) for group in IPCA_GROUPS}


def test_the_bottom_up_is_the_weighted_sum_of_its_groups() -> None:
    """Weight moved from one group to another moves the sum by the weight times the difference of their forecasts."""
    world = group_world()
    even = GROUPS.compute(ModelData(with_model_inputs(panel_with(), world)))["inf_bottom_up_12m"][0]

    def alone(group: str) -> float:
        tilted = dict(world)
        for name in IPCA_GROUPS:
            tilted[f"ibge_ipca_{name}_weight"] = np.full(MONTHS, 1.0 if name == group else 0.0)
        return float(GROUPS.compute(ModelData(with_model_inputs(panel_with(), tilted)))["inf_bottom_up_12m"][0])

    assert even == pytest.approx(np.mean([alone(group) for group in IPCA_GROUPS]))


def test_weights_that_do_not_add_up_are_not_used() -> None:
    assert normalised_weights(np.full((1, 9), 0.112))[0] == pytest.approx(np.full(9, 1.0 / 9.0))
    assert np.isnan(normalised_weights(np.full((1, 9), 0.2))).all()
    assert np.isnan(
        GROUPS.compute(ModelData(with_model_inputs(panel_with(), group_world(0.2))))["inf_bottom_up_12m"][0]
    )


def test_a_steady_season_leaves_no_momentum() -> None:
    """Every year alike: 0.4% a month, but 1% in January and -0.2% in June: the quarter is the year's own rate."""
    year = np.full(12, 0.004)
    year[0], year[5] = 0.010, -0.002
    for extra in range(12):
        found = seasonally_adjusted_quarter(np.tile(year, 12)[None, : 12 * 11 + extra])
        assert found[0] == pytest.approx(np.prod(1.0 + year) - 1.0, abs=1e-12)
    faster = np.tile(year, 11)
    faster[-3:] += 0.002
    assert seasonally_adjusted_quarter(faster[None, :])[0] > np.prod(1.0 + year) - 1.0 + 0.02
    assert np.isnan(seasonally_adjusted_quarter(np.tile(year, 4)[None, :])).all()


def at(day: dt.date, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def survey(rows: list[tuple[str, dt.date, float]]) -> pl.DataFrame:
    """Focus rows surveyed on a Friday and published on the Monday after."""
    return pl.DataFrame(
        {
            "indicator": ["IPCA"] * len(rows),
            "reference": [row[0] for row in rows],
            "base": [0] * len(rows),
            "obs_date": [row[1] for row in rows],
            "knowledge_time": [at(row[1] + dt.timedelta(days=3)) for row in rows],
            "median": [row[2] for row in rows],
        }
    ).with_columns(pl.col("knowledge_time").cast(pl.Datetime("us", "UTC")))


def test_the_surprise_is_the_first_print_less_the_last_median_before_it() -> None:
    releases = pl.DataFrame(
        {
            "obs_date": [dt.date(2025, 1, 1), dt.date(2025, 1, 1)],
            "knowledge_time": [at(dt.date(2025, 2, 11)), at(dt.date(2025, 3, 20))],
            "value": [0.0016, 0.0020],  # a later correction is no surprise
        }
    ).with_columns(pl.col("knowledge_time").cast(pl.Datetime("us", "UTC")))
    focus = survey(
        [
            ("01/2025", dt.date(2025, 1, 31), 0.0013),
            ("01/2025", dt.date(2025, 2, 7), 0.0014),
            ("01/2025", dt.date(2025, 2, 14), 0.0016),  # published after the release
            ("02/2025", dt.date(2025, 2, 7), 0.0135),
            ("2025", dt.date(2025, 2, 7), 0.05),
        ]
    )
    grid = Grid.of([dt.date(2025, 2, 11), dt.date(2025, 2, 12), dt.date(2025, 4, 1)])
    found = inflation_surprises(focus, releases, grid)
    assert found.values.tolist() == [[pytest.approx(0.0016 - 0.0014)]]
    assert found.rows.tolist() == [1]  # released at noon of the 11th, so known on the 12th


def test_three_surprises_in_units_of_the_usual_one() -> None:
    past = np.tile([0.001, -0.001], 30)
    past[-3:] = 0.002
    world = {"ipca_mom": np.full(60, 0.004), "ipca_surprise": past}
    out = SURPRISE.compute(ModelData(with_model_inputs(panel_with(), world)))
    usual = np.sqrt(np.mean(past**2))
    assert out["inf_surprise_1m"][0] == pytest.approx(0.002)
    assert out["inf_surprise_3m_z"][0] == pytest.approx(0.006 / (usual * np.sqrt(3.0)))
    late = SURPRISE.compute(ModelData(with_model_inputs(panel_with(), {**world, "ipca_mom": np.full(61, 0.004)})))
    assert np.isnan(late["inf_surprise_1m"][0])  # a month without a survey has no surprise
    few = {"ipca_mom": np.full(20, 0.004), "ipca_surprise": past[-20:]}
    assert np.isnan(SURPRISE.compute(ModelData(with_model_inputs(panel_with(), few)))["inf_surprise_3m_z"][0])


def test_persistence_counts_in_tolerance_bands() -> None:
    steady = np.full(132, 1.05 ** (1.0 / 12.0) - 1.0)
    world = {**dict.fromkeys(CORES, steady), "ipca_services_mom": steady}
    panel = panel_with(inflation_target=0.03, inflation_tolerance=0.015, focus_ipca_y2=0.036, ipca_diffusion_z=0.5)
    out = MOMENTUM.compute(ModelData(with_model_inputs(panel, world)))
    assert out["inf_core_gap"][0] == pytest.approx(0.02 / 0.015)
    assert out["inf_anchoring"][0] == pytest.approx(0.4)
    assert out["inf_persistence"][0] == pytest.approx((2 * 0.02 / 0.015 + 0.4 + 0.5) / 4)


def test_the_composite_is_the_mean_of_two_forecasts_at_least() -> None:
    known = ModelData(panel_with(focus_ipca_12m=0.04, inflation_target=0.03, inflation_tolerance=0.015))
    known.measures = {"inf_phillips_12m": np.array([0.06]), "inf_bottom_up_12m": np.array([np.nan])}
    out = COMPOSITE.compute(known)
    assert out["inf_trend_12m"][0] == pytest.approx(0.05)
    assert out["inf_phillips_gap"][0] == pytest.approx(2.0)
    known.measures["inf_phillips_12m"] = np.array([np.nan])
    assert np.isnan(COMPOSITE.compute(known)["inf_trend_12m"][0])
