"""Curves: the pre curve, the IPCA real curve, the clean cupom, and the US Treasury curves, from a few daily states.

Each curve is the mean of expected overnight rates plus a premium that grows with the term, so its short end is the
overnight rate. Rates are continuous internally; the public methods return them in the markets' conventions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray, IntArray
from sandbox.economy.draws import Draws
from sandbox.economy.factors import Factors, mean_reverting
from sandbox.economy.macro import Macro
from sandbox.economy.timeline import Timeline

CDI_BELOW_SELIC = 0.0010
_TO_NEUTRAL, _PREMIUM_SPEED, _INFLATION_SPEED = 0.55, 0.45, 1.1
_SHARE = 0.36  # share of the distance to the rule's rate that each Copom decision moves
_DECISION_YEARS = 0.125
_DECISION_SPEED = float(np.log(1.0 / (1.0 - _SHARE)) / _DECISION_YEARS)
_DECISION_SUM = _DECISION_YEARS * (1.0 - _SHARE) / _SHARE * _DECISION_SPEED

Index = int | IntArray | slice


@dataclass(frozen=True)
class Rates:
    """States by weekday; continuous rates unless the name says otherwise."""

    selic_target: FloatArray
    selic: FloatArray  # effective, annual BUS/252
    cdi: FloatArray  # annual BUS/252
    fed_funds: FloatArray
    rule_rate: FloatArray
    neutral: FloatArray
    premium: FloatArray
    wait: FloatArray
    inflation_short: FloatArray
    inflation_long: FloatArray
    cupom_spread: FloatArray
    cupom_front: FloatArray
    fed_rule_rate: FloatArray
    us_neutral: FloatArray
    us_premium: FloatArray
    us_inflation: FloatArray
    us_inflation_short: FloatArray

    def pre(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """Annual rate, BUS/252, for terms of business days / 252. Day and years broadcast."""
        return np.expm1(self._pre(day, np.asarray(years, dtype=np.float64)))

    def real(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """Annual rate over the IPCA, BUS/252."""
        term = np.asarray(years, dtype=np.float64)
        return np.expm1(self._pre(day, term) - self._inflation(day, term))

    def cupom(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """Clean cupom as a continuous rate per year of 365 days. `linear_360` gives the market's quote."""
        term = np.asarray(years, dtype=np.float64)
        front = self.cupom_front[day] * _mean_decay(4.0, term)
        return self._us(day, term) + 0.004 + self.cupom_spread[day] * (1.0 - 0.6 * _mean_decay(0.5, term)) + front

    def us(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """Par yield of the US Treasury curve, a fraction per year."""
        return np.asarray(self._us(day, np.asarray(years, dtype=np.float64)))

    def us_real(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """Par real yield of US inflation-linked bonds, a fraction per year."""
        term = np.asarray(years, dtype=np.float64)
        return np.asarray(self._us(day, term) - self.us_breakeven(day, term))

    def us_breakeven(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """US breakeven inflation, a fraction per year."""
        term = np.asarray(years, dtype=np.float64)
        long, short = self.us_inflation[day], self.us_inflation_short[day]
        return np.asarray(long + (short - long) * _mean_decay(0.6, term))

    def expected_selic(self, day: Index, years: npt.ArrayLike) -> FloatArray:
        """The Selic target that economists expect `years` ahead: the rule, without the market's premium."""
        term = np.asarray(years, dtype=np.float64)
        rule = self.neutral[day] + (self.rule_rate[day] - self.neutral[day]) * np.exp(-_TO_NEUTRAL * term)
        late = np.maximum(term - self.wait[day], 0.0)
        gap = np.log1p(self.selic_target[day]) - self.rule_rate[day]
        moves = np.where(term > self.wait[day], (1.0 - _SHARE) * np.exp(-_DECISION_SPEED * late), 1.0)
        return np.expm1(rule + gap * moves)

    def _pre(self, day: Index, term: FloatArray) -> FloatArray:
        overnight, rule_rate, neutral = np.log1p(self.cdi[day]), self.rule_rate[day], self.neutral[day]
        wait = self.wait[day]
        after = np.maximum(term - wait, 0.0)
        moves = (np.minimum(term, wait) + _DECISION_SUM * -np.expm1(-_DECISION_SPEED * after) / _DECISION_SPEED) / term
        path = neutral + (rule_rate - neutral) * _mean_decay(_TO_NEUTRAL, term) + (overnight - rule_rate) * moves
        # before the next decision the rule has no effect: remove what it adds there
        path = path - (rule_rate - neutral) * (_mean_decay(_TO_NEUTRAL, term) - 1.0) * np.exp(-30.0 * term)
        return np.asarray(path + self.premium[day] * (1.0 - _mean_decay(_PREMIUM_SPEED, term)))

    def _inflation(self, day: Index, term: FloatArray) -> FloatArray:
        long, short = self.inflation_long[day], self.inflation_short[day]
        return np.asarray(long + (short - long) * _mean_decay(_INFLATION_SPEED, term))

    def _us(self, day: Index, term: FloatArray) -> FloatArray:
        neutral, rule_rate, funds = self.us_neutral[day], self.fed_rule_rate[day], self.fed_funds[day]
        path = neutral + (rule_rate - neutral) * _mean_decay(0.45, term) + (funds - rule_rate) * _mean_decay(2.2, term)
        return np.maximum(path + self.us_premium[day] * (1.0 - _mean_decay(0.25, term)), 0.0001)


def linear_360(continuous: FloatArray, calendar_days: npt.ArrayLike) -> FloatArray:
    """A continuous rate per 365 days as the simple ACT/360 rate that the cupom is quoted in."""
    days = np.asarray(calendar_days, dtype=np.float64)
    return np.asarray(np.expm1(continuous * days / 365.0) * 360.0 / days)


def _mean_decay(speed: float, term: FloatArray) -> FloatArray:
    """Mean over [0, term] of exp(-speed s); 1 at zero."""
    scaled = np.maximum(speed * term, 1e-9)
    return np.asarray(-np.expm1(-scaled) / scaled)


def policy_rate_shift(draws: Draws, factors: Factors) -> FloatArray:
    """What the market adds, by weekday, to the policy rate of the rule (a rate, in levels)."""
    own = draws.normal("rates.policy", len(factors.risk))
    news = 0.20 * factors.risk + 0.45 * factors.domestic + 0.20 * factors.us_rates + 0.75 * own
    return mean_reverting(0.00112 * factors.scale**0.7 * factors.domestic_scale * news, 0.008)


def build_rates(draws: Draws, timeline: Timeline, macro: Macro, factors: Factors, policy_shift: FloatArray) -> Rates:
    """All rate states by weekday, from the months, the factors and the market's policy shift."""
    count = len(timeline.days)
    scale, local = factors.scale, factors.scale**0.7 * factors.domestic_scale
    bad = (factors.world == 2).astype(np.float64)
    own = {
        name: draws.normal(f"rates.{name}", count)
        for name in ("premium", "short", "long", "cupom", "front", "us_front", "us_be", "cdi")
    }
    target = _stepwise(timeline, timeline.copom, macro.copom_rate, 0.1325)
    premium = local * (0.45 * factors.risk + 0.55 * factors.domestic + 0.35 * factors.us_rates + 0.50 * own["premium"])
    selic = target - 0.0010 + 0.00002 * np.round(own["cdi"])
    fed = _stepwise(timeline, timeline.fomc, macro.fomc_rate, 0.0475)
    irp = mean_reverting(0.00030 * local * (0.3 * factors.risk + 0.4 * factors.domestic + 0.85 * own["long"]), 0.006)
    short = mean_reverting(0.00055 * local * (0.3 * factors.commodities + 0.2 * factors.domestic + own["short"]), 0.02)
    us_short = mean_reverting(
        0.00045 * scale * (0.5 * factors.commodities - 0.3 * factors.risk + own["us_front"]), 0.015
    )
    us_long = mean_reverting(0.00030 * scale * (0.5 * factors.commodities - 0.45 * factors.risk + own["us_be"]), 0.006)
    expected = _daily(timeline, macro.expected)
    return Rates(
        selic_target=target,
        selic=np.round(selic, 6),
        cdi=np.round(target - CDI_BELOW_SELIC, 6),
        fed_funds=fed,
        rule_rate=np.log1p(np.maximum(_daily(timeline, macro.selic_rule_rate) + policy_shift, 0.005)),
        neutral=np.log1p(_daily(timeline, macro.neutral + 0.7 * macro.target + 0.3 * macro.expected)),
        premium=0.022 + mean_reverting(0.00120 * premium, 0.005),
        wait=timeline.wait_years,
        inflation_short=np.log1p(expected + 0.001 + short),
        inflation_long=np.log1p(0.5 * expected + 0.5 * _daily(timeline, macro.target) + 0.008 + irp),
        cupom_spread=0.009
        * np.exp(mean_reverting(0.035 * (0.4 * factors.risk + 0.4 * factors.domestic + 0.8 * own["cupom"]), 0.012)),
        cupom_front=mean_reverting(0.0009 * (own["front"] + 0.4 * factors.risk), 0.06),
        fed_rule_rate=_daily(timeline, macro.fed_rule_rate) + mean_reverting(0.00058 * scale * factors.us_rates, 0.006),
        us_neutral=np.full(count, 0.030),
        us_premium=0.014 + mean_reverting(0.00070 * scale * factors.us_rates - 0.00004 * bad, 0.006),
        us_inflation=0.0225 + us_long,
        us_inflation_short=0.6 * _daily(timeline, macro.us_core) + 0.009 + us_short,
    )


def _daily(timeline: Timeline, monthly: FloatArray) -> FloatArray:
    """Monthly values by weekday: linear from last month's value to this month's."""
    before = np.concatenate([monthly[:1], monthly[:-1]])
    month, done = timeline.month_of_day, timeline.month_fraction
    return np.asarray(before[month] + (monthly[month] - before[month]) * done)


def _stepwise(
    timeline: Timeline, decisions: npt.NDArray[np.datetime64], levels: FloatArray, start: float
) -> FloatArray:
    """The rate in force by weekday: a decision applies from the weekday after it."""
    known = np.concatenate([[start], levels])
    taken = np.searchsorted(decisions[: len(levels)], timeline.days, side="left")
    return np.asarray(known[taken])
