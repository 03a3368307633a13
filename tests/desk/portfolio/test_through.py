"""Each strategy alone, from its score to contracts: aggregation, optimisation and sizing keep the side of every leg."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import STRATEGY_SIGNALS
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.aggregate import aggregate
from desk.strategies import STRATEGIES, Strategy
from tests.desk.portfolio.panels import make_values

PARAMETERS = load_desk_parameters()
CLASSES = {item.id: item.asset_class for item in PARAMETERS.instruments}
VALUES = make_values(150)
DAY = VALUES["day"][-1]


def contracts_of(strategy: Strategy, score: float, method: str) -> dict[str, int]:
    signal = (decision_time(DAY), strategy.id, strategy.asset_class, score, 1.0, "{}", "[]")
    age = pl.DataFrame({"day": [DAY], "strategy_id": [strategy.id], "age_bd": pl.Series([0], dtype=pl.Int64)})
    signals = pl.DataFrame([signal], schema=STRATEGY_SIGNALS.schema, orient="row")
    convictions = aggregate(signals, age, [strategy], CLASSES)
    rules = dataclasses.replace(PARAMETERS.portfolio, method=method)
    book = run_book(VALUES, convictions, dataclasses.replace(PARAMETERS, portfolio=rules), DAY)
    return dict(book["target_position"].select("instrument_id", "contracts").iter_rows())


def expected_sides(strategy: Strategy, score: float) -> dict[str, int]:
    """Per instrument the sign of what its legs ask for; a short bond is asked for in its future."""
    asked: dict[str, float] = {}
    for leg in strategy.legs:
        size, name = leg.sign * score, leg.instrument
        if size < 0 and PARAMETERS.instrument(name).long_only:
            name = PARAMETERS.instrument(name).short_with or ""
        asked[name] = asked.get(name, 0.0) + size
    return {name: (size > 0) - (size < 0) for name, size in asked.items()}


@pytest.mark.parametrize("method", ["black_litterman", "risk_parity"])
@pytest.mark.parametrize("score", [1.0, -1.0])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_every_leg_comes_out_on_its_side(strategy: Strategy, score: float, method: str) -> None:
    contracts = contracts_of(strategy, score, method)
    sides = expected_sides(strategy, score)
    assert {name: (contracts[name] > 0) - (contracts[name] < 0) for name in sides} == sides
    assert all(held == 0 for name, held in contracts.items() if name not in sides)


def test_no_leg_names_something_that_is_not_traded() -> None:
    assert {leg.instrument for strategy in STRATEGIES for leg in strategy.legs} <= set(CLASSES)
