"""A strategy by itself: one contract's P&L is the book's own, timing leaves no look-ahead, costs and ratios by hand."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl
import pytest

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.market_levels import read_market
from desk.portfolio.portfolio_pass import run_book
from desk.portfolio.strategy_performance import PERFORMANCE_SCHEMA, UnitPnl, strategy_pnl, unit_returns
from desk.strategies.base import Columns, Leg, Neutrality, Strategy
from tests.desk.portfolio.panels import LONE, make_values, make_views

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids


class Flattener(Strategy):
    """Nobody's idea: two legs, a score from a column of the panel."""

    id = "RATES_TEST"
    asset_class = "Rates"
    idea = "a test (+ flattener)"
    inputs: ClassVar[tuple[str, ...]] = ("opinion",)
    legs: ClassVar[tuple[Leg, ...]] = (Leg("DI1_5Y", 1.0), Leg("DI1_2Y", -1.0))
    neutrality: ClassVar[Neutrality] = "dv01"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"opinion": values["opinion"].copy()}


class Dollar(Flattener):
    id = "FX_TEST"
    asset_class = "FX"
    legs: ClassVar[tuple[Leg, ...]] = (Leg("DOL", -1.0),)
    neutrality: ClassVar[Neutrality] = "outright"


@pytest.fixture(scope="module")
def values() -> pl.DataFrame:
    return make_values(620)


@pytest.fixture(scope="module")
def unit(values: pl.DataFrame) -> UnitPnl:
    return unit_returns(read_market(values), PARAMETERS)


def signals(values: pl.DataFrame, score: np.ndarray, *ids: str, confidence: float = 1.0) -> pl.DataFrame:
    as_of = [decision_time(day) for day in values["day"]]
    return pl.concat(
        pl.DataFrame({"as_of": as_of, "strategy_id": name, "score": score, "confidence": confidence}, nan_to_null=True)
        for name in ids
    )


def test_one_contract_gains_what_the_book_books(values: pl.DataFrame, unit: UnitPnl) -> None:
    """Price and carry of every line that the book has marked, per contract held: one cent of rounding a line."""
    first = 300
    book = run_book(values, make_views(values, IDS), LONE, PARAMETERS, values["day"][first])["pnl_attribution"]
    row_of = {decision_time(day): row for row, day in enumerate(values["day"])}
    checked: dict[str, int] = {}
    for line in book.filter(pl.col("contracts") != 0, pl.col("instrument_id").is_in(IDS)).iter_rows(named=True):
        row, column = row_of[line["as_of"]], IDS.index(line["instrument_id"])
        if line["price_pnl_brl"] is None or unit.rolls[row - 2, column]:
            continue  # unmarked, or still in the contract that it leaves that day
        booked = line["price_pnl_brl"] + line["carry_pnl_brl"]
        assert booked / line["contracts"] == pytest.approx(
            unit.pnl[row - 1, column], abs=0.011 / abs(line["contracts"]) + 1e-6
        ), line
        checked[line["instrument_id"]] = checked.get(line["instrument_id"], 0) + 1
    assert len(checked) >= 15
    assert sum(checked.values()) > 1000


def test_a_decision_earns_from_the_next_rows_prices_on(values: pl.DataFrame, unit: UnitPnl) -> None:
    """All of a score's P&L comes two rows after it: the move that it is decided before and filled at the start of."""
    score = np.zeros(len(values))
    score[400] = 1.0
    daily, records = strategy_pnl(values, signals(values, score, "FX_TEST"), [Dollar()], PARAMETERS)
    pnl = daily["FX_TEST"].to_numpy()
    assert np.isnan(pnl[:401]).all()
    column = IDS.index("DOL")
    assert np.flatnonzero(np.abs(np.nan_to_num(pnl)) > 0).tolist() in ([401, 402], [401, 402, 403])
    contracts = -pnl[401] / unit.cost[401, column]  # row 401 only pays the fill
    earned = -contracts * unit.pnl[401, column]
    closing = contracts * unit.cost[402, column]
    assert pnl[402] == pytest.approx(earned - closing, rel=1e-6)
    assert records["days"][0] == 1
    assert records["turnover"][0] == pytest.approx(2.0 / len(values) * 252)


def test_the_package_takes_the_target(values: pl.DataFrame) -> None:
    score = np.where(np.arange(len(values)) >= 260, 1.0, np.nan)
    daily, records = strategy_pnl(values, signals(values, score, "RATES_TEST"), [Flattener()], PARAMETERS)
    known = daily["RATES_TEST"].drop_nulls().to_numpy()
    assert len(known) > 350
    assert known.std() * np.sqrt(252) == pytest.approx(PARAMETERS.portfolio.target_volatility, rel=0.2)
    half, _ = strategy_pnl(values, signals(values, score, "RATES_TEST", confidence=0.5), [Flattener()], PARAMETERS)
    np.testing.assert_allclose(half["RATES_TEST"].drop_nulls().to_numpy(), known / 2.0, rtol=1e-9)
    assert dict(records.schema) == PERFORMANCE_SCHEMA


def test_both_sides_have_one_dv01_as_in_the_book(values: pl.DataFrame, unit: UnitPnl) -> None:
    """On the day after the fill the P&L is that of one package with equal DV01 on both sides, scaled."""
    score = np.zeros(len(values))
    score[400] = 1.0
    daily, _ = strategy_pnl(values, signals(values, score, "RATES_TEST"), [Flattener()], PARAMETERS)
    long, short = IDS.index("DI1_5Y"), IDS.index("DI1_2Y")
    ratio = unit.quotes.dv01[400, long] / unit.quotes.dv01[400, short]
    paid = unit.cost[401, long] + ratio * unit.cost[401, short]
    contracts = -daily["RATES_TEST"][401] / paid  # row 401 only pays the fill
    earned = contracts * (unit.pnl[401, long] - ratio * unit.pnl[401, short])
    closing = contracts * (unit.cost[402, long] + ratio * unit.cost[402, short])
    assert daily["RATES_TEST"][402] == pytest.approx(earned - closing, rel=1e-6)


def test_the_figures_are_those_of_the_daily_pnl(values: pl.DataFrame) -> None:
    rng = np.random.default_rng(9)
    score = np.repeat(rng.choice([-1.0, 0.5, 1.0], 62), 10)
    pair = [Flattener(), Dollar()]
    daily, records = strategy_pnl(values, signals(values, score, "RATES_TEST", "FX_TEST"), pair, PARAMETERS)
    row = records.filter(pl.col("strategy_id") == "FX_TEST").row(0, named=True)
    pnl = daily["FX_TEST"].drop_nulls().to_numpy()
    assert row["annual_return"] == pytest.approx(pnl.mean() * 252)
    assert row["sharpe"] == pytest.approx(pnl.mean() / pnl.std(ddof=1) * np.sqrt(252))
    worst, top, level = 0.0, 0.0, 0.0
    for step in pnl:
        level += step
        top = max(top, level)
        worst = max(worst, top - level)
    assert row["worst_drawdown"] == pytest.approx(worst)
    both = daily.drop_nulls(["FX_TEST", "RATES_TEST"])
    expected = np.corrcoef(both["FX_TEST"], both["RATES_TEST"])[0, 1]
    assert row["mean_correlation"] == pytest.approx(expected)
    assert 0.0 < row["hit_rate"] < 1.0


def test_a_strategy_that_never_speaks_is_unknown_not_zero(values: pl.DataFrame) -> None:
    silent = np.full(len(values), np.nan)
    daily, records = strategy_pnl(values, signals(values, silent, "FX_TEST"), [Dollar()], PARAMETERS)
    assert daily["FX_TEST"].null_count() == len(values)
    row = records.row(0, named=True)
    assert row["days"] == 0
    assert all(row[name] is None for name in PERFORMANCE_SCHEMA if name not in ("strategy_id", "days"))


class Abroad(Dollar):
    id = "SOV_TEST"
    legs: ClassVar[tuple[Leg, ...]] = (Leg("SOV_BR_5Y", 1.0), Leg("DOL", -1.0))


def test_a_package_with_a_leg_without_a_price_is_not_held(values: pl.DataFrame) -> None:
    """As in the book: without a cupom curve the spread has no price, and what is left would be another view."""
    cupom = [name for name in values.columns if name.startswith("cupom_")]
    bare = values.with_columns(pl.lit(None, pl.Float64).alias(name) for name in cupom)
    score = np.where(np.arange(len(values)) > 260, 0.5, np.nan)
    own = signals(values, score, "SOV_TEST")
    daily, records = strategy_pnl(bare, own, [Abroad()], PARAMETERS)
    assert daily["SOV_TEST"].null_count() == len(values)
    assert records["days"][0] == 0
    priced, _ = strategy_pnl(values, own, [Abroad()], PARAMETERS)
    assert priced["SOV_TEST"].drop_nulls().len() > 300
