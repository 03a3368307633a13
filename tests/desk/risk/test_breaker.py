"""The drawdown breaker: at once down, slowly up, and never above what the shadow book's drawdown allows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.catalog import read_toml
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.risk_parameters import BreakerRules, risk_parameters
from desk.errors import BadCatalog, BadInput
from desk.portfolio.breaker import BreakerState, allowed_risk, breaker_path, start_breaker, step_breaker

RULES = load_desk_parameters().risk.breaker
CALM = [100.0] * 3
PATHS = st.lists(st.floats(-0.09, 0.09), min_size=1, max_size=120)


def multipliers(nav: list[float]) -> list[float]:
    return [round(state.multiplier, 6) for state in breaker_path(nav, RULES)]


def test_the_published_levels() -> None:
    drawdowns = [0.0, 0.0299, 0.03, 0.0499, 0.05, 0.0799, 0.08, 0.5]
    assert [allowed_risk(fall, RULES) for fall in drawdowns] == [1.0, 1.0, 0.75, 0.75, 0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(("nav", "left"), [(97.0, 0.75), (95.0, 0.5), (92.0, 0.0), (60.0, 0.0)])
def test_a_gap_cuts_on_the_same_day(nav: float, left: float) -> None:
    assert multipliers([*CALM, nav]) == [1.0, 1.0, 1.0, left]


def test_it_steps_down_level_by_level_too() -> None:
    assert multipliers([100, 96.5, 94.5, 91.5]) == [1.0, 0.75, 0.5, 0.0]


def test_the_way_back_from_zero_waits_five_days_and_ramps_over_three() -> None:
    """The shadow book is whole again the day after the gap: five days of waiting, then thirds."""
    nav = [100.0, 91.0, *[100.0] * 10]
    assert multipliers(nav) == [1.0, *[0.0] * 6, 0.333333, 0.666667, 1.0, 1.0, 1.0]


def test_the_way_back_goes_no_further_than_the_level_allows() -> None:
    """Back to a drawdown of 6%: half the risk, and there it stays until the shadow book allows more."""
    nav = [100.0, 91.0, *[94.0] * 12, *[98.0] * 9]
    found = multipliers(nav)
    assert found[7:14] == [0.166667, 0.333333, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert found[14:] == [*[0.5] * 5, 0.666667, 0.833333, 1.0, 1.0]


def test_the_book_stays_out_while_the_shadow_falls_on() -> None:
    assert multipliers([100.0, 91.0, *np.linspace(91, 80, 20)])[1:] == [0.0] * 21


def test_a_bad_day_in_the_wait_starts_it_again() -> None:
    nav = [100.0, 91.0, *[96.0] * 4, 91.5, *[96.0] * 8]
    assert multipliers(nav)[1:] == [*[0.0] * 11, 0.25, 0.5, 0.75]


def test_it_trips_again_in_the_ramp_at_once() -> None:
    nav = [100.0, 91.0, *[100.0] * 7, 94.0, 91.0]
    assert multipliers(nav)[-4:] == [0.333333, 0.666667, 0.5, 0.0]


def test_hysteresis_a_drawdown_that_hovers_does_not_chatter() -> None:
    nav = [100.0] + [96.9, 97.1] * 15
    assert multipliers(nav)[1:] == [0.75] * 30


def test_the_ramp_ends_at_the_least_that_was_allowed_meanwhile() -> None:
    nav = [100.0, 91.0, 98.0, 98.0, 94.0, *[98.0] * 5]
    assert multipliers(nav)[-3:] == [0.166667, 0.333333, 0.5]


def test_a_new_peak_counts_from_there() -> None:
    assert multipliers([100.0, 110.0, 106.8])[-1] == 1.0
    assert multipliers([100.0, 110.0, 106.7])[-1] == 0.75


@settings(max_examples=200)
@given(PATHS)
def test_never_above_what_the_levels_allow_and_up_only_by_the_ramp(returns: list[float]) -> None:
    nav = 100.0 * np.cumprod([1.0, *np.add(returns, 1.0)])
    states = list(breaker_path(nav.tolist(), RULES))
    peak = np.maximum.accumulate(nav)
    before = 1.0
    for row, state in enumerate(states):
        allowed = allowed_risk(1.0 - nav[row] / peak[row], RULES)
        assert 0.0 <= state.multiplier <= allowed
        assert state.multiplier - before <= 1.0 / RULES.ramp_days + 1e-12
        if state.multiplier > before:  # the whole wait lies behind it
            wait = range(row - RULES.wait_days, row + 1)
            assert all(allowed_risk(1.0 - nav[at] / peak[at], RULES) > 0.0 for at in wait)
            assert all(states[at].multiplier <= before for at in range(row - RULES.wait_days, row))
        if state.ramp_step == 0 and not state.calm_days:
            assert any(math.isclose(state.multiplier, share) for share in (0.0, 0.5, 0.75, 1.0))
        before = state.multiplier


@settings(max_examples=100)
@given(PATHS, st.floats(0.01, 1e6), st.integers(1, 60))
def test_stepping_is_the_path_whatever_the_money_and_the_cut(returns: list[float], scale: float, cut: int) -> None:
    nav = (100.0 * np.cumprod([1.0, *np.add(returns, 1.0)])).tolist()
    whole = list(breaker_path(nav, RULES))
    state = start_breaker(nav[0])
    for row, value in enumerate(nav[1:cut], 1):
        state = step_breaker(state, value, RULES)
        assert state == whole[row]
    assert list(breaker_path(nav[:cut], RULES)) == whole[:cut]
    scaled = [item.multiplier for item in breaker_path([8 * value for value in nav], RULES)]
    assert scaled == [item.multiplier for item in whole]


@settings(max_examples=50)
@given(PATHS)
def test_a_recovered_shadow_always_frees_the_book(returns: list[float]) -> None:
    nav = (100.0 * np.cumprod([1.0, *np.add(returns, 1.0)])).tolist()
    nav += [max(nav)] * (2 * (RULES.wait_days + RULES.ramp_days))  # a ramp to less may be under way
    assert list(breaker_path(nav, RULES))[-1].multiplier == 1.0


def test_what_it_cannot_see_is_an_error() -> None:
    with pytest.raises(BadInput, match="no NAV"):
        step_breaker(BreakerState(100.0), math.nan, RULES)
    for nav in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(BadInput, match="cannot start"):
            start_breaker(nav)
    assert step_breaker(BreakerState(100.0), -5.0, RULES).multiplier == 0.0
    assert list(breaker_path([], RULES)) == []


@pytest.mark.parametrize(
    ("levels", "wait", "message"),
    [
        ([], 5, "rising drawdowns"),
        ([[0.05, 0.5], [0.03, 0.75]], 5, "rising drawdowns"),
        ([[0.03, 0.5], [0.05, 0.75]], 5, "deeper level"),
        ([[0.03, 1.0]], 5, "deeper level"),
        ([[0.03, 0.5]], 0, "at least one"),
    ],
)
def test_bad_rules_are_named(levels: list[list[float]], wait: int, message: str) -> None:
    raw = {**read_toml("risk"), "breaker": {"levels": levels, "wait_days": wait, "ramp_days": 3}}
    with pytest.raises(BadCatalog, match=message):
        risk_parameters(raw)
    with pytest.raises(BadCatalog, match="no \\[breaker\\]"):
        risk_parameters({key: value for key, value in raw.items() if key != "breaker"})
    with pytest.raises(BadCatalog, match="headline 'monte_carlo' is none of"):
        risk_parameters({**read_toml("risk"), "headline": "monte_carlo"})


def test_other_rules_are_obeyed() -> None:
    rules = BreakerRules(((0.1, 0.2),), wait_days=1, ramp_days=1)
    assert [s.multiplier for s in breaker_path([100, 89, 95, 95, 95], rules)] == [1.0, 0.2, 0.2, 1.0, 1.0]
