"""Backtest statistics against published examples and scipy."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.risk import coverage_tests, tail
from desk.risk.var_backtest import run_backtests
from tests.desk.risk.historical import historical_var

PARAMETERS = load_desk_parameters()
BOOK_DAYS, WINDOW = 5_000, 756


@pytest.mark.parametrize(
    ("exceptions", "tail", "statistic", "p_value"), [(57, 0.05, 0.46147, 0.49694), (17, 0.01, 3.5118, 0.060933)]
)
def test_kupiec(exceptions: int, tail: float, statistic: float, p_value: float) -> None:
    found = coverage_tests.kupiec(1043, exceptions, tail)
    assert found.statistic == pytest.approx(statistic, rel=5e-5)
    assert found.p_value == pytest.approx(p_value, rel=5e-5)


def test_christoffersen_and_conditional_coverage() -> None:
    independence = coverage_tests.christoffersen(932, 53, 53, 4)
    assert independence.statistic == pytest.approx(0.25866, rel=5e-5)
    assert independence.p_value == pytest.approx(0.61104, rel=5e-5)
    both = coverage_tests.conditional_coverage(coverage_tests.kupiec(1043, 57, 0.05), independence)
    assert both.statistic == pytest.approx(0.72013, rel=5e-5)
    assert both.p_value == pytest.approx(0.69763, rel=5e-5)


def test_basels_zones() -> None:
    assert [coverage_tests.basel_zone(count) for count in (0, 4, 5, 9, 10)] == [
        "green",
        "green",
        "yellow",
        "yellow",
        "red",
    ]
    assert [coverage_tests.zone_number(count) for count in (4, 5, 9, 10, 200)] == [0, 1, 1, 2, 2]


def test_no_exceptions_is_an_answer() -> None:
    assert coverage_tests.kupiec(250, 0, 0.01).statistic == pytest.approx(-500 * np.log(0.99))
    assert coverage_tests.christoffersen(249, 0, 0, 0).p_value == 1.0


def test_transitions_and_hits() -> None:
    hits = np.array([0, 1, 1, 0, 0], dtype=bool)
    assert coverage_tests.transitions(hits) == (1, 1, 1, 1)
    found = coverage_tests.hits_of(np.array([-2.0, -0.5, 3.0, np.nan]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert found[:3].tolist() == [1, 0, 0]
    assert np.isnan(found[3])


def rolling(pnl: np.ndarray) -> np.ndarray:
    """The WINDOW days before each day from the first that has them: (days, WINDOW)."""
    return sliding_window_view(pnl, WINDOW)[:-1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_simulated_normal_book_passes_and_a_wrong_var_does_not(seed: int) -> None:
    """5,000 days: the desk's 99% VaR three ways, the headline among them, each day from the days before it alone."""
    pnl = np.random.default_rng(seed).normal(0, 1e6, BOOK_DAYS + WINDOW)
    past, after = rolling(pnl), pnl[WINDOW:]
    deviation = np.sqrt((past**2).mean(axis=1))
    for name, var in (
        ("historical", historical_var(past, 0.99)),
        ("filtered_historical", tail.var_es(tail.filtered_historical(past, PARAMETERS.risk.filter_decay)).var[0.99]),
        ("normal", tail.normal_var(deviation, 0.99)),
    ):
        hits = coverage_tests.hits_of(after, var)
        count = int(hits.sum())
        number = coverage_tests.kupiec(BOOK_DAYS, count, 0.01)
        assert number.p_value > 0.05, f"{name}: {count} exceptions"
        independence = coverage_tests.christoffersen(*coverage_tests.transitions(hits > 0))
        assert independence.p_value > 0.01, name
    for wrong in (0.97, 0.995):
        missed = int(coverage_tests.hits_of(after, tail.normal_var(deviation, wrong)).sum())
        assert coverage_tests.kupiec(BOOK_DAYS, missed, 0.01).p_value < 0.01, wrong


def test_filtered_history_follows_volatility_that_plain_history_does_not() -> None:
    """A book four times as wild for 60 days of every 240: hits of a plain window cluster."""
    rng = np.random.default_rng(4)
    size = np.tile(np.repeat([1.0, 4.0], [180, 60]), 20)[: 2_500 + WINDOW]
    pnl = rng.normal(0, 1, len(size)) * size
    past, after = rolling(pnl), pnl[WINDOW:]
    plain = coverage_tests.hits_of(after, historical_var(past, 0.95)) > 0
    scaled = coverage_tests.hits_of(after, historical_var(tail.filtered_historical(past, 0.94), 0.95)) > 0
    clustered, followed = (coverage_tests.christoffersen(*coverage_tests.transitions(hits)) for hits in (plain, scaled))
    assert clustered.p_value < 1e-4
    assert followed.statistic < 0.5 * clustered.statistic


def test_acerbi_szekely_against_the_published_critical_values() -> None:
    """Z2 over 250 days at 97.5%: mean zero and, for a right model, a 5% quantile of -0.70; -0.82 for t3."""
    rng = np.random.default_rng(11)
    for law, low, high in ((stats.norm(), -0.74, -0.66), (stats.t(3), -0.90, -0.72)):
        var, shortfall = -law.ppf(0.025), -law.expect(lambda x: x, ub=law.ppf(0.025)) / 0.025
        pnl = law.rvs((20_000, 250), random_state=rng)
        z2 = 1.0 + np.where(-pnl > var, pnl / shortfall, 0.0).sum(axis=1) / (250 * 0.025)
        assert z2.mean() == pytest.approx(0, abs=0.01)
        assert low < np.quantile(z2, 0.05) < high
        one = coverage_tests.acerbi_szekely(pnl[0], np.full(250, var), np.full(250, shortfall), 0.025)
        assert one == pytest.approx(z2[0])
    flat = np.full(250, 2.0)
    rejected = coverage_tests.acerbi_szekely(rng.normal(0, 1.6, 250), 0.98 * flat, 1.17 * flat, 0.025)
    assert rejected < coverage_tests.Z2_REJECT_5
    by_hand = coverage_tests.acerbi_szekely(np.array([-3.0, 1.0]), np.array([2.0, 2.0]), np.array([2.5, 2.5]), 0.025)
    assert by_hand == pytest.approx(1 - 3 / 2.5 / 0.05)


def test_what_cannot_be_tested_is_not_tested() -> None:
    ok = np.ones(3)
    assert np.isnan(coverage_tests.acerbi_szekely(np.array([1.0, np.nan, 1.0]), ok, ok, 0.025))
    assert np.isnan(coverage_tests.acerbi_szekely(ok, ok, np.array([1.0, 0.0, 1.0]), 0.025))
    assert np.isnan(coverage_tests.acerbi_szekely(ok[:0], ok[:0], ok[:0], 0.025))


def test_the_pass_counts_a_window_and_leaves_unknown_days_out() -> None:
    days, nav = 400, np.full(400, 1e8)
    rng = np.random.default_rng(5)
    pnl = rng.normal(0, 1e6, days)
    pnl[300] = np.nan
    levels = {"var_95": 0.95, "var_99": 0.99, "var_975": 0.975}
    headline = {name: np.full(days, float(tail.normal_var(0.01, level))) for name, level in levels.items()}
    headline["es_975"] = np.full(days, float(tail.normal_es(0.01, 0.975)))
    found = run_backtests(pnl, headline, nav, method := PARAMETERS.risk.headline, 250)
    row = 299
    by_hand = int((-pnl[row - 250 : row] > headline["var_95"][0] * 1e8).sum())
    exceptions = found["exceptions_var_95", method]
    assert exceptions.value[row] == by_hand
    assert np.isnan(exceptions.value[:250]).all()
    assert exceptions.observations[[0, 10, 250]].tolist() == [0, 10, 250]
    known = np.flatnonzero(np.isfinite(pnl[:301]))[-250:]
    assert exceptions.value[301] == int((-pnl[known] > headline["var_95"][0] * 1e8).sum()), "an older day stands in"
    number, both = (
        found["kupiec_p_var_95", method].value[row],
        found["conditional_coverage_p_var_95", method].value[row],
    )
    assert number == pytest.approx(coverage_tests.kupiec(250, by_hand, 0.05).p_value)
    assert 0 < both <= 1
    zone = found["basel_zone_var_99", method].value[row]
    assert zone == coverage_tests.zone_number(int(found["exceptions_var_99", method].value[row]))
    assert ("basel_zone_var_95", method) not in found
    part = slice(row - 250, row)
    z2 = coverage_tests.acerbi_szekely(
        pnl[part], headline["var_975"][part] * 1e8, headline["es_975"][part] * 1e8, 1 - 0.975
    )
    assert found["acerbi_szekely_z2_es_975", method].value[row] == pytest.approx(z2)


def test_a_book_that_is_flat_tests_no_model() -> None:
    """250 days flat after 300 with positions: the test is of the days at risk until they are too old, then there is
    none; it never turns into no exceptions of 250."""
    flat, nav = 520, np.full(820, 1e8)
    pnl = np.random.default_rng(6).normal(0, 1e6, 820)
    pnl[300:] = np.nan  # what `next_move_pnl` gives for a row without a position
    headline = {name: np.full(820, 0.0164) for name in ("var_95", "var_99", "var_975", "es_975")}
    found = run_backtests(pnl, headline, nav, method := PARAMETERS.risk.headline, 250)
    for name in ("exceptions_var_95", "kupiec_p_var_99", "basel_zone_var_99", "acerbi_szekely_z2_es_975"):
        values = found[name, method].value
        assert np.isfinite(values[300])
        assert len(set(values[300:551])) == 1
        assert np.isnan(values[551:]).all()
    assert found["exceptions_var_95", method].observations[-1] == 0
    assert np.isnan(found["tested_pnl", method].value[-flat + 1 :]).all()


def test_the_stored_days_add_up_to_the_count() -> None:
    rng = np.random.default_rng(7)
    pnl, nav = rng.normal(0, 1e6, 400), np.full(400, 1e8)
    pnl[::7] = np.nan
    headline = {name: rng.uniform(0.01, 0.02, 400) for name in ("var_95", "var_99", "var_975", "es_975")}
    found = run_backtests(pnl, headline, nav, method := PARAMETERS.risk.headline, 250)
    for metric in ("var_95", "var_99"):
        hits = found[f"exception_{metric}", method].value
        losses, var = -found["tested_pnl", method].value, found[f"tested_{metric}", method].value
        tested = np.isfinite(hits)
        np.testing.assert_array_equal(hits[tested] > 0, (losses > var)[tested])
        row = 399
        assert found[f"exceptions_{metric}", method].value[row] == hits[: row + 1][tested[: row + 1]][-250:].sum()


def test_counts_that_cannot_be_are_errors() -> None:
    for observations, exceptions in ((10, 11), (10, -1), (0, 0)):
        with pytest.raises(BadInput, match=f"{exceptions} exceptions of {observations} observations"):
            coverage_tests.kupiec(observations, exceptions, 0.05)
    with pytest.raises(BadInput, match="is not between 0 and 1"):
        coverage_tests.kupiec(10, 1, 1.0)
    for pairs in ((0, 0, 0, 0), (5, -1, 0, 0)):
        with pytest.raises(BadInput, match="no counts of pairs"):
            coverage_tests.christoffersen(*pairs)
    with pytest.raises(BadInput, match="row 1 is infinite"):
        coverage_tests.hits_of(np.array([1.0, -np.inf]), np.ones(2))
