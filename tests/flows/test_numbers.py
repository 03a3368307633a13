"""No number is a constant of the code, and every sign is the market's: checked on the gold of whole runs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import polars as pl
import pytest

from alvorada.stack.postgres import Postgres
from desk import calendars
from desk.catalog import load_catalog
from desk.model import decision_time
from tests.fixtures.flows import FILLED_DAY, HISTORY_DAYS, RunningDesk, fill
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

OTHER_SEED = 11
TOTAL = "TOTAL"
ALIKE = {"inflation_target", "inflation_tolerance", "us_potential_gdp", "us_natural_unemployment", "us_recession"}
"""What is the same in every economy: the government's targets out of the catalogue, the long-run path and rate of the
Congressional Budget Office, which follow no cycle here, and the recession flag, down in both on these days."""
HISTORY = (decision_time(calendars.b3().offset(FILLED_DAY, -(HISTORY_DAYS - 1))), decision_time(FILLED_DAY))
PAIRS = [
    ("DI1_6M", "pre_126", -1.0), ("DI1_1Y", "pre_252", -1.0), ("DI1_2Y", "pre_504", -1.0), ("DI1_3Y", "pre_756", -1.0),
    ("DI1_5Y", "pre_1260", -1.0), ("DOL", "usdbrl", 1.0),
]  # fmt: skip
"""Instrument, the level that drives it, and the sign of a long contract's P&L when that level rises."""
BIG_MOVES = {"pre": 5e-4, "usdbrl": 0.08}
"""Daily moves that leave no doubt: five basis points; eight centavos, as DOL is marked at its settlement of the close,
and PTAX is a mean of the hours around noon."""


@pytest.fixture(scope="module")
async def other_economy(
    postgres: Postgres, template_database: str, prefect_api: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningDesk]:
    """The same day in the economy of another seed, by a first run of its own."""
    process, root = start_sandbox(seed=OTHER_SEED)
    sandbox = RunningSandbox(root, load_catalog())
    try:
        yield await fill(postgres, "alvorada_other", template_database, sandbox, tmp_path_factory.mktemp("other"))
    finally:
        sandbox.close()
        process.terminate()
        process.wait(timeout=20)


async def history(name: str, desk: RunningDesk) -> pl.DataFrame:
    async with desk.store() as store:
        frame: pl.DataFrame = await store.read_gold(name, *HISTORY)
    return frame


async def twins(name: str, key: list[str], one: RunningDesk, other: RunningDesk) -> pl.DataFrame:
    """Rows of a gold table that both economies have, the other's columns with `_other`."""
    mine, theirs = await one.gold(name, FILLED_DAY), await other.gold(name, FILLED_DAY)
    return mine.join(theirs, on=key, how="inner", suffix="_other")


async def test_another_economy_gives_other_numbers_everywhere(filled: RunningDesk, other_economy: RunningDesk) -> None:
    mine, theirs = await history("feature", filled), await history("feature", other_economy)
    levels = mine.join(theirs, on=["as_of", "feature_id"], suffix="_other").drop_nulls(["value", "value_other"])
    alike = levels.group_by("feature_id").agg(same=(pl.col("value") == pl.col("value_other")).all())
    assert alike.height > 200
    assert set(alike.filter("same")["feature_id"]) == ALIKE, "the same in two economies, on every day"

    for name, key, column in [
        ("strategy_signals", ["strategy_id"], "score"),
        ("agent_view", ["agent_id"], "score"),
        ("aggregated_signal", ["instrument_id"], "conviction"),
        ("target_position", ["instrument_id"], "price"),
        ("target_position", ["instrument_id"], "contracts"),
        ("target_position", ["instrument_id"], "unit_vol_brl"),
        ("risk_metrics_daily", ["metric", "method"], "value"),
        ("component_var", ["instrument_id"], "component_var_95"),
        ("stress_test_results", ["scenario_id", "instrument_id"], "pnl_brl"),
        ("dv01_ladder", ["curve_id", "tenor_bd"], "dv01_brl"),
        ("risk_limits_status", ["limit_id"], "value"),
    ]:
        rows = await twins(name, key, filled, other_economy)
        alike = rows.filter(pl.col(column).is_not_null() & (pl.col(column) != 0.0))
        alike = alike.filter(pl.col(column) == pl.col(f"{column}_other"))
        if name == "risk_limits_status":  # few lots of one line over its market: they may come out alike
            alike = alike.filter(~pl.col("limit_id").is_in(["days_to_liquidate", "open_interest"]))
        if column == "price":  # a Treasury future is struck at par at each mark, in every economy
            alike = alike.filter(~pl.col("instrument_id").str.starts_with("UST_"))
        assert rows.height, name
        assert alike.is_empty(), f"{name}.{column}: {alike.select(*key, column)}"
    book = (await twins("portfolio_state", ["as_of"], filled, other_economy)).row(0, named=True)
    for column in ("nav_brl", "pnl_brl", "gross_leverage", "expected_volatility", "peak_nav_brl"):
        assert book[column] != book[f"{column}_other"], column


async def test_both_pages_say_so(filled: RunningDesk, other_economy: RunningDesk) -> None:
    nav = (await filled.gold("portfolio_state", FILLED_DAY))["nav_brl"][0]
    page, other = await filled.page(FILLED_DAY), await other_economy.page(FILLED_DAY)
    assert f"{nav / 1e6:.2f}" in page
    assert f"{nav / 1e6:.2f}" not in other.split("<script", 1)[0]


async def held_lines(desk: RunningDesk, scenario: str) -> dict[str, tuple[int, float]]:
    """instrument -> (contracts, P&L of the scenario), of the lines that are held."""
    positions = await desk.gold("target_position", FILLED_DAY)
    stress = (await desk.gold("stress_test_results", FILLED_DAY)).filter(scenario_id=scenario)
    both = positions.join(stress.select("instrument_id", "pnl_brl"), on="instrument_id")
    return {row[0]: (row[1], row[2]) for row in both.select("instrument_id", "contracts", "pnl_brl").rows() if row[1]}


@pytest.mark.parametrize("economy", ["filled", "other_economy"])
async def test_stress_signs_of_the_book(economy: str, request: pytest.FixtureRequest) -> None:
    """+ contracts are long the price: a receiver of DI or DAP loses when rates rise, who is long BRL (short DOL) loses
    when the dollar rises."""
    desk: RunningDesk = request.getfixturevalue(economy)
    up, down = await held_lines(desk, "rates_up_100"), await held_lines(desk, "rates_down_100")
    rates = {name for name in up if name.startswith(("DI1", "DAP"))}
    assert rates, "the book holds rates"
    for name in rates:
        assert up[name][0] * up[name][1] < 0, f"{name}: {up[name]} when rates rise"
        assert down[name][0] * down[name][1] > 0, f"{name}: {down[name]} when rates fall"
    dollar = await held_lines(desk, "joesley_2017")  # USD/BRL +8.07%, Ibovespa -8.80%, curves unchanged
    for name in {"DOL", "IND"} & set(dollar):
        contracts, pnl = dollar[name]
        assert (contracts * pnl > 0) == (name == "DOL"), f"{name}: {dollar[name]}"
    assert {"DOL", "IND"} & set(dollar)
    total = (await desk.gold("stress_test_results", FILLED_DAY)).filter(instrument_id=TOTAL, scenario_id="rates_up_100")
    assert total["pnl_brl"][0] == pytest.approx(sum(pnl for _, pnl in up.values()), abs=0.05 * len(up))


@pytest.mark.parametrize("economy", ["filled", "other_economy"])
async def test_profit_and_loss_has_the_signs_of_the_market(economy: str, request: pytest.FixtureRequest) -> None:
    """Over the history: a receiver of DI loses on a day when his rate rises, who is long dollars gains when they do."""
    desk: RunningDesk = request.getfixturevalue(economy)
    pnl, levels = await history("pnl_attribution", desk), await history("feature", desk)
    levels = levels.sort("as_of").with_columns(move=pl.col("value").diff().over("feature_id"))
    seen = 0
    for instrument, level, gains in PAIRS:
        floor = BIG_MOVES[level.split("_")[0]]
        moves = levels.filter(pl.col("feature_id") == level, pl.col("move").abs() > floor).select("as_of", "move")
        held = pnl.filter(pl.col("instrument_id") == instrument, pl.col("contracts") != 0).join(moves, on="as_of")
        signs = held.select(pl.col("price_pnl_brl").sign() * pl.col("contracts").sign() * pl.col("move").sign())
        wrong = held.filter(signs.to_series() != gains)
        assert wrong.is_empty(), f"{instrument}: {wrong}"
        seen += held.height
    assert seen > 20, "days with a position and a move"
