"""The drawdown breaker: at once down, slowly up, neither locked out for good nor going on losing."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.catalog import read_toml
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.risk_parameters import BreakerRules, risk_parameters
from desk.errors import BadCatalog, BadInput
from desk.portfolio.breaker import BreakerState, allowed_risk, start_breaker, step_breaker

RULES = load_desk_parameters().risk.breaker
CALM = [100.0] * 3
PATHS = st.lists(st.floats(-0.09, 0.09), min_size=1, max_size=120)


def breaker_path(excess: Sequence[float], rules: BreakerRules = RULES) -> Iterator[BreakerState]:
    """The state of every day of a whole shadow book, from its NAV over its benchmark's."""
    if not len(excess):
        return
    state = start_breaker(excess[0])
    yield state
    for today in excess[1:]:
        state = step_breaker(state, today, rules)
        yield state


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


def test_the_way_back_from_zero_is_a_ladder_of_a_week_a_rung() -> None:
    """The shadow book is whole again the day after the gap: five days of waiting before each rung."""
    nav = [100.0, 91.0, *[100.0] * 25]
    found = [0.0] * 6 + [0.25] * 6 + [0.5] * 6 + [0.75] * 6 + [1.0] * 2
    assert multipliers(nav) == [1.0, *found]


def test_the_way_back_goes_no_further_than_the_level_allows() -> None:
    """Back to a drawdown of 6%: half the risk, and there it stays until the shadow book allows more."""
    nav = [100.0, 91.0, *[94.0] * 20, *[98.0] * 13]
    found = multipliers(nav)
    assert found[1:22] == [*[0.0] * 6, *[0.25] * 6, *[0.5] * 9]
    assert found[22:] == [*[0.5] * 5, *[0.75] * 6, 1.0, 1.0]


def test_the_book_stays_out_while_the_shadow_falls_on() -> None:
    assert multipliers([100.0, 91.0, *np.linspace(91, 80, 20)])[1:] == [0.0] * 21


def test_a_bad_day_in_the_wait_starts_it_again() -> None:
    nav = [100.0, 91.0, *[96.0] * 4, 91.5, *[96.0] * 8]
    assert multipliers(nav)[1:] == [*[0.0] * 11, 0.25, 0.25, 0.25]


def test_it_trips_again_on_the_ladder_at_once() -> None:
    nav = [100.0, 91.0, *[100.0] * 13, 94.0, 91.0]
    assert multipliers(nav)[-4:] == [0.5, 0.5, 0.5, 0.0]


def test_hysteresis_a_drawdown_that_hovers_does_not_chatter() -> None:
    nav = [100.0] + [96.9, 97.1] * 15
    assert multipliers(nav)[1:] == [0.75] * 30


def test_a_new_peak_counts_from_there() -> None:
    assert multipliers([100.0, 110.0, 106.8])[-1] == 1.0
    assert multipliers([100.0, 110.0, 106.7])[-1] == 0.75


def test_a_fall_is_forgotten_after_a_year_a_rung_at_a_time() -> None:
    """Half the risk at a drawdown of 6% that nothing follows; the peak leaves the window after 252 days."""
    found = multipliers([100.0, *[94.0] * 300])
    assert found[1:257] == [0.5] * 256
    assert found[257:] == [*[0.75] * 6, *[1.0] * 38]


def test_out_for_a_quarter_then_on_probation() -> None:
    """No recovery: the book comes back on the lowest rung, and leaves it once the excess is where it came back, or has
    not fallen for a quarter."""
    review, wait = RULES.review_days, RULES.wait_days
    out = [100.0, *[88.0] * review, 88.0]
    recovered, stayed = multipliers([*out, *[87.9] * 30, *[88.0] * 6]), multipliers([*out, *[87.9] * 100])
    assert recovered[1 : review + 1] == [0.0] * review
    assert recovered[review + 1 :] == [*[0.25] * 36, 0.5]
    assert stayed[review + 1 :].index(0.5) == review + 1 + wait


def test_a_fall_too_slow_for_the_aged_peak_is_stopped() -> None:
    """4% a year is never 5% below the peak of a year; 16% below the highest of all is the end of it."""
    nav = (100.0 * 0.96 ** (np.arange(252 * 6) / 252)).tolist()
    found = multipliers(nav)
    stopped = found.index(0.0)
    assert set(found[300:stopped]) == {0.75}
    assert nav[stopped] == pytest.approx(84.0, abs=0.02)
    assert found[stopped : stopped + RULES.review_days] == [0.0] * RULES.review_days
    assert set(found[stopped + RULES.review_days :]) == {0.25}


@settings(max_examples=200)
@given(PATHS)
def test_down_at_once_and_up_by_the_ladder_alone(returns: list[float]) -> None:
    nav = 100.0 * np.cumprod([1.0, *np.add(returns, 1.0)])
    states = list(breaker_path(nav.tolist(), RULES))
    before = 1.0
    for row, state in enumerate(states):
        assert 0.0 <= state.multiplier <= allowed_risk(1.0 - nav[row] / state.peak, RULES)
        assert state.peak == nav[max(row + 1 - len(state.recent), 0) : row + 1].max()
        assert state.multiplier in (0.0, *RULES.rungs, 1.0)
        if state.multiplier > before:  # one rung, and the whole wait lies behind it
            assert state.multiplier == next(rung for rung in (*RULES.rungs, 1.0) if rung > before)
            assert all(states[at].multiplier == before for at in range(row - RULES.wait_days, row))
        before = state.multiplier


LONG_PATHS = st.lists(st.tuples(st.floats(-0.12, 0.08), st.integers(1, 90)), min_size=1, max_size=40)


@settings(max_examples=60)
@given(LONG_PATHS)
def test_no_path_locks_the_book_out(jumps: list[tuple[float, int]]) -> None:
    """Whatever happened: never longer out than a quarter at a time, and where the shadow book loses no more against
    cash, all of the risk is back when its peak has aged and the ladder is climbed."""
    steps = [size for size, days in jumps for size in (size, *[0.0] * (days - 1))]
    nav = (100.0 * np.cumprod([1.0, *np.add(steps, 1.0)])).tolist()
    nav += [nav[-1]] * (RULES.peak_days + RULES.review_days + 4 * (RULES.wait_days + 1))
    found = [state.multiplier for state in breaker_path(nav, RULES)]
    out = longest = 0
    for multiplier in found:
        out = out + 1 if multiplier == 0.0 else 0
        longest = max(longest, out)
    assert longest <= RULES.review_days
    assert found[-1] == 1.0


@settings(max_examples=60)
@given(st.floats(0.0001, 0.01), st.integers(0, 2**32 - 1))
def test_no_loser_goes_on(loss: float, seed: int) -> None:
    """A shadow book that loses `loss` a day against cash, with two bad days for each good one: it is stopped before a
    fall of 16% and a day, and after that it keeps the lowest rung at most, while the shadow book goes to nothing."""
    noise = np.random.default_rng(seed).permuted(np.tile([2.0, 2.0, -1.0], (4_000, 1)), axis=1).ravel()
    nav = np.cumprod(1.0 - loss * noise)
    nav = nav[nav > 1e-6]
    states = list(breaker_path(nav.tolist(), RULES))
    found = np.array([state.multiplier for state in states])
    stopped = int(np.flatnonzero(found == 0.0)[0])
    assert nav[stopped] >= (1.0 - RULES.stop) * nav[: stopped + 1].max() * (1.0 - 2.1 * loss) ** 2
    later = found[stopped:]
    assert later.max() <= RULES.rungs[0]
    assert (later == 0.0).any()


@settings(max_examples=100)
@given(PATHS, st.integers(1, 60))
def test_stepping_is_the_path_whatever_the_money_and_the_cut(returns: list[float], cut: int) -> None:
    nav = (100.0 * np.cumprod([1.0, *np.add(returns, 1.0)])).tolist()
    whole = list(breaker_path(nav, RULES))
    state = start_breaker(nav[0])
    for row, value in enumerate(nav[1:cut], 1):
        state = step_breaker(state, value, RULES)
        assert state == whole[row]
    assert list(breaker_path(nav[:cut], RULES)) == whole[:cut]
    scaled = [item.multiplier for item in breaker_path([8 * value for value in nav], RULES)]
    assert scaled == [item.multiplier for item in whole]


def test_what_it_cannot_see_is_an_error() -> None:
    with pytest.raises(BadInput, match="no NAV"):
        step_breaker(BreakerState((100.0,), 100.0), math.nan, RULES)
    for nav in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(BadInput, match="cannot start"):
            start_breaker(nav)
    assert step_breaker(BreakerState((100.0,), 100.0), -5.0, RULES).multiplier == 0.0
    assert list(breaker_path([], RULES)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": []}, "rising drawdowns"),
        ({"levels": [[0.05, 0.5], [0.03, 0.75]]}, "rising drawdowns"),
        ({"levels": [[0.03, 0.5], [0.05, 0.75]]}, "levels: a deeper one"),
        ({"levels": [[0.03, 1.0]]}, "levels: a deeper one"),
        ({"wait_days": 0}, "at least one"),
        ({"peak_days": 0}, "at least one"),
        ({"stop": 0.07}, "not before the deepest"),
        ({"rungs": [0.5, 0.25]}, "rungs must rise"),
        ({"rungs": []}, "rungs must rise"),
    ],
)
def test_bad_rules_are_named(changes: dict[str, object], message: str) -> None:
    raw = read_toml("risk")
    with pytest.raises(BadCatalog, match=message):
        risk_parameters({**raw, "breaker": {**raw["breaker"], **changes}})
    with pytest.raises(BadCatalog, match="breaker is missing"):
        risk_parameters({key: value for key, value in raw.items() if key != "breaker"})
    with pytest.raises(BadCatalog, match="headline 'monte_carlo' is none of"):
        risk_parameters({**raw, "headline": "monte_carlo"})


def test_other_rules_are_obeyed() -> None:
    rules = BreakerRules(((0.1, 0.2),), stop=0.5, rungs=(0.6,), peak_days=3, wait_days=1, review_days=2)
    assert [s.multiplier for s in breaker_path([100, 89, 89, 89, 89, 89, 89], rules)] == [1, 0.2, 0.2, 0.2, 0.6, 0.6, 1]
    assert [s.multiplier for s in breaker_path([100, 40, 40, 40, 40, 40], rules)] == [1.0, 0.0, 0.0, 0.6, 0.6, 1.0]
