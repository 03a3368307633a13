"""Monthly prices, activity and the two central banks. A month's numbers depend on earlier months only.

Rates and inflation are fractions (per month where named `mom`, per year otherwise); gaps are fractions of potential.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from sandbox.economy.draws import Draws
from sandbox.economy.timeline import Timeline

GROUPS = (
    "food", "housing", "household", "clothing", "transport", "health", "personal", "education", "communication",
)  # fmt: skip
WEIGHTS_2006 = np.array([0.2140, 0.1520, 0.0400, 0.0480, 0.2060, 0.1320, 0.1010, 0.0600, 0.0470])
_NOISE = np.array([0.0052, 0.0036, 0.0034, 0.0042, 0.0044, 0.0018, 0.0016, 0.0012, 0.0014])
_DRIFT = np.array([0.0010, 0.0002, -0.0010, -0.0004, -0.0002, 0.0006, 0.0004, 0.0000, -0.0022])  # a month
_FX = np.array([0.030, 0.006, 0.030, 0.014, 0.026, 0.008, 0.006, 0.0, 0.004])  # of a six-month move, a month
_TARGETS = {2019: 0.0425, 2020: 0.04, 2021: 0.0375, 2022: 0.035, 2023: 0.0325}
INDEX_2006 = 2540.0  # IPCA index, December 1993 = 100, about the end of 2005


def inflation_target(year: int) -> float:
    """The National Monetary Council's target, a fraction per year."""
    return 0.045 if year < 2019 else _TARGETS.get(year, 0.03)


@dataclass(frozen=True)
class Macro:
    """Arrays by month, groups as (months, 9); `copom_rate` and `fomc_rate` by decision, up to the last month."""

    groups: FloatArray
    weights: FloatArray
    ipca_index: FloatArray
    ipca: FloatArray
    core: FloatArray
    expected: FloatArray
    target: FloatArray
    gap: FloatArray
    selic_rule_rate: FloatArray
    neutral: FloatArray
    unemployment: FloatArray
    us_inflation: FloatArray
    us_core: FloatArray
    us_gap: FloatArray
    fed_rule_rate: FloatArray
    copom_rate: FloatArray
    fomc_rate: FloatArray


@dataclass
class _State:
    """State at the end of a month, from which the next month is computed."""

    gap: float = 0.005
    core: float = 0.045
    selic: float = 0.1325
    fed: float = 0.0475
    us_gap: float = 0.005
    us_core: float = 0.022
    neutral: float = 0.053
    ipca: list[float] = field(default_factory=lambda: [0.0037] * 12)
    us_cpi: list[float] = field(default_factory=lambda: [0.0021] * 12)
    real_rate: list[float] = field(default_factory=lambda: [0.06] * 8)


def simulate_macro(
    draws: Draws,
    timeline: Timeline,
    fx_real: FloatArray,
    commodity: FloatArray,
    crisis: FloatArray,
    policy_shift: FloatArray,
) -> Macro:
    """The months of both economies and the decisions of both central banks.

    By weekday: `fx_real` and `commodity` in logs; `crisis`, the share of bad news, 0 to 1; `policy_shift`, the rate
    that the market expects above the rule, which Copom takes into account on its decision day.
    """
    count = len(timeline.months)
    fx, goods, bad = (_monthly_mean(timeline, daily) for daily in (fx_real, commodity, crisis))
    noise = {
        name: draws.normal(f"macro.{name}", count)
        for name in ("core", "gap", "us_core", "us_gap", "us_energy", "neutral", "expected", "unemployment")
    }
    group_noise = draws.normal("macro.groups", count * len(GROUPS)).reshape(count, len(GROUPS))
    copom_noise = draws.normal("macro.copom", len(timeline.copom))
    state, weights, index = _State(), WEIGHTS_2006.copy(), INDEX_2006
    rows: dict[str, list[float]] = {name: [] for name in _SCALARS}
    groups, all_weights = np.zeros((count, len(GROUPS))), np.zeros((count, len(GROUPS)))
    copom: list[float] = []
    fomc: list[float] = []
    for m, month in enumerate(timeline.months):
        year = int(month.astype("datetime64[Y]").astype(int)) + 1970
        target = inflation_target(year)
        fx_push = _change(fx, m, 6)
        trailing = float(np.prod([1.0 + x for x in state.ipca[-12:]])) - 1.0
        expected = 0.55 * target + 0.20 * trailing + 0.18 * state.core + 0.0035 + 0.035 * fx_push
        expected += 0.0020 * noise["expected"][m]
        calendar_month = int(month.astype(int) % 12)
        mom = _group_changes(state, expected, fx_push, _change(goods, m, 3), group_noise[m], calendar_month)
        mom += 0.0007 * noise["core"][m]
        all_weights[m] = np.round(weights, 6)
        groups[m] = mom
        headline = float(weights @ mom)
        new_index = round(index * (1.0 + headline), 2)
        state.ipca.append(new_index / index - 1.0)
        weights = weights * (1.0 + mom) / (1.0 + headline)
        weights = 0.995 * weights / weights.sum() + 0.005 * WEIGHTS_2006  # household budgets are surveyed again
        weights /= weights.sum()
        index = new_index
        state.core = 0.85 * state.core + 0.15 * (12.0 * float(np.median(mom)))
        hit = bad[m - 1] if m else 0.0
        drag = 0.040 * (np.mean(state.real_rate[-8:-4]) - state.neutral)
        state.gap = 0.93 * state.gap - drag - 0.0065 * hit + 0.0030 * noise["gap"][m] + 0.001
        state.neutral = 0.985 * state.neutral + 0.015 * 0.053 + 0.0010 * noise["neutral"][m]
        target_rate = state.neutral + expected + 2.2 * (expected - target - 0.003) + 0.75 * state.gap
        before, target_rate = (rows["selic_rule_rate"] or [target_rate])[-1], min(max(target_rate, 0.015), 0.158)
        _united_states(state, m, noise, hit, _change(goods, m, 3))
        fed_rule_rate = 0.009 + state.us_core + 0.5 * (state.us_core - 0.02) + 0.9 * state.us_gap
        fed_rule_rate = min(max(fed_rule_rate, 0.00125), 0.065)
        for position in _positions(timeline.copom, month):
            decision_day = timeline.index(timeline.copom[position])
            expected_rate = (
                before + (target_rate - before) * timeline.month_fraction[decision_day] + policy_shift[decision_day]
            )
            state.selic = _decide(state.selic, expected_rate + 0.001 * copom_noise[position], 0.36, 0.02, 0.155, 0.0150)
            copom.append(state.selic)
        for _ in _positions(timeline.fomc, month):
            state.fed = _decide(state.fed, fed_rule_rate, 0.30, 0.00125, 0.0625, 0.0075)
            fomc.append(state.fed)
        state.real_rate.append(state.selic - expected)
        u_rate = 0.092 - 0.75 * state.gap + 0.0012 * noise["unemployment"][m] + _UNEMPLOYMENT_SEASON[calendar_month]
        scalars = (
            index, state.ipca[-1], state.core, expected, target, state.gap, target_rate, state.neutral, u_rate,
            state.us_cpi[-1], state.us_core, state.us_gap, fed_rule_rate,
        )  # fmt: skip
        for name, value in zip(_SCALARS, scalars, strict=True):
            rows[name].append(float(value))
    return Macro(
        groups=groups,
        weights=all_weights,
        copom_rate=np.array(copom),
        fomc_rate=np.array(fomc),
        **{name: np.array(values) for name, values in rows.items()},
    )


_SCALARS = (
    "ipca_index", "ipca", "core", "expected", "target", "gap", "selic_rule_rate", "neutral", "unemployment",
    "us_inflation", "us_core", "us_gap", "fed_rule_rate",
)  # fmt: skip
_UNEMPLOYMENT_SEASON = 0.004 * np.array([0.3, 0.8, 1.0, 0.8, 0.4, 0.1, -0.1, -0.3, -0.5, -0.7, -0.9, -0.9])
FOOD_SEASON = 0.0030 * np.array([1.0, 0.9, 0.6, 0.5, 0.1, -0.4, -0.9, -1.1, -0.7, 0.1, 0.3, 0.6])


def _group_changes(
    state: _State, expected: float, fx_push: float, goods_push: float, noise: FloatArray, calendar_month: int
) -> FloatArray:
    trend = 0.5 * expected / 12.0 + 0.5 * state.core / 12.0 + 0.022 * state.gap
    trend = max(trend, 0.0010)
    mom = trend + _DRIFT + _FX * fx_push + _NOISE * noise
    mom[0] += 0.020 * goods_push + FOOD_SEASON[calendar_month]
    mom[4] += 0.020 * goods_push
    if calendar_month == 1:
        mom[7] += 0.040  # school fees, once a year
    else:
        mom[7] -= 0.0030
    return np.asarray(mom)


def _united_states(state: _State, m: int, noise: dict[str, FloatArray], hit: float, goods_push: float) -> None:
    state.us_gap = 0.955 * state.us_gap - 0.0055 * hit + 0.0019 * noise["us_gap"][m] + 0.0009
    state.us_gap -= 0.010 * (state.fed - state.us_core - 0.006)
    pull = 0.023 + 0.15 * state.us_gap
    state.us_core = 0.96 * state.us_core + 0.04 * pull + 0.0016 * noise["us_core"][m]
    state.us_core = min(max(state.us_core, 0.004), 0.075)
    state.us_cpi.append(state.us_core / 12.0 + 0.0010 * noise["us_energy"][m] + 0.010 * goods_push)


def _decide(rate: float, target_rate: float, share: float, floor: float, cap: float, largest: float) -> float:
    """A move in steps of 25 bp towards `target_rate`, at most `largest`."""
    steps = round(min(max(share * (target_rate - rate), -largest), largest) / 0.0025)
    return round(min(max(rate + 0.0025 * steps, floor), cap), 6)


def _positions(decisions: Days, month: np.datetime64) -> range:
    first = np.searchsorted(decisions, month.astype("datetime64[D]"))
    last = np.searchsorted(decisions, (month + 1).astype("datetime64[D]"))
    return range(int(first), int(last))


def _monthly_mean(timeline: Timeline, daily: FloatArray) -> FloatArray:
    totals = np.bincount(timeline.month_of_day, daily, minlength=len(timeline.months))
    counts = np.bincount(timeline.month_of_day, minlength=len(timeline.months))
    return np.asarray(totals / counts, dtype=np.float64)


def _change(monthly: FloatArray, m: int, months: int) -> float:
    """Log change over `months` to the month before m (a finished month); zero in the first months."""
    return float(monthly[m - 1] - monthly[m - 1 - months]) if m - 1 - months >= 0 else 0.0
