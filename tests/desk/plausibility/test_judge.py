"""What the judge holds, what it lets through, and that a verdict knows nothing of later days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.plausibility.judge import judge
from desk.plausibility.points import kinds_of
from desk.plausibility.steps import with_steps
from desk.plausibility.words import reason
from tests.desk.plausibility.points import NO_PEERS, PTAX, WTI, peer, series

CATALOG, RULES = load_catalog(), load_plausibility()


def walk(count: int, level: float = 4.09, seed: int = 5, size: float = 0.006) -> list[float]:
    steps = np.random.default_rng(seed).standard_normal(count) * size
    return list(np.round(level * np.exp(np.cumsum(steps) - steps.sum()), 4))


def verdicts(points: pl.DataFrame, history: pl.DataFrame, peers: pl.DataFrame = NO_PEERS) -> pl.DataFrame:
    return judge(points, history, peers, RULES, CATALOG).verdicts


def judged_last(key: str, values: list[float], peers: pl.DataFrame = NO_PEERS) -> tuple[str, str]:
    """Verdict and rule on the last of `values`, the others being stored."""
    rows = series(key, values)
    row = verdicts(rows[-1:], rows[:-1], peers).row(0, named=True)
    return row["verdict"], row["rule"]


def test_a_slipped_decimal_of_ptax_is_held_and_says_why() -> None:
    rows = series(PTAX, [*walk(60), 409.36])
    row = verdicts(rows[-1:], rows[:-1]).row(0, named=True)
    assert (row["verdict"], row["rule"]) == ("held", "bounds" if row["value"] > 500 else "slip")
    assert row["expected"] == pytest.approx(4.09)
    assert reason(row).startswith("409.36 against 4.09")


@pytest.mark.parametrize("factor", [100.0, 10.0, 0.1, -1.0])
@pytest.mark.parametrize("stored", [1, 2, 3, 30, 400])
def test_slips_are_held_whatever_is_stored(stored: int, factor: float) -> None:
    """Row 13 of the cases: a daily fetch of ten rows knows too little by itself; one stored value is enough."""
    values = walk(stored)
    assert judged_last(PTAX, [*values, values[-1] * 1.004 * factor])[0] == "held"


@pytest.mark.parametrize("factor", [100.0, 10.0, 0.1, -1.0])
def test_slips_after_thirty_flat_values_are_held(factor: float) -> None:
    assert judged_last(PTAX, [4.09] * 30 + [4.09 * factor])[0] == "held"
    assert judged_last(PTAX, [4.09] * 30 + [4.13]) == ("ok", "")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.floats(0.001, 0.03),
    level=st.floats(0.05, 5_000.0),
    factor=st.sampled_from([100.0, 10.0, 0.1, -1.0]),
)
def test_slips_of_prices_are_held_at_any_level_and_volatility(
    seed: int, size: float, level: float, factor: float
) -> None:
    values = walk(80, level, seed, size)
    if min(values) > 0.01:
        assert judged_last(PTAX, [*values[:-1], values[-1] * factor])[0] == "held"


def test_a_price_below_zero_is_believed_of_oil() -> None:
    """WTI settled at -37.63 on 2020-04-20 and at 10.01 the day after."""
    before = [24.1, 22.9, 22.4, 20.1, 19.9, 19.9, 18.27]
    history = series(WTI, [*walk(200, 25.0, size=0.03), *before])
    rows = series(WTI, [-37.63, 10.01, 13.78], first=history["obs_date"][-1] + dt.timedelta(days=1))
    assert "held" not in verdicts(rows, history)["verdict"].to_list()
    assert judged_last(WTI, [*before, -18.3]) == ("held", "slip")
    assert judged_last(WTI, [*before, 182.7])[0] == "held"


def test_a_confirmed_value_is_never_held_and_a_contradicted_one_is() -> None:
    rows = series(PTAX, [*walk(60), 5.9])
    last, history = rows[-1:], rows[:-1]
    assert verdicts(last, history, peer(last, "yahoo_usdbrl", 5.88, 0.12, 0.4))["verdict"].to_list() != ["held"]
    row = verdicts(last, history, peer(last, "yahoo_usdbrl", 4.1, 0.12, 0.4)).row(0, named=True)
    assert (row["verdict"], row["rule"], row["peer_value"]) == ("held", "sibling", 4.1)
    # One table's two columns are no witnesses of each other, though they may contradict.
    assert judged_last(PTAX, [*walk(60), 409.0], peer(last, "usdbrl_ptax_buy", 409.0, 1.0, 4.0, False))[0] == "held"


def test_of_two_that_contradict_the_one_that_moved_is_held() -> None:
    rows = series(PTAX, [*walk(60)])
    last = rows[-1:]
    row = verdicts(last, rows[:-1], peer(last, "yahoo_usdbrl", 5.2, 0.12, 0.4)).row(0, named=True)
    assert (row["verdict"], row["rule"]) == ("ok", "")


def test_bounds_hold_even_what_a_sibling_confirms() -> None:
    rows = series(PTAX, [*walk(60), 0.0])
    assert judged_last(PTAX, [*walk(60), 0.0], peer(rows[-1:], "yahoo_usdbrl", 0.0, 0.1, 0.4)) == ("held", "bounds")
    for value in (float("inf"), float("nan")):
        assert judged_last(PTAX, [*walk(60), value]) == ("held", "bounds")


def test_digits_that_the_publisher_does_not_print_are_a_slip() -> None:
    """A tenth of a yield of five basis points is no step at all: its half basis point gives it away."""
    key = "observation.value:dgs6mo"
    assert judged_last(key, [0.0006, 0.0005, 0.0005, 0.0006] * 10 + [0.00005]) == ("held", "digits")
    assert judged_last(key, [0.0006, 0.0005, 0.0005, 0.0006] * 10 + [0.0004]) == ("ok", "")


def test_ten_times_a_number_ends_in_a_zero_as_the_numbers_before_it_did_not() -> None:
    """Yields of some basis points: ten times one is no larger step than others, and it alone ends in a zero."""
    bill = "observation.value:dgs1mo"
    before = [round(0.0001 * n, 4) for n in (2, 1, 3, 2, 1, 4, 2, 3, 1, 2, 3, 2, 4, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 1, 1)]
    assert judged_last(bill, [*before, 0.0010]) == ("held", "slip")
    assert judged_last(bill, [*before, 0.0011]) == ("ok", "")
    assert judged_last(bill, [*before, 0.0]) == ("ok", "")
    tens = [round(10 * value, 4) for value in before]
    assert judged_last(bill, [*tens[:-1], tens[-2], 0.0010])[0] == "ok", "a series of whole tens says nothing by one"


def test_a_tenth_of_the_facility_is_off_its_grid() -> None:
    facility = "observation.value:fed_reverse_repo"
    before = [float(np.round(2.0 + n % 7 + 0.137 * (n % 3), 3)) for n in range(40)]
    assert judged_last(facility, [*before, 0.5137]) == ("held", "digits")
    assert judged_last(facility, [*before, 0.514])[0] == "ok", "the facility does fall to a tenth"


def test_what_is_held_is_no_history_of_the_next_day() -> None:
    history = series(PTAX, walk(60))
    rows = series(PTAX, [409.36, 4.0912, 4.1], first=history["obs_date"][-1] + dt.timedelta(days=1))
    found = verdicts(rows, history)
    assert found["verdict"].to_list() == ["held", "ok", "ok"]
    assert found["expected"].to_list() == pytest.approx([4.09, 4.09, 4.0912], abs=1e-4)
    assert not found["kept"].any()


def test_a_new_level_is_believed_when_later_values_keep_it() -> None:
    """A devaluation beyond any that was seen: one print keeps it. What a sibling contradicted takes three."""
    history = series(PTAX, walk(60))
    after = history["obs_date"][-1] + dt.timedelta(days=1)
    found = verdicts(series(PTAX, [6.6, 6.7, 6.65], first=after), history)
    assert (found["verdict"].to_list(), found["kept"].to_list()) == (["held", "ok", "ok"], [True, False, False])
    moved = series(PTAX, [5.4, 5.41, 5.42, 5.43], first=after)
    told = peer(moved[:1], "yahoo_usdbrl", 4.1, 0.12, 0.4)
    assert verdicts(moved[:3], history, told)["verdict"][0] == "held"
    assert not verdicts(moved[:3], history, told)["kept"].any()
    assert verdicts(moved, history, told)["kept"].to_list() == [True, False, False, False]


def test_a_fetch_that_rewrites_the_past_is_no_witness_of_its_own() -> None:
    history = series(PTAX, walk(60))
    whole = history[-10:].with_columns(value=pl.col("value") * 100)
    assert set(verdicts(whole, history)["verdict"]) == {"held"}


def test_a_fetch_shifted_by_a_day_is_held() -> None:
    rows = series(PTAX, walk(61))
    moved = rows.with_columns(value=pl.col("value").shift(1))[-10:]
    assert {(row["verdict"], row["rule"]) for row in verdicts(moved, rows[:-1]).to_dicts()} == {("held", "shift")}
    early = rows.with_columns(value=pl.col("value").shift(-1))[-10:-1]
    assert set(verdicts(early, rows)["rule"]) == {"shift"}


def test_a_correction_of_the_past_is_believed_where_it_is_a_correction() -> None:
    rows = series(PTAX, walk(61))
    mended = rows[-1:].with_columns(value=pl.col("value") * 1.002)
    assert verdicts(mended, rows)["verdict"].to_list() == ["ok"]


def test_a_repeated_value_is_suspect_and_held_when_a_sibling_moved() -> None:
    values = [*walk(60), *[4.12] * 9]
    assert judged_last(PTAX, values) == ("suspect", "stale")
    rows = series(PTAX, values)
    reported = peer(rows[-1:], "usdbrl_sgs_sell", 4.4, 0.001, 0.002)
    assert judged_last(PTAX, values, reported) == ("held", "stale")


def test_a_new_number_of_a_closed_day_is_suspect() -> None:
    history = series(PTAX, walk(60))
    sunday = history[-1:].with_columns(obs_date=pl.lit(dt.date(2025, 4, 6)), value=pl.col("value") + 0.01)
    row = verdicts(sunday, history).row(0, named=True)
    assert (row["verdict"], row["rule"]) == ("suspect", "calendar")
    assert verdicts(sunday.with_columns(value=history["value"][-1]), history)["verdict"].to_list() == ["ok"]


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(2, 119), seed=st.integers(0, 1_000), bad=st.integers(5, 110))
def test_a_verdict_knows_nothing_of_later_days(cut: int, seed: int, bad: int) -> None:
    values = walk(120, seed=seed)
    values[bad] *= 100
    rows = series(PTAX, values)
    whole = verdicts(rows, rows.clear()).filter(~pl.col("kept"))
    part = verdicts(rows[:cut], rows.clear())
    columns = ["obs_date", "verdict", "rule", "expected", "score"]
    assert whole[:cut].select(columns).equals(part.select(columns))


def test_steps_and_deviations_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    values = np.exp(np.cumsum(rng.standard_normal(300) * 0.01))
    rows = series(PTAX, values.tolist())
    kind = RULES.kinds["fx"]
    found = with_steps(rows.join(kinds_of([PTAX], RULES, CATALOG), on="key"))
    days = rows["obs_date"].to_numpy()
    logs = np.log(values)
    gaps = np.clip(np.diff(days).astype(int) / 1.5, 1.0, None)
    plain = np.abs(np.diff(logs)) / np.sqrt(gaps)
    for at in (60, 150, 299):
        past = plain[max(0, at - 1 - kind.window) : at - 1]
        sigma = max(kind.floor, 1.4826 * np.median(past[-kind.window :]), 1.4826 * np.median(past[-kind.recent :]))
        expected = abs(logs[at] - logs[at - 1]) / (sigma * np.sqrt(gaps[at - 1]))
        assert found["score"][at] == pytest.approx(expected, rel=1e-9)


def test_a_key_without_a_kind_passes() -> None:
    rows = series("observation.value:unheard_of", [1.0, 1e9])
    assert verdicts(rows, rows.clear())["verdict"].to_list() == ["ok", "ok"]
