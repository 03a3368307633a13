"""The VaR method changes by rule: where the headline is wrong and the challenger right, seldom else, and never to and
fro."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.arrays import FloatArray, IntArray
from desk.catalog import read_toml
from desk.catalog.risk_parameters import risk_parameters
from desk.errors import BadCatalog
from desk.gold import VAR_METHOD
from desk.model import decision_time
from desk.risk import DecidedRisk, coverage_tests, run_risk, tail
from desk.risk.tail_history import LEVELS, MetricSeries
from desk.risk.var_backtest import TESTED, run_backtests
from desk.risk.var_method import (
    ACCEPTED,
    DOUBTFUL,
    FIRST,
    REJECTED,
    SECOND,
    UNDECIDED,
    UNTESTED,
    VarMethods,
    choose_methods,
    decided_methods,
    methods_of,
)
from tests.desk.risk.sample import DAYS, QUICK, VALUES, with_contracts

RULES = QUICK.risk
WINDOW = RULES.backtest_window
Backtests = dict[tuple[str, str], MetricSeries]


def backtests(pnl: FloatArray, var: dict[str, FloatArray], method: str) -> Backtests:
    """What the rule reads of the backtests of a VaR (R,) that every day tests: the count of the last window, and
    Kupiec's p of it."""
    found: Backtests = {}
    for name in TESTED:
        hits = np.concatenate([[0], np.cumsum(-pnl > var[name])])[:-1]
        counts = np.full(len(pnl), np.nan)
        counts[WINDOW:] = hits[WINDOW:] - hits[:-WINDOW]
        p_of = [coverage_tests.kupiec(WINDOW, count, 1.0 - LEVELS[name]).p_value for count in range(WINDOW + 1)]
        p = np.array([p_of[int(count)] if np.isfinite(count) else np.nan for count in counts])
        known = np.full(len(pnl), WINDOW)
        found[f"exceptions_{name}", method] = MetricSeries(counts, known)
        found[f"kupiec_p_{name}", method] = MetricSeries(p, known)
    return found


def normal(pnl: FloatArray, deviation: FloatArray, method: str) -> Backtests:
    """The backtests of a normal VaR of that deviation (R,)."""
    return backtests(pnl, {name: tail.normal_var(deviation, LEVELS[name]) for name in TESTED}, method)


def counted(uniform: FloatArray, method: str) -> Backtests:
    """The backtests of a right VaR, which a uniform number (R,) passes where it is below the tail."""
    return backtests(uniform - 1.0, {name: np.full(len(uniform), LEVELS[name]) for name in TESTED}, method)


def world(pnl: FloatArray, first: FloatArray, second: FloatArray, decided: IntArray | None = None) -> VarMethods:
    """The methods of days with that P&L, of normal VaRs by two deviations (R,)."""
    one, other = methods_of(RULES)
    none = np.full(len(pnl), UNDECIDED)
    both = normal(pnl, first, one) | normal(pnl, second, other)
    return choose_methods(both, np.isfinite(pnl), none if decided is None else decided, RULES)


def days(count: int, seed: int, deviation: float | FloatArray = 0.01) -> FloatArray:
    return np.random.default_rng(seed).normal(0.0, deviation, count)


def flat(count: int, deviation: float = 0.01) -> FloatArray:
    return np.full(count, deviation)


def test_a_headline_that_is_wrong_gives_way_to_a_challenger_that_is_right() -> None:
    """The headline's deviation is two thirds of the true one: 14% of days pass its VaR 95%."""
    for seed in range(20):
        found = world(days(700, seed), flat(700, 0.0067), flat(700))
        assert (found.used[:WINDOW] == FIRST).all(), "there is no evidence before a whole window"
        assert found.verdicts[0, WINDOW] == REJECTED
        assert (found.used[WINDOW + 30 :] == SECOND).all(), seed
        begun = int(found.since[-1])
        assert WINDOW <= begun < WINDOW + 30
        assert found.used[begun - 1] == FIRST


def test_a_headline_that_turns_wrong_is_found_out_within_a_window() -> None:
    deviation = np.where(np.arange(1_500) < 750, 0.01, 0.015)
    for seed in range(20):
        found = world(days(1_500, seed, deviation), flat(1_500), deviation)
        assert (found.used[750 + WINDOW :] == SECOND).all(), seed


def test_a_right_headline_changes_at_the_rate_that_is_stated() -> None:
    """Where both methods are right, and fail on days that have nothing to do with each other: the docs say once in
    about thirty years."""
    count, years = 2_520, 10
    changes = 0
    for seed in range(200):
        hits = np.random.default_rng(seed).random((2, count))
        both: Backtests = {}
        for method, own in zip(methods_of(RULES), hits, strict=True):
            both |= counted(own, method)
        found = choose_methods(both, np.ones(count, dtype=np.bool_), np.full(count, UNDECIDED), RULES)
        changes += int((np.diff(found.used) == 1).sum())
    assert 1 / 60 < changes / (200 * years) < 1 / 20, changes


def test_the_method_changes_at_most_once_a_window() -> None:
    """Worlds of which the deviation jumps without end, so that now the one and now the other is wrong."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        true = np.repeat(rng.choice([0.5, 1.0, 3.0], 40), 100) * 0.01
        first, second = (np.repeat(rng.choice([0.5, 1.0, 3.0], 20), 200) * 0.01 for _ in range(2))
        found = world(days(4_000, seed, true), first, second)
        at = np.flatnonzero(np.diff(found.used) != 0)
        assert (np.diff(at) >= WINDOW).all(), seed


def test_the_headline_comes_back_once_it_is_accepted_on_days_of_its_own() -> None:
    deviation = np.where((np.arange(2_000) > 400) & (np.arange(2_000) < 600), 0.02, 0.01)
    for seed in range(10):
        found = world(days(2_000, seed, deviation), flat(2_000), deviation)
        left = int(np.flatnonzero(found.used == SECOND)[0])
        back = left + int(np.flatnonzero(found.used[left:] == FIRST)[0])
        assert 400 < left < 600
        assert back - left >= WINDOW
        assert found.verdicts[FIRST, back] == ACCEPTED
        assert (found.used[back:] == FIRST).mean() > 0.5


def test_where_both_are_wrong_the_one_in_use_stays() -> None:
    found = world(days(600, 3), flat(600, 0.005), flat(600, 0.005))
    assert (found.verdicts[:, WINDOW:] == REJECTED).all()
    assert (found.used == FIRST).all()


def test_a_var_that_is_too_large_is_not_rejected_and_a_flat_book_has_no_verdict() -> None:
    pnl, both = days(900, 4), Backtests()
    pnl[300:] = np.nan
    for method, deviation in zip(methods_of(RULES), (0.05, 0.01), strict=True):
        measured = {
            name: np.full(900, float(tail.normal_var(deviation, 0.95))) for name in (*TESTED, "var_975", "es_975")
        }
        both |= run_backtests(pnl, measured, np.ones(900), method, WINDOW)
    found = choose_methods(both, np.isfinite(pnl), np.full(900, UNDECIDED), RULES)
    assert (found.verdicts[0, WINDOW:551] == ACCEPTED).all()
    assert (found.verdicts[:, :WINDOW] == UNTESTED).all()
    assert (found.verdicts[:, 551:] == UNTESTED).all()
    assert (found.used == FIRST).all()


@pytest.mark.parametrize(
    ("at_95", "at_99", "verdict"),
    [
        (19, 2, ACCEPTED),
        (20, 2, DOUBTFUL),
        (22, 2, DOUBTFUL),
        (23, 2, REJECTED),
        (12, 6, ACCEPTED),
        (12, 7, DOUBTFUL),
        (12, 8, REJECTED),
    ],
)
def test_the_counts_of_250_days_that_the_docs_name(at_95: int, at_99: int, verdict: int) -> None:
    uniform = np.full(WINDOW + 1, 0.5)
    uniform[:at_95], uniform[:at_99] = 0.03, 0.005
    one, other = methods_of(RULES)
    both = counted(uniform, one) | counted(uniform, other)
    found = choose_methods(both, np.ones(WINDOW + 1, dtype=np.bool_), np.full(WINDOW + 1, UNDECIDED), RULES)
    assert found.verdicts[:, -1].tolist() == [verdict, verdict]


def test_no_day_sees_a_later_one() -> None:
    pnl, deviation = days(900, 8, 0.012), flat(900, 0.008)
    whole = world(pnl, deviation, flat(900, 0.012))
    for cut in (300, 511, 700):
        part = world(pnl[:cut], deviation[:cut], flat(cut, 0.012))
        for name in ("used", "since"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:cut])


def test_what_is_stored_of_a_decided_day_stays_and_the_rule_goes_on_from_it() -> None:
    pnl = days(900, 9)
    decided = np.full(900, UNDECIDED)
    decided[:400] = np.where(np.arange(400) < 380, FIRST, SECOND)
    found = world(pnl, flat(900), flat(900), decided)
    assert (found.used[:400] == decided[:400]).all()
    assert found.since[399] == 380
    assert (found.used[380 : 380 + WINDOW] == SECOND).all(), "a window goes by before the next change"
    names = enumerate(("student_t", "normal"), 5)
    rows = [(decision_time(dt.date(2026, 1, day)), "headline", name, None, None) for day, name in names]
    stored = pl.DataFrame(rows, schema=VAR_METHOD.schema, orient="row")
    times = pl.Series([decision_time(dt.date(2026, 1, day)) for day in (5, 6, 7)])
    assert decided_methods(stored, times, RULES).tolist() == [SECOND, UNDECIDED, UNDECIDED]


def test_limits_read_the_method_of_the_day() -> None:
    book, frames = with_contracts({"DI1_5Y": 40, "DOL": -60}, rows=30), {}
    for name in methods_of(RULES):
        rows = [(decision_time(day), "headline", name, None, None) for day in DAYS]
        stored = DecidedRisk(methods=pl.DataFrame(rows, schema=VAR_METHOD.schema, orient="row"))
        frames[name] = run_risk(VALUES, book, QUICK, DAYS[-1:], decided=stored)
    for name, found in frames.items():
        metrics = found["risk_metrics_daily"].filter(method=name)
        for limit in ("var_95", "var_99", "es_975"):
            used = found["risk_limits_status"].filter(limit_id=limit)["value"][0]
            assert used == metrics.filter(metric=limit)["value"][0]
        row = found["var_method"].filter(role="headline").row(0, named=True)
        assert (row["method"], row["since"]) == (name, DAYS[-30])
        assert found["var_method"].filter(role="challenger")["method"].to_list() == [n for n in frames if n != name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"challenger": "monte_carlo"}, "challenger 'monte_carlo' is none of"),
        ({"challenger": RULES.headline}, "its own challenger"),
        ({"return_from": RULES.reject_below}, "reject_below < return_from"),
    ],
)
def test_a_rule_that_cannot_be_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadCatalog, match=words):
        risk_parameters({**read_toml("risk"), **change})
    assert dataclasses.asdict(RULES)["challenger"] == "student_t"
