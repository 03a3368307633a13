"""A morning measures its own rows and reads what decided days have stored: the same numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from desk.model import decision_time
from desk.risk import DecidedRisk, run_risk
from desk.risk.decided_metrics import NEEDED, decided_metrics, rows_to_measure
from desk.risk.tail_history import ES_TEST_VAR
from tests.desk.risk.sample import DAYS, LAST, PARAMETERS, VALUES, Frames, book, risk

RULES = PARAMETERS.risk
TESTED = (RULES.headline, RULES.challenger)


def stored_before(day: int) -> DecidedRisk:
    """What the history pass has of the days before the one at `day`."""
    before = pl.col("as_of") < decision_time(DAYS[day])
    frames = risk()
    return DecidedRisk(frames["risk_metrics_daily"].filter(before), frames["var_method"].filter(before))


def of_the_days(day: int) -> Frames:
    """The history pass's rows from the day at `day` on."""
    return {name: frame.filter(pl.col("as_of") >= decision_time(DAYS[day])) for name, frame in risk().items()}


@pytest.mark.parametrize("count", [1, 3])
def test_a_morning_after_stored_ones_has_the_numbers_of_the_history_pass_to_the_bit(count: int) -> None:
    found = run_risk(VALUES, book(), PARAMETERS, DAYS[-count:], decided=stored_before(-count))
    for name, frame in of_the_days(-count).items():
        assert found[name].equals(frame), name


def test_a_metric_that_an_earlier_release_has_not_stored_is_measured() -> None:
    stored = stored_before(-1)
    old = DecidedRisk(stored.metrics.filter(pl.col("metric") != ES_TEST_VAR), stored.methods)
    found = run_risk(VALUES, book(), PARAMETERS, DAYS[-1:], decided=old)
    for name, frame in of_the_days(-1).items():
        assert found[name].equals(frame), name


def test_a_day_is_tested_by_the_var_that_it_stored() -> None:
    """A day whose stored VaR was a tenth is an exception, whatever would be measured of it today."""
    stored = stored_before(-1)
    row = pl.col("as_of") >= decision_time(DAYS[-40])
    smaller = pl.when(row & pl.col("metric").is_in(NEEDED)).then(pl.col("value") / 10).otherwise(pl.col("value"))
    low = DecidedRisk(stored.metrics.with_columns(value=smaller), stored.methods)
    counts = []
    for one in (stored, low):
        metrics = run_risk(VALUES, book(), PARAMETERS, DAYS[-1:], decided=one)["risk_metrics_daily"]
        found = metrics.filter(metric="exceptions_var_99", method=RULES.headline)
        assert found["as_of"].to_list() == [LAST]
        counts.append(found["value"][0])
    assert counts[1] > counts[0] + 10


def test_what_is_stored_is_read_as_it_is_and_what_is_unknown_is_not_measured_again() -> None:
    stored = stored_before(-1).metrics
    times = risk()["risk_metrics_daily"]["as_of"].unique().sort()
    metrics, is_there = decided_metrics(stored, times, RULES)
    assert is_there.tolist() == [True] * (len(DAYS) - 1) + [False]
    for (metric, method), values in metrics.items():
        own = stored.filter(metric=metric, method=method).sort("as_of")["value"].to_numpy()
        assert np.array_equal(values[:-1], own, equal_nan=True), (metric, method)
    none = stored.with_columns(value=pl.when(pl.col("as_of") == times[5]).then(None).otherwise("value"))
    assert decided_metrics(none, times, RULES)[1][5], "unknown, and stored so"
    for metric in NEEDED:
        gone = stored.filter(~((pl.col("as_of") == times[5]) & (pl.col("metric") == metric)))
        assert not decided_metrics(gone, times, RULES)[1][5], metric


def test_rows_to_measure_are_the_chosen_ones_and_what_a_test_reaches_without_a_stored_metric() -> None:
    there = np.ones(2_000, dtype=np.bool_)
    there[[3, 1_600, 1_998]] = False
    last = np.array([1_999])
    assert rows_to_measure(last, there, RULES).tolist() == [1_600, 1_998, 1_999], "row 3 is out of every test's reach"
    assert rows_to_measure(np.array([3, 1_999]), there, RULES).tolist() == [3, 1_600, 1_998, 1_999]
    assert rows_to_measure(np.array([0]), np.zeros(1, dtype=np.bool_), RULES).tolist() == [0]
