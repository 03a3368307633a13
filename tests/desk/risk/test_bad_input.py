"""Bad input to the risk pass: null or a named error in the gold rows, never a silent zero."""

from __future__ import annotations

import uuid

import numpy as np
import polars as pl
import pytest

from desk.catalog.risk_parameters import DAILY_METHODS
from desk.errors import MissingInput
from desk.gold import GOLD
from desk.risk import run_risk
from tasks.store import Store
from tests.desk.risk.sample import DAYS, IDS, LAST, PARAMETERS, VALUES, Frames, metric, risk_of, with_contracts

METRICS = ("var_95", "var_99", "es_95", "es_975")
METHODS = ("historical", "filtered_historical", "normal", "student_t", "monte_carlo")
HELD = {"DI1_5Y": 40, "DOL": -60}
FACTORS = [name for name in VALUES.columns if name.startswith(("pre_", "usdbrl"))]


def tail_values(frames: Frames) -> dict[tuple[str, str], float | None]:
    return {(name, method): metric(frames, name, method) for name in METRICS for method in METHODS}


def assert_unknown_everywhere(frames: Frames) -> None:
    """What a reader of the tables sees of a book that cannot be measured."""
    assert set(tail_values(frames).values()) == {None}
    status = dict(frames["risk_limits_status"].select("limit_id", "status").iter_rows())
    assert status["var_95"] == status["var_99"] == status["es_975"] == "absent"
    assert status["instrument_risk_share"] == status["class_risk_share"] == "absent"
    parts = frames["component_var"]
    for column in ("component_var_95", "individual_var_95", "marginal_var_95", "incremental_var_95", "share"):
        assert parts[column].null_count() == len(IDS), column
    reverse = frames["stress_test_results"].filter(scenario_id="reverse_10", instrument_id="TOTAL")
    assert reverse["pnl_brl"].to_list() == [None]
    assert "unknown" in reverse["name"][0]
    worst = frames["stress_test_results"].filter(scenario_id="worst_day", instrument_id="TOTAL")
    assert worst["pnl_brl"].to_list() == [None]


def changed(expression: dict[str, pl.Expr | pl.Series]) -> pl.DataFrame:
    return VALUES.with_columns(**expression)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_factor_that_is_never_known(value: float | None) -> None:
    assert_unknown_everywhere(risk_of(HELD, changed({"usdbrl": pl.lit(value, dtype=pl.Float64)})))


def test_one_point_is_no_history() -> None:
    only_last = pl.when(pl.int_range(pl.len()) == pl.len() - 1).then(pl.col("usdbrl"))
    frames = risk_of(HELD, changed({"usdbrl": only_last}))
    assert_unknown_everywhere(frames)
    priced = frames["stress_test_results"].filter(scenario_id="brl_rally", instrument_id="TOTAL")
    assert priced["pnl_brl"].null_count() == 0, "a level is all that a parametric shock needs"


def test_constants_have_no_volatility_and_no_normal_var() -> None:
    """A frozen feed is not a riskless asset: what rests on a deviation is null; only counted history says zero."""
    frames = risk_of({"DOL": -60}, VALUES.with_columns(pl.col(name).last() for name in [*FACTORS, "usd_short_rate"]))
    for name in METRICS:
        for method in ("normal", "student_t", "monte_carlo"):
            assert metric(frames, name, method) is None, (name, method)
    assert frames["component_var"]["component_var_95"].null_count() == len(IDS)
    status = dict(frames["risk_limits_status"].select("limit_id", "status").iter_rows())
    assert status["instrument_risk_share"] == "absent"
    reverse = frames["stress_test_results"].filter(scenario_id="reverse_10", instrument_id="TOTAL")
    assert reverse["pnl_brl"].to_list() == [None]


def test_holes_are_left_out_and_counted() -> None:
    every_tenth = pl.when(pl.int_range(pl.len()) % 10 != 3).then(pl.col("usdbrl"))
    frames = risk_of(HELD, changed({"usdbrl": every_tenth}))
    rows = frames["risk_metrics_daily"].filter(metric="var_95", method="historical")
    whole = metric(risk_of(HELD), "var_95", "historical")
    assert rows["observations"][0] == pytest.approx(756 * 0.8, abs=3), "a hole takes the move into it and out of it"
    assert rows["value"][0] == pytest.approx(whole, rel=0.2)
    assert None not in tail_values(frames).values()


def test_a_year_that_is_missing_is_not_one_huge_day() -> None:
    """The move across the gap is not one day's: those days are holes, not a jump."""
    gap = pl.int_range(pl.len()).is_between(500, 752)
    frames = risk_of(HELD, VALUES.with_columns(pl.when(~gap).then(pl.col(name)) for name in FACTORS))
    rows = frames["risk_metrics_daily"].filter(metric="var_99", method="historical")
    assert rows["observations"][0] == 756 - 253 - 1
    assert rows["value"][0] == pytest.approx(metric(risk_of(HELD), "var_99", "historical"), rel=0.35)


def test_too_short_a_history_is_absent() -> None:
    short = VALUES.tail(200)
    frames = run_risk(short, with_contracts(HELD), PARAMETERS, DAYS[-1:])
    found = tail_values(frames)
    for name in METRICS:
        assert found[name, "historical"] is None
        assert found[name, "filtered_historical"] is None
        assert found[name, "normal"] is not None, "126 rows make a covariance"
    status = dict(frames["risk_limits_status"].select("limit_id", "status").iter_rows())
    assert status["var_95"] == "absent"


def test_days_twice_or_out_of_order_are_refused() -> None:
    for values in (pl.concat([VALUES, VALUES.tail(1)]), VALUES.reverse()):
        with pytest.raises(MissingInput, match="not ascending"):
            run_risk(values, with_contracts(HELD), PARAMETERS, DAYS[-1:])


def test_an_absent_column_is_named() -> None:
    with pytest.raises(MissingInput, match="the panel lacks cupom_252"):
        run_risk(VALUES.drop("cupom_252"), with_contracts(HELD), PARAMETERS, DAYS[-1:])


def test_no_number_of_the_pass_is_infinite_or_nan() -> None:
    holed = VALUES.with_columns(pl.when(pl.int_range(pl.len()) % 7 != 0).then(pl.col("ibovespa")).otherwise(np.inf))
    for frames in (risk_of(HELD), risk_of(dict.fromkeys(IDS, 10), holed)):
        for name, frame in frames.items():
            for column in frame.select(pl.selectors.float()):
                assert not column.is_nan().any(), (name, column.name)
                assert not column.is_infinite().any(), (name, column.name)
            assert (frame["as_of"] == LAST).all()


@pytest.mark.db
async def test_the_view_shows_null_where_nothing_was_measured(store: Store) -> None:
    frames = risk_of(HELD, changed({"usdbrl": pl.lit(None, dtype=pl.Float64)}))
    await store.write_gold(frames, uuid.uuid4(), (LAST, LAST))
    async with store.connections.acquire() as connection:
        rows = await connection.fetch("SELECT metric, value FROM v_risk_metrics_daily WHERE metric ~ '^(var|es)_'")
        limits = await connection.fetch("SELECT value, status FROM v_risk_limits_status WHERE limit_id = 'var_95'")
        reverse = await connection.fetchrow("SELECT name, pnl_brl FROM v_stress_test_results WHERE kind = 'reverse'")
        shocks = await connection.fetchval(
            "SELECT (moves ->> 'pre_bp')::float FROM v_stress_test_results"
            " WHERE scenario_id = 'brazil_2015' AND instrument_id = 'TOTAL'"
        )
        parts = await connection.fetchval("SELECT count(incremental_var_95) FROM v_component_var")
    assert len(rows) == len(METRICS) * len(METHODS) + len(DAILY_METHODS), "VaR 97.5 is what ES 97.5 is tested with"
    assert {row["value"] for row in rows} == {None}
    assert [tuple(row) for row in limits] == [(None, "absent")]
    assert reverse["pnl_brl"] is None
    assert shocks == 400.0
    assert parts == 0
    assert set(frames) <= set(GOLD)
