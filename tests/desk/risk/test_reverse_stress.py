"""Reverse stress: the closed form of a linear book, the loss met by repricing, and no nearer move in sight."""

import json

import numpy as np
import polars as pl
import pytest

from desk.arrays import FloatArray
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.factors import (
    FACTORS,
    Move,
    factor_covariance,
    factor_label,
    factor_levels,
    leading_moves,
    reported_moves,
)
from desk.risk.positions import Positions, book_pnl, read_positions
from desk.risk.reverse_stress import REVERSE, ReverseStressResult, reverse_scenario, reverse_stress
from tests.desk.risk.sample import (
    DAYS,
    LAST,
    PARAMETERS,
    VALUES,
    book,
    market,
    metric,
    risk,
    risk_of,
    terms,
    with_contracts,
)

Found = tuple[Positions, ReverseStressResult]
BIG = {"DI1_5Y": 3_000, "DOL": -600, "IND": 300, "UST_10Y": 40}


@pytest.fixture(scope="module")
def found() -> Found:
    positions = read_positions(market(), with_contracts(BIG), PARAMETERS)
    return positions, reverse_stress(terms(), market(), positions, PARAMETERS)


def pnl_of(positions: Positions, matrix: FloatArray) -> FloatArray:
    rows = positions.rows
    unit = scenario_pnl(
        terms(), market().levels[rows], factor_levels(matrix), market().valuation[rows], positions.maturity
    )
    pnl: FloatArray = book_pnl(unit, positions.contracts)[0]
    return pnl


def test_the_move_costs_a_tenth_by_repricing(found: Found) -> None:
    positions, reverse = found
    loss = pnl_of(positions, reverse.moves[:, None, :])[0]
    assert loss == pytest.approx(-0.10 * positions.nav[0], rel=1e-8)
    assert reverse.lines[0].sum() == pytest.approx(loss, rel=1e-9)


def test_its_distance_is_mahalanobis_and_no_random_move_as_near_costs_as_much(found: Found) -> None:
    positions, reverse = found
    covariance = factor_covariance(market(), positions.rows, PARAMETERS).matrix[0]
    move = reverse.moves[0]
    scale = np.sqrt(np.diag(covariance))
    unit = move / scale
    inverse = np.linalg.pinv(covariance / np.outer(scale, scale), hermitian=True)
    assert np.sqrt(unit @ inverse @ unit) == pytest.approx(reverse.distance[0], rel=1e-6)
    rng = np.random.default_rng(8)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    draws = rng.standard_normal((4_000, len(FACTORS)))
    draws *= reverse.distance[0] / np.linalg.norm(draws, axis=1, keepdims=True)
    near = (draws * np.sqrt(np.maximum(values, 0))) @ vectors.T * scale
    assert pnl_of(positions, near[None]).min() > -0.10 * positions.nav[0]
    # and neighbours of the point itself, moved back to the same distance
    root = vectors * np.sqrt(np.maximum(values, 1e-12))
    centre = np.linalg.solve(root, unit)
    close = centre + 0.05 * reverse.distance[0] * rng.standard_normal((500, len(FACTORS))) / np.sqrt(len(FACTORS))
    close *= reverse.distance[0] / np.linalg.norm(close, axis=1, keepdims=True)
    assert pnl_of(positions, (close @ root.T * scale)[None]).min() >= -0.10 * positions.nav[0] * (1 + 1e-4)


def test_a_book_of_dollars_falls_by_the_dollar_alone() -> None:
    """Nearly linear in one factor: the distance is the move over its own deviation."""
    positions = read_positions(market(), with_contracts({"DOL": -500}), PARAMETERS)
    reverse = reverse_stress(terms(), market(), positions, PARAMETERS)
    at = FACTORS.index("usdbrl")
    deviation = factor_covariance(market(), positions.rows, PARAMETERS).volatility[0, at]
    delta = 500 * 50_000 * VALUES["usdbrl"][-1]
    ratio = 0.10 * positions.nav[0] / delta
    assert np.expm1(reverse.moves[0, at]) == pytest.approx(ratio, rel=0.02)
    assert reverse.distance[0] == pytest.approx(np.log1p(ratio) / deviation, rel=0.02)


def test_half_the_book_is_about_twice_as_far() -> None:
    one = metric(risk_of({"DOL": -500}), "reverse_stress_deviations", "repricing")
    half = metric(risk_of({"DOL": -250}), "reverse_stress_deviations", "repricing")
    assert one is not None
    assert half is not None
    assert 1.6 < half / one < 2.2


def test_the_scenario_names_its_moves_and_keeps_them_all(found: Found) -> None:
    frames = risk_of(BIG)
    row = frames["stress_test_results"].filter(pl.col("scenario_id") == REVERSE, pl.col("instrument_id") == "TOTAL")
    assert row["kind"].to_list() == ["reverse"]
    assert row["pnl_fraction"][0] == pytest.approx(-0.10, rel=1e-8)
    moves = json.loads(row["moves"][0])
    assert moves["standard_deviations"] == pytest.approx(
        metric(frames, "reverse_stress_deviations", "repricing"), abs=1e-6
    )
    assert moves["pre_1260"] > 0, "a receiver fears higher rates"
    assert moves["usdbrl"] > 0, "who is long BRL fears the dollar"
    name = row["name"][0]
    assert name.startswith("Reverse stress: ")
    assert "standard deviations cost 10% of NAV" in name
    assert "USD/BRL +" in name
    assert "DI " in name


def test_every_row_of_the_pass_and_the_same_alone() -> None:
    rows = risk()["risk_metrics_daily"].filter(metric="reverse_stress_deviations").sort("as_of")
    names = risk()["stress_test_results"].filter(scenario_id=REVERSE, instrument_id="TOTAL").sort("as_of")["name"]
    none = rows["value"].is_null()
    assert none.sum() < 0.2 * len(DAYS)
    assert names.filter(none).str.contains("none within 200|the book is flat").all()
    assert names.filter(~none).str.contains("standard deviations cost 10% of NAV: ").all()
    assert (rows["value"].drop_nulls() > 0).all()


def test_where_there_is_none_it_says_why() -> None:
    flat = risk_of({})["stress_test_results"].filter(scenario_id=REVERSE)
    assert flat["pnl_brl"].to_list() == [None]
    assert flat["name"][0].endswith("none, the book is flat")
    tiny = risk_of({"DOL": 5})["stress_test_results"].filter(scenario_id=REVERSE, instrument_id="TOTAL")
    assert tiny["name"][0].endswith("none within 200 standard deviations")
    assert tiny["pnl_brl"].to_list() == [None]
    holed = VALUES.with_columns(ibovespa=pl.lit(None, dtype=pl.Float64))
    blind = risk_of({"IND": 500}, holed)["stress_test_results"].filter(scenario_id=REVERSE, instrument_id="TOTAL")
    assert blind["name"][0].endswith("unknown, a held line lacks a factor")
    assert blind["moves"].to_list() == [None]


def test_words() -> None:
    assert [factor_label(name) for name in ("pre_126", "pre_504", "real_378", "cupom_252", "ust_2520", "usdbrl")] == [
        "DI 6m", "DI 2y", "real 1.5y", "cupom 1y", "UST 10y", "USD/BRL",
    ]  # fmt: skip
    assert Move("usdbrl", 0.124).label == "USD/BRL +12.4%"
    assert Move("pre_504", -85.4).label == "DI 2y -85 bp"
    matrix = np.zeros(len(FACTORS))
    matrix[FACTORS.index("pre_504")], matrix[FACTORS.index("pre_756")] = 0.01, 0.02
    matrix[FACTORS.index("usdbrl")] = np.log(1.1)
    matrix[FACTORS.index("ust_21")] = np.nan
    shown = reported_moves(matrix)
    assert shown == {"pre_504": 100.0, "pre_756": 200.0, "ust_21": None, "usdbrl": 0.1}
    weight = [abs(value) * 10 if value == value else 0.0 for value in matrix.tolist()]
    assert [move.factor for move in leading_moves(shown, weight, 5)] == ["usdbrl", "pre_756"]


def test_a_row_by_itself_has_what_the_whole_book_has() -> None:
    positions = read_positions(market(), book(), PARAMETERS)[np.array([len(DAYS) - 1])]
    scenario = reverse_scenario(reverse_stress(terms(), market(), positions, PARAMETERS), PARAMETERS)
    whole = risk()["stress_test_results"].filter(pl.col("as_of") == LAST, scenario_id=REVERSE, instrument_id="TOTAL")
    assert scenario.names == whole["name"].to_list()
    assert scenario.moves == whole["moves"].to_list()
