"""The rule's arithmetic, the path by meeting from a curve with known steps, and days to decisions."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.agents.models import ModelData
from desk.agents.monetary_policy.meetings import days_to_and_since_meeting
from desk.agents.monetary_policy.path import PATH, effective_tenors, forwards_between
from desk.agents.monetary_policy.taylor import average_neutral_rate, implied_neutral_rate, mean_path_rate, rule_rate
from desk.catalog import load_catalog
from desk.catalog.fallbacks import VERTICES
from desk.catalog.meetings import load_meetings
from desk.transforms.panel import Panel, build_panel

DAY = dt.date(2025, 3, 3)
COPOM = np.array(load_meetings().copom, dtype="datetime64[D]")


def test_taylors_rule_by_hand() -> None:
    """r* 5%, expectations 5% against 3%, gap -1%: 1.05 x 1.05 - 1 + 0.5 x 2% - 0.5 x 1% = 10.75%."""
    rate = rule_rate(np.array([0.05]), np.array([0.05]), 0.03, np.array([-0.01]))
    assert rate == pytest.approx([0.1075])
    assert implied_neutral_rate(rate, np.array([0.05]), 0.03, np.array([-0.01])) == pytest.approx([0.05])


def test_the_path_closes_a_fifth_of_the_gap_each_quarter() -> None:
    """From 15% to a rule of 10%: after three months 80% of five points are left, after a year 0.8^4."""
    monthly = [10.0 + 5.0 * 0.8 ** (month / 3.0) for month in range(1, 13)]
    assert mean_path_rate(np.array([15.0]), np.array([10.0]), 12) == pytest.approx([np.mean(monthly)])
    assert monthly[2] == pytest.approx(14.0)
    assert mean_path_rate(np.array([10.0]), np.array([10.0]), 6) == pytest.approx([10.0])


def test_the_neutral_rate_forgets_by_halves_in_three_years() -> None:
    needed = np.full((1, 120), 0.04)
    needed[0, -36:] = 0.07
    weight = 0.5 ** (np.arange(120)[::-1] / 36.0)
    mean, error = average_neutral_rate(needed)
    assert mean == pytest.approx([np.average(needed[0], weights=weight)])
    assert 0.0 < error[0] < 0.01
    assert np.isnan(average_neutral_rate(needed[:, :59])[0]).all()


def test_days_to_and_since_a_decision() -> None:
    decisions = np.array(["2025-01-29", "2025-03-19"], dtype="datetime64[D]")
    days = np.array(["2025-01-28", "2025-01-29", "2025-01-30", "2025-03-18", "2025-03-20"], dtype="datetime64[D]")
    to, since = days_to_and_since_meeting(days, decisions, calendars.anbima())
    # 30 January to 19 March: 32 business days, Carnival's Monday and Tuesday (3 and 4 March) out
    assert to[:4].tolist() == [1.0, 0.0, 32.0, 1.0]
    assert since[2:].tolist() == [1.0, 32.0, 1.0]
    assert np.isnan(to[4])
    assert np.isnan(since[:2]).all()


def stepped_panel(steps: list[float], cdi: float, **columns: float) -> Panel:
    """A day whose curve is an overnight rate that moves to each of `steps` when the next decisions take effect."""
    start, _ = effective_tenors(np.array([DAY], "datetime64[D]"), np.array([DAY], "datetime64[D]"), COPOM)
    turns = [*start[0, : len(steps)], 1e9]
    tenor = np.arange(1, VERTICES[-1] + 1)
    rates = np.full(len(tenor), cdi)
    for step, begin, end in zip(steps, turns[:-1], turns[1:], strict=True):
        rates = np.where((tenor > begin) & (tenor <= end), step, rates)
    growth = np.cumsum(np.log1p(rates) / 252.0)
    zeros = {f"pre_{bd}": float(np.expm1(growth[bd - 1] * 252.0 / bd)) for bd in VERTICES}
    empty = build_panel({}, [DAY], load_catalog())
    given = {**zeros, "cdi": cdi, "mp_r_star": 0.05, **columns}
    values = empty.values.with_columns(pl.lit(value).alias(name) for name, value in given.items())
    dates = empty.obs_dates.with_columns(pl.lit(DAY).alias("pre_252"))
    return Panel(values, dates, empty.provenance, empty.lineage)


def test_forwards_between_tenors_recover_a_flat_policy_rate() -> None:
    known = ModelData(stepped_panel([0.13, 0.13, 0.13, 0.13], 0.13))
    start, end = np.array([[10.0, 40.0, 100.0]]), np.array([[40.0, 100.0, 260.0]])
    assert forwards_between(known, start, end)[0] == pytest.approx([0.13] * 3)


def test_meetings_priced_to_rise_lie_above_a_focus_that_expects_nothing() -> None:
    focus = {f"focus_selic_meeting_{k}": 0.1325 for k in range(1, 5)}
    known = ModelData(stepped_panel([0.1375, 0.1425, 0.1475, 0.1475], 0.1315, selic_target=0.1325, **focus))
    out = PATH.compute(known)
    implied = [out[f"mp_di_meeting_{k}"][0] for k in range(1, 5)]
    # the curve is known at vertices only, so a step between two of them is smeared; over all of them it is right
    assert np.all(np.diff(implied) > 0)
    assert np.mean(implied) == pytest.approx(0.1435, abs=0.0025)
    assert out["mp_copom_path_gap"][0] == pytest.approx(np.mean(implied) - 0.1325)


def test_where_no_meeting_is_surveyed_year_ends_stand_in() -> None:
    flat = stepped_panel([0.13] * 4, 0.13, selic_target=0.131, focus_selic_y0=0.14, focus_selic_y1=0.12)
    out = PATH.compute(ModelData(flat))
    assert out["mp_copom_path_gap"][0] == pytest.approx(0.131 - 0.13)  # above by 1.1 points less 0.9, halved


def test_the_term_premium_is_the_far_forward_less_focus_and_neutral() -> None:
    known = ModelData(stepped_panel([0.13] * 4, 0.13, selic_target=0.13, focus_ipca_y2=0.04, focus_ipca_y3=0.035))
    assert PATH.compute(known)["mp_term_premium_5y"][0] == pytest.approx(0.13 - (1.035 * 1.05 - 1.0))
    known = ModelData(stepped_panel([0.13] * 4, 0.13, selic_target=0.13, focus_ipca_y2=0.04))
    assert PATH.compute(known)["mp_term_premium_5y"][0] == pytest.approx(0.13 - (1.04 * 1.05 - 1.0))
