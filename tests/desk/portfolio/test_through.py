"""Each strategy alone, from its score to listed contracts; and all of them together, neutral on every day."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import package_terms, run_book
from desk.portfolio.contracts import listed_contracts
from desk.portfolio.packages import NEUTRALITY_TOLERANCE
from desk.strategies import STRATEGIES, Strategy, compute_signals
from desk.transforms.panel import Panel
from tests.desk.conftest import LATE_DAYS
from tests.desk.portfolio.panels import FREE, make_values, one_view, views_of

PARAMETERS = load_desk_parameters()
TERMS = package_terms(STRATEGIES)
LOTS = {item.id: item.lot for item in PARAMETERS.instruments}
CLASSES = {instrument.id: instrument.asset_class for instrument in PARAMETERS.instruments}
VALUES = make_values(150)
DAY = VALUES["day"][-1]
LONG = make_values(400)
FIRST = 200


def positions_of(strategy: Strategy, conviction: float, method: str) -> pl.DataFrame:
    rules = dataclasses.replace(PARAMETERS.portfolio, method=method)
    parameters = dataclasses.replace(FREE, portfolio=rules)  # sides, whatever they cost
    return run_book(VALUES, one_view(strategy.id, conviction, VALUES), TERMS, parameters, DAY)["target_position"]


def expected_sides(strategy: Strategy, score: float) -> dict[str, int]:
    """Per instrument the sign of what its legs ask for; a short bond is asked for in its future."""
    requested: dict[str, float] = {}
    for leg in strategy.legs:
        size, name = leg.sign * score, leg.instrument
        if size < 0 and PARAMETERS.instrument(name).long_only:
            name = PARAMETERS.instrument(name).short_with or ""
        requested[name] = requested.get(name, 0.0) + size
    return {name: (size > 0) - (size < 0) for name, size in requested.items()}


@pytest.mark.parametrize("method", ["risk_budget", "black_litterman"])
@pytest.mark.parametrize("score", [1.0, -1.0])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_every_leg_comes_out_on_its_side_in_a_contract_of_the_day(
    strategy: Strategy, score: float, method: str
) -> None:
    held = positions_of(strategy, score, method)
    contracts = dict(held.select("instrument_id", "contracts").iter_rows())
    sides = expected_sides(strategy, score)
    assert {name: (contracts[name] > 0) - (contracts[name] < 0) for name in sides} == sides
    assert all(count == 0 for name, count in contracts.items() if name not in sides)
    for row in held.filter(pl.col("contracts") != 0).iter_rows(named=True):
        instrument = PARAMETERS.instrument(row["instrument_id"])
        assert instrument.kind != "spread", "no exchange lists it"
        if instrument.maturity is None:
            assert listed_contracts(instrument, DAY)[row["contract_id"]] == row["maturity"]
        assert row["contract_id"].startswith(instrument.root)
        assert row["maturity"] > DAY


def test_no_leg_names_something_that_is_not_traded() -> None:
    assert {leg.instrument for strategy in STRATEGIES for leg in strategy.legs} <= set(CLASSES)


@cache
def all_of_them() -> dict[str, pl.DataFrame]:
    """Two hundred days of every strategy's slow and independent convictions."""
    rng = np.random.default_rng(2)
    paths = {}
    for terms in TERMS:
        path = np.zeros(len(LONG))
        for row in range(1, len(LONG)):
            path[row] = 0.97 * path[row - 1] + rng.normal(0, 0.15)
        paths[terms.id] = np.clip(path, -1, 1)
    return run_book(LONG, views_of(LONG, paths), TERMS, PARAMETERS, LONG["day"][FIRST])


def test_every_package_keeps_its_neutrality_on_every_day() -> None:
    packages = all_of_them()["package"].filter(pl.col("neutrality") != "outright", pl.col("legs") != "{}")
    assert packages.group_by("strategy_id").len()["len"].to_numpy().min() > 20
    assert packages["imbalance"].null_count() == 0
    assert packages["imbalance"].to_numpy().max() <= NEUTRALITY_TOLERANCE
    for row in packages.iter_rows(named=True):
        sides = list(json.loads(row["leg_dv01_brl"]).values())
        assert len(sides) == 2
        assert abs(sum(sides)) <= NEUTRALITY_TOLERANCE * max(map(abs, sides)) + 0.01


def test_the_lines_are_the_packages_legs_in_lots() -> None:
    book = all_of_them()
    sums: dict[tuple[object, str], float] = {}
    for row in book["package"].iter_rows(named=True):
        for name, contracts in json.loads(row["legs"]).items():
            sums[row["as_of"], name] = sums.get((row["as_of"], name), 0.0) + contracts
    for row in book["target_position"].iter_rows(named=True):
        name = row["instrument_id"]
        assert abs(row["contracts"] - sums.get((row["as_of"], name), 0.0)) <= LOTS[name] / 2 + 1e-4, row


def test_the_volatility_asked_for_is_reached_or_it_is_said_what_took_the_rest() -> None:
    state = all_of_them()["portfolio_state"]
    assert state["asked_volatility"].to_numpy().max() <= 0.08 + 1e-12
    bound = 0
    for row in state.iter_rows(named=True):
        taken = json.loads(row["limits_bound"])
        assert all(part["taken"] > 0 for part in taken)
        rest = row["asked_volatility"] - sum(part["taken"] for part in taken)
        assert row["target_volatility"] == pytest.approx(rest, abs=1e-7)
        bound += bool(taken)
    assert bound > 0
    aimed = state.filter(pl.col("target_volatility") > 0)
    away = np.abs(aimed["expected_volatility"].to_numpy() / aimed["target_volatility"].to_numpy() - 1.0)
    assert np.median(away) < 0.25, "lots, and packages that are left alone near their aim"


def test_the_sandboxs_book_is_neutral_as_declared_and_says_what_took_its_risk(late_panel: Panel) -> None:
    """The desk's own scores, on the days of a daily run; every day of all histories: bench/results/book.md."""
    since = late_panel.days[-LATE_DAYS]
    book = run_book(late_panel.values, compute_signals(late_panel), TERMS, PARAMETERS, since)
    neutral = book["package"].filter(pl.col("neutrality") != "outright", pl.col("legs") != "{}")
    assert len(neutral) > LATE_DAYS
    assert neutral["imbalance"].null_count() == 0
    assert neutral["imbalance"].to_numpy().max() <= NEUTRALITY_TOLERANCE
    for row in book["portfolio_state"].iter_rows(named=True):
        taken = sum(part["taken"] for part in json.loads(row["limits_bound"]))
        assert row["target_volatility"] == pytest.approx(row["asked_volatility"] - taken, abs=1e-7)


def test_a_packages_state_and_orders_agree() -> None:
    book = all_of_them()
    packages = book["package"].sort("strategy_id", "as_of")
    assert {"traded", "kept", "flat"} <= set(packages["state"])
    changed = packages.with_columns(before=pl.col("legs").shift(1).over("strategy_id").fill_null("{}"))
    assert ((changed["legs"] != changed["before"]) == (changed["state"] == "traded")).all()
    traded = set(packages.filter(pl.col("state") == "traded")["as_of"])
    rolled = pl.col("sentence").str.contains("rolls").any().over("as_of", "instrument_id")
    orders = book["action"].filter(~rolled)
    assert set(orders["as_of"]) <= traded, "no order without a package that moves, but for a roll"
    assert "{}" not in set(book["action"]["rationale"]), "a roll names the strategies whose legs it carries"


def test_what_the_strategies_own_adds_up() -> None:
    book = all_of_them()
    total = book["pnl_by_strategy"].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
    np.testing.assert_allclose(total, book["portfolio_state"].sort("as_of")["pnl_brl"], atol=0.005)
    size = dict(book["pnl_by_strategy"].group_by("strategy_id").agg(pl.col("pnl_brl").abs().sum()).iter_rows())
    assert size["UNATTRIBUTED"] < 0.02 * sum(size.values()), "lots alone"


def test_the_same_view_every_day_is_held_through_rolls() -> None:
    strategy = next(one for one in STRATEGIES if one.id == "INF_IPCA_SURPRISE")
    book = run_book(LONG, one_view(strategy.id, 0.8, LONG), TERMS, PARAMETERS, LONG["day"][FIRST])
    own = book["package"].filter(pl.col("strategy_id") == strategy.id)
    assert (own["imbalance"] <= NEUTRALITY_TOLERANCE).all()
    assert own["volatility"].to_numpy().min() > 0
    rolls = book["action"].filter(pl.col("sentence").str.contains("rolls"))
    assert len(rolls) >= 1
    assert decision_time(LONG["day"][FIRST]) == own["as_of"][0]
