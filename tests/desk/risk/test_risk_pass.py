"""The risk pass over a book: signs, sums, colours, point in time, and what it says when it does not know."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import gold
from desk.catalog.risk_parameters import Limit
from desk.errors import BadCatalog, MissingInput
from desk.model import decision_time
from desk.risk import run_risk
from desk.risk.limits import limit_status
from desk.risk.positions import STRATEGY_TABLE, read_positions
from desk.risk.tail_history import next_move_pnl
from tests.desk.risk.sample import (
    DAYS,
    IDS,
    LAST,
    PARAMETERS,
    QUICK,
    VALUES,
    book,
    known_metric,
    market,
    metric,
    risk,
    risk_of,
    terms,
    with_contracts,
)


def test_tables_have_golds_schemas_and_keys() -> None:
    assert len(risk()) == 6
    for name, frame in risk().items():
        assert frame.schema == pl.Schema(gold.GOLD[name].schema), name
        assert not frame.select("as_of", *gold.GOLD[name].key).is_duplicated().any(), name
        assert frame["as_of"].n_unique() == len(DAYS), name


def test_components_add_up_to_the_normal_var() -> None:
    sums = risk()["component_var"].group_by("as_of").agg(pl.col("component_var_95", "share").sum()).sort("as_of")
    var = risk()["risk_metrics_daily"].filter(pl.col("metric") == "var_95", pl.col("method") == "normal").sort("as_of")
    np.testing.assert_allclose(sums["component_var_95"], var["value"], rtol=1e-9, atol=1e-15)
    held = var["value"] > 0
    np.testing.assert_allclose(sums["share"].filter(held), 1.0)


def test_normal_var_is_the_books_own_expected_volatility() -> None:
    """Sizing and risk read one covariance."""
    var = risk()["risk_metrics_daily"].filter(pl.col("metric") == "var_95", pl.col("method") == "normal").sort("as_of")
    expected = book()["portfolio_state"]["expected_volatility"] / np.sqrt(252) * 1.6448536269514722
    np.testing.assert_allclose(var["value"], expected, rtol=1e-9, atol=1e-15)


def test_positions_net_and_scale() -> None:
    one, two = risk_of({"DI1_5Y": 50}), risk_of({"DI1_5Y": 100})
    for method in ("historical", "filtered_historical", "normal", "student_t", "monte_carlo"):
        for name in ("var_95", "var_99", "es_975"):
            assert known_metric(two, name, method) == pytest.approx(2 * known_metric(one, name, method), rel=1e-9)
    hedged = risk_of({"DI1_3Y": 100, "DI1_5Y": -70})
    assert known_metric(hedged, "var_95", "historical") < known_metric(risk_of({"DI1_3Y": 100}), "var_95", "historical")
    both = known_metric(risk_of({"DOL": 50, "IND": 50}), "es_975", "historical")
    apart = [known_metric(risk_of({name: 50}), "es_975", "historical") for name in ("DOL", "IND")]
    assert both <= sum(apart)


@settings(max_examples=3)
@given(st.permutations(range(len(IDS))))
def test_the_order_of_instruments_does_not_matter(order: list[int]) -> None:
    shuffled = dataclasses.replace(QUICK, instruments=tuple(PARAMETERS.instruments[i] for i in order))
    book = with_contracts({"DI1_2Y": 40, "DOL": -20, "DAP_5Y": 10})
    plain, other = (run_risk(VALUES, book, parameters, DAYS[-1:]) for parameters in (QUICK, shuffled))
    for name in ("risk_metrics_daily", "component_var"):
        keys = ["as_of", *gold.GOLD[name].key]
        left, right = (frames[name].sort(keys) for frames in (plain, other))
        for column in (c for c in left.columns if left[c].dtype == pl.Float64):
            np.testing.assert_allclose(left[column].to_numpy(), right[column].to_numpy(), rtol=1e-9, atol=1e-15)


def test_the_last_day_alone_says_what_the_history_pass_said_and_no_day_sees_the_next() -> None:
    alone = run_risk(VALUES, book(), PARAMETERS, DAYS[-1:])
    cut = 200
    seen = decision_time(DAYS[cut - 1])
    earlier = {name: frame.filter(pl.col("as_of") <= seen) for name, frame in book().items()}
    short = run_risk(VALUES.head(780 + cut), earlier, PARAMETERS, DAYS[:cut])
    for name, frame in risk().items():
        assert alone[name].equals(frame.filter(pl.col("as_of") == LAST)), name
        simulated = pl.col("method") == "monte_carlo" if "method" in frame.columns else pl.lit(False)
        earlier_rows = frame.filter(pl.col("as_of") <= seen, ~simulated)
        assert short[name].filter(~simulated).equals(earlier_rows), name


def test_backtest_counts_what_the_day_can_know() -> None:
    for method in (PARAMETERS.risk.headline, PARAMETERS.risk.challenger):
        rows = risk()["risk_metrics_daily"].filter(metric="exceptions_var_95", method=method).sort("as_of")
        assert rows["value"][:250].null_count() == 250
        assert rows["observations"][10] == 10
        assert 3 <= rows["value"][-1] <= 30
        assert rows["observations"][-1] == 250


def test_a_row_without_a_position_tests_nothing() -> None:
    """Held still, a flat book loses nothing for sure: that is no evidence for a VaR of zero."""
    for contracts, known in ((dict[str, int](), 0), ({"DOL": 100}, 4)):
        positions = read_positions(market(), with_contracts(contracts, rows=5), PARAMETERS)
        pnl = next_move_pnl(terms(), market(), positions)
        assert np.isfinite(pnl).sum() == known, "the last row's move is not known"


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
    frames = risk_of({"IND": 50, "DOL": 10}, holed)
    assert frames["risk_metrics_daily"].filter(pl.col("metric").str.starts_with("var"))["value"].null_count() == 14
    assert frames["component_var"]["component_var_95"].null_count() == len(IDS)
    assert frames["component_var"]["incremental_var_95"].null_count() == len(IDS)
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
    plain = Limit("var_95", "VaR", 0.03)
    assert [limit_status(value, plain, limits)[1] for value in (0.01, 0.018, 0.0241, 0.03, None, float("nan"))] == [
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
        run_risk(VALUES, {"portfolio_state": book()["portfolio_state"]}, PARAMETERS, DAYS[-1:])
    with pytest.raises(MissingInput, match="the book has no 2020-01-02"):
        run_risk(VALUES, book(), PARAMETERS, [dt.date(2020, 1, 2)])
    with pytest.raises(MissingInput, match="no days"):
        run_risk(VALUES, book(), PARAMETERS, [])
    with pytest.raises(MissingInput, match=f"panel lacks {DAYS[-1]}"):
        run_risk(VALUES.head(1_059), book(), PARAMETERS, DAYS[-1:])
    gap = {**book(), "target_position": book()["target_position"].filter(pl.col("instrument_id") != "IND")}
    with pytest.raises(MissingInput, match="lacks IND"):
        run_risk(VALUES, gap, PARAMETERS, DAYS[-1:])
    with pytest.raises(BadCatalog, match="no limit 'var_50'"):
        PARAMETERS.limits.threshold("var_50")


def test_the_drawdown_warns_before_its_limit() -> None:
    limits = PARAMETERS.limits
    drawdown = limits.limits["drawdown"]
    assert (drawdown.threshold, drawdown.warn) == (0.10, 0.05)
    found = [limit_status(value, drawdown, limits)[1] for value in (0.049, 0.05, 0.059, 0.081, 0.10)]
    assert found == ["green", "amber", "amber", "red", "breach"]


def strategy_rows(pnl: Mapping[str, float | None]) -> pl.DataFrame:
    rows = [{"as_of": LAST, "strategy_id": name, "pnl_brl": value} for name, value in pnl.items()]
    return pl.DataFrame(
        rows, schema={"as_of": pl.Datetime("us", "UTC"), "strategy_id": pl.String, "pnl_brl": pl.Float64}
    )


def test_the_worst_strategy_of_the_day_is_held_against_its_limit() -> None:
    before = book()["portfolio_state"]["nav_brl"][-2]
    for pnl, value, status in (
        ({"A": -0.013 * before, "B": 0.03 * before, "COST": -0.1 * before}, 0.013, "amber"),
        ({"A": -0.025 * before, "B": 0.0}, 0.025, "breach"),
        ({"A": 500.0, "B": 1.0}, 0.0, "green"),
        ({"A": -0.025 * before, "B": None}, None, "absent"),
        (None, None, "absent"),
    ):
        plain = with_contracts({"DOL": -10}, rows=2)
        book_of = plain if pnl is None else {**plain, STRATEGY_TABLE: strategy_rows(pnl)}
        limit = run_risk(VALUES, book_of, QUICK, DAYS[-1:])["risk_limits_status"]
        row = limit.filter(limit_id="strategy_daily_loss").row(0, named=True)
        assert row["status"] == status
        assert row["value"] == (None if value is None else pytest.approx(value, rel=1e-9))


def test_incremental_var_is_what_the_book_would_lose_of_it() -> None:
    """Against the pass over the book without the line."""
    whole, without = risk_of({"DI1_5Y": 100, "DOL": -80}), risk_of({"DI1_5Y": 100})
    row = whole["component_var"].filter(instrument_id="DOL")
    less = known_metric(whole, "var_95", "normal") - known_metric(without, "var_95", "normal")
    assert row["incremental_var_95"][0] == pytest.approx(less, rel=1e-9)
    rest = whole["component_var"].filter(~pl.col("instrument_id").is_in(["DOL", "DI1_5Y"]))
    assert (rest["incremental_var_95"] == 0).all()


def test_the_headline_lies_between_the_other_methods_orders() -> None:
    """Four ways and Monte Carlo measure one book: none is twice another."""
    for name in ("var_95", "var_99", "es_975"):
        rows = risk()["risk_metrics_daily"].filter(pl.col("as_of") == LAST, metric=name)
        assert set(rows["method"]) == {"historical", "filtered_historical", "normal", "student_t", "monte_carlo"}
        assert rows["value"].to_numpy().max() < 2 * rows["value"].to_numpy().min()
    for method in ("historical", "filtered_historical", "normal", "student_t", "monte_carlo"):
        assert known_metric(risk(), "var_95", method) < known_metric(risk(), "var_99", method)
        assert known_metric(risk(), "es_975", method) > known_metric(risk(), "var_95", method)


def test_positions_are_read_in_the_books_order() -> None:
    positions = read_positions(market(), with_contracts({"DOL": 7}), PARAMETERS)
    assert positions.contracts[0, IDS.index("DOL")] == 7
    assert positions.contracts.sum() == 7
