"""Focus: the expectations of economists by survey day, in percent and BRL per USD as the source publishes them.

Economists know what is published, the rule of the central bank, and yesterday's markets. Their answers differ more at
longer horizons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from sandbox.economy import Economy
from sandbox.economy.factors import lagged, mean_reverting
from sandbox.economy.macro import FOOD_SEASON, WEIGHTS_2006
from sandbox.economy.timeline import meeting_name

HORIZON_YEARS = 5
MEETINGS_AHEAD = 16
MONTHS_AHEAD = 18


@dataclass(frozen=True, eq=False)
class Survey:
    """PlannedReplies about one target: medians and their spread, one per row of `at` (positions in the weekdays)."""

    at: IntArray
    median: FloatArray
    spread: FloatArray


def inflation_12m(economy: Economy) -> FloatArray:
    """Expected inflation of the next twelve months by weekday, percent."""
    market = np.expm1(economy.rates.inflation_short) - 0.001
    rule = _slow(economy, economy.macro.expected)
    return 100.0 * (0.6 * rule + 0.4 * _smooth(market, 0.08))


def by_year(economy: Economy, indicator: str, at: IntArray, released: IntArray, ahead: int) -> Survey:
    """Expectations for the calendar year `ahead` of each survey day. `released`: the last known month of the IPCA."""
    maker = {"IPCA": _ipca, "PIB Total": _growth, "Câmbio": _dollar, "Selic": _selic}[indicator]
    median, spread = maker(economy, at, released, ahead)
    return Survey(at, np.round(median, 4), np.round(spread, 4))


def _ipca(economy: Economy, at: IntArray, released: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
    expected = inflation_12m(economy)[at]
    target = 100.0 * economy.macro.target[economy.timeline.month_of_day[at]]
    if ahead:
        median = target + 0.15 + (expected - target - 0.15) * 0.62**ahead
        return median, np.full(len(at), 0.30 + 0.06 * ahead)
    index = economy.macro.ipca_index
    year_start = economy.timeline.month_of_day[at] // 12 * 12 - 1  # December of the year before
    known = np.maximum(released, year_start)
    left = 12 - (known - year_start)
    so_far = index[known] / index[np.maximum(year_start, 0)]
    median = 100.0 * (so_far * (1.0 + expected / 100.0) ** (left / 12.0) - 1.0)
    return median, np.asarray(0.05 + 0.02 * left, dtype=np.float64)


def _growth(economy: Economy, at: IntArray, released: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
    """A year's growth is the trend and what the gap does against the year before, as far as it is known."""
    month = np.maximum(economy.timeline.month_of_day[at] - 2, 12)
    momentum = 100.0 * (economy.macro.gap[month] - economy.macro.gap[month - 12])
    own = mean_reverting(0.02 * economy.draws.normal(f"focus.gdp.{ahead}", len(economy.timeline.days)), 0.02)[at]
    median = 1.75 + np.clip(momentum, -5.0, 5.0) * (0.75, -0.10, 0.0, 0.0, 0.0)[ahead] + 0.06 * ahead + own
    return median, np.full(len(at), 0.22 + 0.05 * ahead)


def _dollar(economy: Economy, at: IntArray, released: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
    spot = _smooth(economy.assets["brl"], 0.05)[at]
    usual = spot * np.exp(-economy.fx_real[at])
    median = spot + (usual - spot) * (1.0 - 0.80 ** (ahead + 0.3)) + 0.02 * ahead
    return np.round(median, 2), np.full(len(at), 0.10 + 0.05 * ahead)


def _selic(economy: Economy, at: IntArray, released: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
    days = economy.timeline.days[at]
    year_end = (days.astype("datetime64[Y]") + 1 + ahead).astype("datetime64[D]")
    years = np.maximum((year_end - days).astype(np.float64), 1.0) / 365.25
    return _quarters(100.0 * economy.rates.expected_selic(at - 1, years)), np.full(len(at), 0.25 + 0.15 * ahead)


def by_meeting(economy: Economy, at: IntArray) -> list[tuple[str, Survey]]:
    """Selic after each of the next meetings: for each meeting, the survey days on which it was ahead."""
    meetings: Days = economy.timeline.copom
    days = economy.timeline.days[at]
    following = np.searchsorted(meetings, days, side="left")
    found = []
    for position in range(int(following[0]), int(following[-1]) + MEETINGS_AHEAD):
        rows = np.flatnonzero((position >= following) & (position < following + MEETINGS_AHEAD))
        if position >= len(meetings) or not len(rows):
            continue
        years = np.maximum((meetings[position] - days[rows]).astype(np.float64), 0.0) / 365.25 + 2.0 / 365.25
        median = _quarters(100.0 * economy.rates.expected_selic(at[rows] - 1, years + 0.003))
        found.append((meeting_name(position), Survey(at[rows], median, np.round(0.10 + 0.18 * years, 4))))
    return found


def by_month(economy: Economy, at: IntArray, released: IntArray) -> list[tuple[np.datetime64, Survey]]:
    """Expected IPCA of each month, percent: for each month, the survey days before its release within the horizon.

    Before a month begins, economists know its season and the expected inflation of a year. While prices are collected
    they know more and more of the month itself, up to a small error.
    """
    days, macro = economy.timeline.days[at], economy.macro
    begun = economy.timeline.month_of_day[at]
    expected = inflation_12m(economy)[at] / 12.0
    mood = mean_reverting(0.004 * economy.draws.normal("focus.month.mood", len(economy.timeline.days)), 0.03)[at]
    missed = 0.07 * economy.draws.normal("focus.month", len(economy.timeline.months) + MONTHS_AHEAD)
    found = []
    own = np.concatenate([100.0 * macro.ipca, np.zeros(MONTHS_AHEAD)]) + missed
    for month in range(int(released[0]) + 1, int(begun[-1]) + MONTHS_AHEAD):
        rows = np.flatnonzero((month > released) & (month < begun + MONTHS_AHEAD))
        if not len(rows):
            continue
        target = economy.timeline.months[0] + np.timedelta64(month, "M")
        old = (days[rows] - target.astype("datetime64[D]")).astype(np.float64)
        seen = np.where(old < 0.0, 0.0, np.minimum(0.25 + old / 40.0, 1.0))
        usual = expected[rows] + 100.0 * SEASON[month % 12] + mood[rows]
        median = usual + seen * (own[month] - usual)
        spread = np.round(0.06 + 0.05 * (1.0 - seen), 4)
        found.append((target, Survey(at[rows], np.round(median, 4), spread)))
    return found


SEASON = WEIGHTS_2006[0] * FOOD_SEASON + WEIGHTS_2006[7] * np.where(np.arange(12) == 1, 0.040, -0.0030)
"""Seasonal part of the IPCA by calendar month, a fraction: food, and school fees in February."""


def _quarters(percent: FloatArray) -> FloatArray:
    return np.asarray(np.round(percent * 4.0) / 4.0)


def _smooth(values: FloatArray, speed: float) -> FloatArray:
    """Exponential average of the values up to yesterday."""
    past = lagged(values)
    return np.asarray(mean_reverting(speed * (past - past[0]), speed) + past[0])


def _slow(economy: Economy, monthly: FloatArray) -> FloatArray:
    month, done = economy.timeline.month_of_day, economy.timeline.month_fraction
    before = np.concatenate([monthly[:1], monthly[:-1]])
    return np.asarray(before[month] + (monthly[month] - before[month]) * done)
