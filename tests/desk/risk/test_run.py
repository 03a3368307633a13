"""The risk pass over a book: signs, sums, colours, point in time, and what it says when it does not know."""

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import gold
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadCatalog, MissingInput
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.market import read_market
from desk.portfolio.pricing import terms_of
from desk.risk import run_risk
from desk.risk.dv01 import dv01_ladder, parallel_dv01
from desk.risk.limits import limit_status
from desk.risk.measure import tail_history
from desk.risk.positions import read_positions
from tests.desk.portfolio.panels import make_aggregated, make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
VALUES = make_values(1_060)
INCEPTION = VALUES["day"][780]
BOOK = run_book(VALUES, make_aggregated(VALUES, IDS), PARAMETERS, INCEPTION)
DAYS = VALUES["day"][780:].to_list()
RISK = run_risk(VALUES, BOOK, PARAMETERS, DAYS)
LAST = decision_time(DAYS[-1])


def with_contracts(contracts: dict[str, int], rows: int = 1) -> dict[str, pl.DataFrame]:
    """The book's last days, holding just these contracts."""
    state = BOOK["portfolio_state"].tail(rows)
    target = BOOK["target_position"].filter(pl.col("as_of").is_in(state["as_of"].to_list()))
    held = pl.col("instrument_id").replace_strict(contracts, default=0, return_dtype=pl.Int64)
    return {"portfolio_state": state, "target_position": target.with_columns(contracts=held)}


def risk_of(contracts: dict[str, int], days: list[dt.date] | None = None) -> dict[str, pl.DataFrame]:
    return run_risk(VALUES, with_contracts(contracts), PARAMETERS, days or DAYS[-1:])


def metric(frames: dict[str, pl.DataFrame], name: str, method: str) -> float | None:
    rows = frames["risk_metrics_daily"].filter(pl.col("metric") == name, pl.col("method") == method)
    return rows["value"][-1]


def test_tables_have_golds_schemas_and_keys() -> None:
    assert len(RISK) == 5
    for name, frame in RISK.items():
        assert frame.schema == pl.Schema(gold.GOLD[name].schema), name
        assert not frame.select("as_of", *gold.GOLD[name].key).is_duplicated().any(), name
        assert frame["as_of"].n_unique() == len(DAYS), name


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("side", [1, -1])
def test_signs_in_stress_scenarios_and_ladder(name: str, side: int) -> None:
    """A receiver loses when rates rise and long dollars gain when USD/BRL rises, in every place that says so."""
    frames = risk_of({name: side * 100})
    stress = frames["stress_test_results"].filter(pl.col("instrument_id") == name)
    pnl = dict(zip(stress["scenario_id"], stress["pnl_brl"].sign(), strict=True))
    ladder = frames["dv01_ladder"].group_by("curve_id").agg(pl.col("dv01_brl").sum())
    dv01 = dict(zip(ladder["curve_id"], ladder["dv01_brl"].sign(), strict=True))
    market = read_market(VALUES)
    history = tail_history(
        terms_of(PARAMETERS.instruments),
        market,
        read_positions(market, with_contracts({name: side * 100}), PARAMETERS),
        PARAMETERS,
    )
    moves = np.diff(
        np.column_stack([VALUES[c] for c in ("pre_126", "pre_504", "real_756", "usdbrl", "ibovespa")]), axis=0
    )
    factor = (
        3
        if name == "DOL"
        else 4
        if name == "IND"
        else 2
        if name.startswith("DAP")
        else 0
        if name in ("DI1_6M", "DI1_1Y")
        else 1
    )
    correlation = np.corrcoef(history.pnl[0], moves[-756:, factor])[0, 1]
    if name.startswith(("DI1", "DAP")):
        assert pnl["rates_up_100"] == pnl["brazil_2015"] == -side
        assert pnl["rates_down_100"] == side
        assert dv01["REAL" if name.startswith("DAP") else "PRE"] == side
        assert np.sign(correlation) == -side
    elif name == "DOL":
        assert pnl["covid_2020"] == pnl["fiscal_crisis"] == side
        assert pnl["brl_rally"] == -side
        assert np.sign(correlation) == side
    else:
        assert pnl["covid_2020"] == -side
        assert pnl["brl_rally"] == side
        assert np.sign(correlation) == side
    assert abs(correlation) > 0.5


def test_long_brl_loses_when_the_dollar_rises_by_the_size_of_the_move() -> None:
    stress = risk_of({"DOL": -100})["stress_test_results"]
    target = BOOK["target_position"].filter(pl.col("as_of") == LAST, pl.col("instrument_id") == "DOL")
    loss = stress.filter(pl.col("scenario_id") == "joesley_2017", pl.col("instrument_id") == "DOL")["pnl_brl"][0]
    assert loss == pytest.approx(-100 * 50 * target["price"][0] * 0.0807, rel=1e-9)


def test_stress_reprices_a_unit_price() -> None:
    """Receiver of the 5y, +100 bp, against the closed form."""
    row = BOOK["target_position"].filter(pl.col("as_of") == LAST, pl.col("instrument_id") == "DI1_5Y")
    years = -np.log(row["price"][0] / 1e5) / np.log1p(row["rate"][0])
    stress = risk_of({"DI1_5Y": 10})["stress_test_results"]
    found = stress.filter(pl.col("scenario_id") == "rates_up_100", pl.col("instrument_id") == "DI1_5Y")["pnl_brl"][0]
    assert found == pytest.approx(10 * (1e5 / (1 + row["rate"][0] + 0.01) ** years - row["price"][0]), rel=2e-3)


def test_stress_lines_add_up_and_worst_day_is_the_samples_worst() -> None:
    stress = RISK["stress_test_results"].with_columns(total=pl.col("instrument_id") == "TOTAL")
    sums = stress.group_by("as_of", "scenario_id").agg(
        lines=pl.col("pnl_brl").filter(~pl.col("total")).sum(), whole=pl.col("pnl_brl").filter("total").sum()
    )
    np.testing.assert_allclose(sums["lines"], sums["whole"], atol=1e-4)
    market = read_market(VALUES)
    positions = read_positions(market, BOOK, PARAMETERS)
    history = tail_history(terms_of(PARAMETERS.instruments), market, positions, PARAMETERS)
    worst = stress.filter(pl.col("scenario_id") == "worst_day", "total").sort("as_of")
    np.testing.assert_allclose(worst["pnl_brl"], history.pnl.min(axis=1), rtol=1e-9)
    assert (history.worst_row <= positions.rows).all()


def test_components_add_up_to_the_normal_var() -> None:
    sums = RISK["component_var"].group_by("as_of").agg(pl.col("component_var_95", "share").sum()).sort("as_of")
    var = RISK["risk_metrics_daily"].filter(pl.col("metric") == "var_95", pl.col("method") == "normal").sort("as_of")
    np.testing.assert_allclose(sums["component_var_95"], var["value"], rtol=1e-9, atol=1e-15)
    held = var["value"] > 0
    np.testing.assert_allclose(sums["share"].filter(held), 1.0)


def test_normal_var_is_the_books_own_expected_volatility() -> None:
    """Sizing and risk read one covariance."""
    var = RISK["risk_metrics_daily"].filter(pl.col("metric") == "var_95", pl.col("method") == "normal").sort("as_of")
    expected = BOOK["portfolio_state"]["expected_volatility"] / np.sqrt(252) * 1.6448536269514722
    np.testing.assert_allclose(var["value"], expected, rtol=1e-9, atol=1e-15)


def test_the_ladder_adds_up_to_the_parallel_dv01_and_to_the_positions() -> None:
    market = read_market(VALUES)
    positions = read_positions(market, BOOK, PARAMETERS)
    terms = terms_of(PARAMETERS.instruments)
    ladder, parallel = dv01_ladder(terms, market, positions), parallel_dv01(terms, market, positions)
    gross = np.abs(ladder).sum(axis=1)
    np.testing.assert_allclose(ladder.sum(axis=1), parallel, atol=1e-6 * gross.max())
    lines = BOOK["target_position"].group_by("as_of").agg(pl.col("dv01_brl").sum()).sort("as_of")["dv01_brl"].to_numpy()
    np.testing.assert_allclose(parallel, lines, atol=5e-3 * gross.max())


def test_positions_net_and_scale() -> None:
    one, two = risk_of({"DI1_5Y": 50}), risk_of({"DI1_5Y": 100})
    for method in ("historical", "filtered_historical", "normal", "student_t"):
        for name in ("var_95", "var_99", "es_975"):
            assert metric(two, name, method) == pytest.approx(2 * metric(one, name, method), rel=1e-9)
    hedged = risk_of({"DI1_3Y": 100, "DI1_5Y": -70})
    assert metric(hedged, "var_95", "historical") < metric(risk_of({"DI1_3Y": 100}), "var_95", "historical")
    both = metric(risk_of({"DOL": 50, "IND": 50}), "es_975", "historical")
    apart = [metric(risk_of({name: 50}), "es_975", "historical") for name in ("DOL", "IND")]
    assert both <= sum(apart)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(len(IDS))))
def test_the_order_of_instruments_does_not_matter(order: list[int]) -> None:
    shuffled = dataclasses.replace(PARAMETERS, instruments=tuple(PARAMETERS.instruments[i] for i in order))
    book = with_contracts({"DI1_2Y": 40, "DOL": -20, "DAP_5Y": 10})
    plain, other = (run_risk(VALUES, book, parameters, DAYS[-1:]) for parameters in (PARAMETERS, shuffled))
    for name in ("risk_metrics_daily", "component_var"):
        keys = ["as_of", *gold.GOLD[name].key]
        left, right = (frames[name].sort(keys) for frames in (plain, other))
        for column in (c for c in left.columns if left[c].dtype == pl.Float64):
            np.testing.assert_allclose(left[column].to_numpy(), right[column].to_numpy(), rtol=1e-9, atol=1e-15)


def test_the_last_day_alone_says_what_the_history_pass_said_and_no_day_sees_the_next() -> None:
    alone = run_risk(VALUES, BOOK, PARAMETERS, DAYS[-1:])
    cut = 200
    seen = decision_time(DAYS[cut - 1])
    earlier = {name: frame.filter(pl.col("as_of") <= seen) for name, frame in BOOK.items()}
    short = run_risk(VALUES.head(780 + cut), earlier, PARAMETERS, DAYS[:cut])
    for name, frame in RISK.items():
        assert alone[name].equals(frame.filter(pl.col("as_of") == LAST)), name
        assert short[name].equals(frame.filter(pl.col("as_of") <= seen)), name


def test_backtest_counts_what_the_day_can_know() -> None:
    rows = RISK["risk_metrics_daily"].filter(pl.col("metric") == "exceptions_var_95").sort("as_of")
    assert rows["value"][:250].null_count() == 250
    assert rows["observations"][10] == 10
    assert 3 <= rows["value"][-1] <= 30
    assert rows["observations"][-1] == 250


def test_dated_scenarios_run_only_when_known() -> None:
    stress = RISK["stress_test_results"].filter(pl.col("kind") == "dated", pl.col("instrument_id") == "TOTAL")
    first = dict(stress.group_by("scenario_id").agg(pl.col("as_of").min()).iter_rows())
    assert "covid_replay" not in first, "the panel starts after March 2020"
    assert first["tariffs_replay"] > dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC), "a close is known the day after"
    assert "worst_day" in first


def test_too_little_history_is_absent_not_zero() -> None:
    short = VALUES.tail(160)
    frames = run_risk(short, with_contracts({"DOL": 100}), PARAMETERS, DAYS[-1:])
    assert metric(frames, "var_95", "historical") is None
    assert metric(frames, "var_95", "normal") is not None
    status = dict(frames["risk_limits_status"].select("limit_id", "status").iter_rows())
    assert status["var_95"] == status["es_975"] == "absent"
    assert status["drawdown"] != "absent"


def test_a_held_line_without_history_makes_the_book_unknown() -> None:
    holed = VALUES.with_columns(ibovespa=pl.lit(None, dtype=pl.Float64))
    frames = run_risk(holed, with_contracts({"IND": 50, "DOL": 10}), PARAMETERS, DAYS[-1:])
    assert frames["risk_metrics_daily"].filter(pl.col("metric").str.starts_with("var"))["value"].null_count() == 8
    assert frames["component_var"]["component_var_95"].null_count() == len(IDS)
    total = frames["stress_test_results"].filter(pl.col("instrument_id") == "TOTAL")
    assert total["pnl_brl"].null_count() == len(total)
    other = run_risk(holed, with_contracts({"DOL": 10}), PARAMETERS, DAYS[-1:])
    assert other["risk_metrics_daily"].filter(pl.col("metric").str.starts_with("var"))["value"].null_count() == 0


def test_a_flat_book_risks_nothing() -> None:
    frames = risk_of({})
    assert metric(frames, "var_99", "historical") == metric(frames, "es_975", "normal") == 0.0
    assert frames["component_var"]["share"].null_count() == len(IDS)


def test_limits_change_colour() -> None:
    limits = PARAMETERS.limits
    assert [limit_status(value, 0.03, limits)[1] for value in (0.01, 0.018, 0.0241, 0.03, None, float("nan"))] == [
        "green",
        "amber",
        "red",
        "breach",
        "absent",
        "absent",
    ]
    big = risk_of({"DI1_10Y": 20_000})["risk_limits_status"]
    status = dict(big.select("limit_id", "status").iter_rows())
    assert status["var_95"] == status["instrument_risk_share"] == status["class_risk_share"] == "breach"
    assert set(big["limit_id"]) == set(limits.limits)
    np.testing.assert_allclose(big["utilisation"].drop_nulls(), (big["value"] / big["threshold"]).drop_nulls())


def test_missing_inputs_are_named() -> None:
    with pytest.raises(MissingInput, match="lacks target_position"):
        run_risk(VALUES, {"portfolio_state": BOOK["portfolio_state"]}, PARAMETERS, DAYS[-1:])
    with pytest.raises(MissingInput, match="the book has no 2020-01-02"):
        run_risk(VALUES, BOOK, PARAMETERS, [dt.date(2020, 1, 2)])
    with pytest.raises(MissingInput, match="no days"):
        run_risk(VALUES, BOOK, PARAMETERS, [])
    with pytest.raises(MissingInput, match=f"panel lacks {DAYS[-1]}"):
        run_risk(VALUES.head(1_059), BOOK, PARAMETERS, DAYS[-1:])
    gap = {**BOOK, "target_position": BOOK["target_position"].filter(pl.col("instrument_id") != "IND")}
    with pytest.raises(MissingInput, match="lacks IND"):
        run_risk(VALUES, gap, PARAMETERS, DAYS[-1:])
    with pytest.raises(BadCatalog, match="no limit 'var_50'"):
        PARAMETERS.limits.threshold("var_50")
