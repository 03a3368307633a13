"""Stress by repricing: signs for every instrument, closed forms, dated replays, and what is absent says so."""

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

from desk.catalog.risk_parameters import ParametricScenario, parametric_scenario
from desk.errors import BadCatalog
from desk.portfolio.market_levels import CURVE_KEYS, IBOVESPA, USDBRL, curve_at
from desk.portfolio.scenario_moves import parametric_moves
from desk.risk import run_risk
from desk.risk.factors import FACTORS, factor_levels, factor_matrix
from desk.risk.stress import run_stress
from tests.desk.risk.sample import (
    DAYS,
    IDS,
    LAST,
    PARAMETERS,
    VALUES,
    book,
    lines_alone,
    market,
    risk,
    risk_of,
    terms,
    with_contracts,
)

RATES = "DI1"
SIGNS: dict[str, dict[str, int | None]] = {
    # sign of a long contract's P&L by how its name begins; what is not named must not move; None: nearly cancels
    "rates_up_100": {RATES: -1, "DAP": -1, "NTNB": -1, "DOL": 1, "IND": 1},
    "rates_down_100": {RATES: 1, "DAP": 1, "NTNB": 1, "DOL": -1, "IND": -1},
    "parallel_up_100": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "UST": -1, "DOL": None, "IND": 1},
    "brazil_2015": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "UST": 1, "SOV": -1, "DOL": 1, "IND": -1},
    "taper_tantrum_2013": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "UST": -1, "SOV": -1, "DOL": 1, "IND": -1},
    "fiscal_crisis": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "SOV": -1, "DOL": 1, "IND": -1},
    "global_risk_off": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "UST": 1, "SOV": -1, "DOL": 1, "IND": -1},
    "joesley_2017": {RATES: -1, "DAP": -1, "NTNB": -1, "DDI": -1, "UST": -1, "SOV": -1, "DOL": 1, "IND": -1},
    "covid_2020": {
        "DI1_5Y": -1,
        "DAP": -1,
        "NTNB": -1,
        "DDI": -1,
        "UST": 1,
        "SOV": -1,
        "DOL": 1,
        "IND": -1,
        RATES: None,
    },
    "sovereign_wider_100": {"DDI": -1, "SOV": -1},
    "treasuries_up_100": {"DDI": -1, "UST": -1, "DOL": -1},
    "brl_rally": {RATES: 1, "DAP": 1, "NTNB": 1, "DOL": -1, "IND": 1},
}


@pytest.mark.parametrize("side", [1, -1])
def test_a_receiver_loses_when_rates_rise_and_every_other_sign(side: int) -> None:
    found = {item.id: item.pnl for item in run_stress(terms(), market(), lines_alone(side), PARAMETERS)}
    for scenario, signs in SIGNS.items():
        own = np.diagonal(found[scenario])
        for name, pnl in zip(IDS, own, strict=True):
            expected = next((sign for start, sign in signs.items() if name.startswith(start)), 0)
            assert expected is None or np.sign(np.round(pnl, 6)) == side * expected, f"{scenario} {name}: {pnl}"
        others = found[scenario] - np.diag(own)
        assert (others == 0).all(), "a line that is not held has no P&L"


def test_every_episode_of_the_desks_list_is_there_with_its_shocks() -> None:
    """desk.md, section 7."""
    shocks = {item.id: item for item in PARAMETERS.parametric}
    listed = {
        "taper_tantrum_2013": {"usdbrl": 0.15, "pre": 200, "ibovespa": -0.15, "ust": 32},
        "brazil_2015": {"usdbrl": 0.30, "pre": 400, "ibovespa": -0.25},
        "joesley_2017": {"usdbrl": 0.0807, "ibovespa": -0.0880},
        "covid_2020": {"usdbrl": 0.20, "pre": 200, "ibovespa": -0.35, "spx": -0.30, "oil": -0.50},
        "rate_shock_2022": {"usdbrl": 0.25, "pre": 500},
        "fiscal_crisis": {"usdbrl": 0.25, "pre": 350, "ibovespa": -0.18, "sovereign": 0.40},
        "global_risk_off": {"usdbrl": 0.20, "pre": 150, "ibovespa": -0.30, "ust": -50},
    }
    for key, moves in listed.items():
        for name, size in moves.items():
            item = shocks[key]
            # Treasuries by tenor, as measured (the list's flat +100 bp stressed two years three to six times too hard)
            found = item.curves[name][0][1] if name in ("pre", "ust") else getattr(item, name)
            assert found == size, f"{key} {name}"
    assert {"parallel_up_100", "parallel_down_100", "steepener", "flattener"} <= set(shocks)


def test_shocks_land_on_the_levels_that_they_name() -> None:
    levels = market().levels[-2:]
    scenario = parametric_scenario(
        "s",
        {
            "name": "S",
            "usdbrl": 0.1,
            "ibovespa": -0.2,
            "ust_bp": 30,
            "pre_bp": {"126": -50, "2520": 50},
            "sovereign": 0.5,
        },
    )
    moves = parametric_moves(scenario, levels)
    bumped = {key: moves.curves[:, 0, at] * 1e4 for at, key in enumerate(CURVE_KEYS)}
    np.testing.assert_allclose(bumped["pre", 21], -50)
    np.testing.assert_allclose(bumped["pre", 2520], 50)
    np.testing.assert_allclose(bumped["pre", 1260], -50 + 100 * (1260 - 126) / (2520 - 126))
    np.testing.assert_allclose(bumped["real", 1260], 0)
    spread = levels.curves[:, curve_at("cupom", 1260)] - levels.curves[:, curve_at("ust", 1260)]
    np.testing.assert_allclose(bumped["cupom", 252], 30 + 0.5e4 * spread)
    assert np.ptp(spread) > 0, "each row has its own spread"
    np.testing.assert_allclose(moves.usd_short * 1e4, 30)
    np.testing.assert_allclose(moves.spots[:, 0, [USDBRL, IBOVESPA]], [[1.1, 0.8]] * 2)


def test_a_share_of_a_spread_that_is_not_there_is_unknown_not_zero() -> None:
    levels = market().levels[np.array([-1])]  # a copy: the market is shared by all tests
    levels.curves[:, [curve_at("cupom", 1260)]] -= 0.2
    moves = parametric_moves(ParametricScenario("s", "S", sovereign=0.4), levels)
    assert np.isnan(moves.curves[0, 0, curve_at("cupom", 252)])
    assert np.isfinite(moves.curves[0, 0, curve_at("pre", 252)])


@pytest.mark.parametrize(
    ("shocks", "message"),
    [
        ({"eurbrl": 0.1}, "unknown factor eurbrl"),
        ({"cupom_bp": 10, "sovereign_bp": 5}, "both say"),
    ],
)
def test_a_bad_scenario_is_refused_by_name(shocks: dict[str, float], message: str) -> None:
    with pytest.raises(BadCatalog, match=f"scenario s: .*{message}"):
        parametric_scenario("s", {"name": "S", **shocks})


def test_long_brl_loses_when_the_dollar_rises_by_the_size_of_the_move() -> None:
    stress = risk_of({"DOL": -100})["stress_test_results"]
    target = book()["target_position"].filter(pl.col("as_of") == LAST, pl.col("instrument_id") == "DOL")
    loss = stress.filter(pl.col("scenario_id") == "joesley_2017", pl.col("instrument_id") == "DOL")["pnl_brl"][0]
    # the forward of a month or two moves with the spot, and a little with DI and cupom
    assert loss == pytest.approx(-100 * 50 * target["price"][0] * 0.0807, rel=0.02)


def test_closed_forms() -> None:
    """A receiver of the 5y under +100 bp; protection sold on five years under +100 bp of spread, in dollars."""
    row = book()["target_position"].filter(pl.col("as_of") == LAST, pl.col("instrument_id") == "DI1_5Y")
    years = -np.log(row["price"][0] / 1e5) / np.log1p(row["rate"][0])
    stress = risk_of({"DI1_5Y": 10, "SOV_BR_5Y": 3})["stress_test_results"]
    pnl = {(s, i): p for s, i, p in stress.select("scenario_id", "instrument_id", "pnl_brl").rows()}
    by_hand = 10 * (1e5 / (1 + row["rate"][0] + 0.01) ** years - row["price"][0])
    assert pnl["rates_up_100", "DI1_5Y"] == pytest.approx(by_hand, rel=2e-3)
    fx = VALUES["usdbrl"][-1]
    assert pnl["sovereign_wider_100", "SOV_BR_5Y"] == pytest.approx(-3 * 450 * 100 * fx, rel=1e-9)


def test_lines_add_up_and_the_total_says_what_moved() -> None:
    stress = risk()["stress_test_results"].with_columns(total=pl.col("instrument_id") == "TOTAL")
    known = stress.filter(pl.col("pnl_brl").is_not_null())
    sums = known.group_by("as_of", "scenario_id").agg(
        lines=pl.col("pnl_brl").filter(~pl.col("total")).sum(), whole=pl.col("pnl_brl").filter("total").sum()
    )
    np.testing.assert_allclose(sums["lines"], sums["whole"], atol=1e-4)
    assert stress.filter(~pl.col("total"))["moves"].null_count() == stress.filter(~pl.col("total")).height
    one = stress.filter("total", pl.col("as_of") == LAST, pl.col("scenario_id") == "fiscal_crisis")["moves"][0]
    assert json.loads(one) == {"usdbrl": 0.25, "pre_bp": 350, "real_bp": {"504": 199, "1260": 169, "2520": 134},
        "ibovespa": -0.18, "sovereign": 0.4,
    }  # fmt: skip


def test_dated_scenarios_run_only_when_known_and_are_absent_by_name() -> None:
    stress = risk()["stress_test_results"].filter(pl.col("kind") == "dated", pl.col("instrument_id") == "TOTAL")
    covid = stress.filter(pl.col("scenario_id") == "covid_replay")
    assert covid["pnl_brl"].null_count() == 0, "the panel starts after March 2020: the measured moves stand in"
    assert covid["name"].str.contains("by the moves measured once, no closes of then are held").all()
    assert json.loads(covid["moves"][0])["sovereign_bp"] == 286
    assert not stress["name"].str.contains("absent").any()
    tariffs = stress.filter(pl.col("scenario_id") == "tariffs_replay")
    assert min(tariffs["as_of"].to_list()) > dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC), (
        "a close is known the day after"
    )
    assert tariffs["pnl_brl"].null_count() == 0
    assert not tariffs["name"].str.contains("absent").any()


def test_an_archive_brings_back_the_episodes_before_the_panel() -> None:
    """The archive holds only the days about the episode; what it says is the ratio of its own two closes."""
    columns = VALUES.columns
    days = [dt.date(2020, 2, 26), dt.date(2020, 3, 19)]  # the decisions after both closes; Carnival lies between
    two = VALUES.tail(2).with_columns(day=pl.Series(days))
    two = two.with_columns(
        usdbrl=pl.Series([4.40, 5.20]), ibovespa=pl.Series([113_681.0, 66_894.0]), pre_1260=pl.Series([0.06, 0.08])
    ).select(columns)
    frames = run_risk(VALUES, with_contracts({"DOL": 50, "IND": -40}), PARAMETERS, DAYS[-1:], two)
    stress = frames["stress_test_results"].filter(pl.col("scenario_id") == "covid_replay")
    moves = json.loads(stress.filter(pl.col("instrument_id") == "TOTAL")["moves"][0])
    assert moves["usdbrl"] == pytest.approx(5.20 / 4.40 - 1, abs=1e-6)
    assert moves["pre_1260"] == pytest.approx(200.0)
    assert (stress["pnl_brl"] > 0).all(), "long dollars and short the index"
    assert stress["name"].unique().to_list() == ["COVID: 21 Feb to 18 Mar 2020"]
    bare = two.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in columns if name.startswith("real_"))
    blind = run_risk(VALUES, with_contracts({"DOL": 50, "DAP_5Y": 10}), PARAMETERS, DAYS[-1:], bare)
    total = blind["stress_test_results"].filter(scenario_id="covid_replay", instrument_id="TOTAL")
    assert total["pnl_brl"].to_list() == [None]
    assert total["name"][0].endswith("without real curve, not held of then")
    older = frames["stress_test_results"].filter(pl.col("scenario_id") == "lehman_2008")
    assert older["name"].str.contains("by the moves measured once").all()


def test_the_worst_day_is_the_samples_worst() -> None:
    worst = risk()["stress_test_results"].filter(pl.col("scenario_id") == "worst_day", pl.col("as_of") == LAST)
    total = worst.filter(pl.col("instrument_id") == "TOTAL")
    other = risk()["stress_test_results"].filter(pl.col("kind") == "dated", pl.col("as_of") == LAST)
    assert total["pnl_brl"][0] <= 0
    assert total["name"][0].startswith("Worst day of the window: ")
    assert "usdbrl" in json.loads(total["moves"][0])
    assert len(other) > len(worst)


def test_factors_go_to_a_matrix_and_back() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.normal(0, 0.01, (2, 4, len(FACTORS)))
    np.testing.assert_allclose(factor_matrix(factor_levels(matrix)), matrix, atol=1e-15)
