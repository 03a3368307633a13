"""What a regime model's probabilities are worth: how sure it is, whether its names are true, whether it is calibrated.

Also an economy whose regimes are known, with numbers as the desk gets them: over twelve months, published once a month.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from desk.agents.cross_asset.appetite import entropy
from desk.agents.cross_asset.hmm import transition_matrix
from desk.agents.cross_asset.regimes import FEATURES, REGIMES, WINDOW_WEEKS, refit_weeks, regime_probabilities
from desk.arrays import FloatArray
from desk.calendars import Days

AHEAD_WEEKS = 13
CERTAIN = 0.99
SIGNS: FloatArray = np.array([*REGIMES.values(), (0, 0)], dtype=np.float64)
BINS: FloatArray = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
LAG_WEEKS = 6


@dataclass(frozen=True)
class Forecasts:
    """By week and number (growth, inflation), flat: the probability that it is above its mean, and whether it was."""

    probability: FloatArray
    happened: FloatArray

    @property
    def brier(self) -> float:
        """Mean squared error: 0.25 is a coin's, 0 a prophet's."""
        return float(np.mean((self.probability - self.happened) ** 2))

    def bins(self) -> Iterator[tuple[int, float, float]]:
        """(weeks, mean probability, share that happened) of each bin that has any."""
        place = np.clip(np.digitize(self.probability, BINS[1:-1]), 0, len(BINS) - 2)
        for index in range(len(BINS) - 1):
            inside = place == index
            if inside.any():
                yield int(inside.sum()), float(self.probability[inside].mean()), float(self.happened[inside].mean())

    @property
    def calibration_error(self) -> float:
        """Mean over the weeks of |probability - share that happened| of the week's bin (Naeini and others 2015)."""
        parts = list(self.bins())
        return sum(count * abs(mean - share) for count, mean, share in parts) / max(sum(part[0] for part in parts), 1)


def forecasts(probabilities: FloatArray, numbers: FloatArray, days: Days) -> Forecasts:
    """The probability that growth and inflation (W, 2) are above their five years' means, against the number known a
    quarter later; a mixed state counts half. `probabilities` (W, 5) in the order of NAMES."""
    above = 0.5 + 0.5 * probabilities @ SIGNS
    means = np.full(numbers.shape, np.nan)
    bounds = [*refit_weeks(days).tolist(), len(days)]
    for first, later in itertools.pairwise(bounds):
        means[first:later] = np.nanmean(numbers[first - WINDOW_WEEKS + 1 : first + 1], axis=0)
    later_numbers = np.full(numbers.shape, np.nan)
    later_numbers[:-AHEAD_WEEKS] = numbers[AHEAD_WEEKS:]
    known = np.isfinite(above) & np.isfinite(later_numbers) & np.isfinite(means)
    return Forecasts(above[known], (later_numbers > means)[known].astype(np.float64))


def certain_share(probabilities: FloatArray) -> float:
    """Share of the known weeks with a probability above CERTAIN."""
    known = probabilities[np.isfinite(probabilities).all(axis=1)]
    return float((known.max(axis=1) > CERTAIN).mean())


def equally_likely(probabilities: FloatArray) -> float:
    """Mean over the known weeks of exp(entropy)."""
    known = probabilities[np.isfinite(probabilities).all(axis=1)]
    return float(np.exp(entropy(known.T)).mean())


def simulated(years: int, seed: int) -> tuple[FloatArray, Days, Days]:
    """Features (W, 6), periods (W, 2) and days (W,) of an economy in one of four regimes.

    Each month's growth and inflation are drawn about the regime's means and summed over twelve; published LAG_WEEKS
    after the month began. Markets are drawn each week, with a mean that follows growth, and averaged over a quarter.
    """
    rng = np.random.default_rng(seed)
    weeks = 52 * years
    transition, state = transition_matrix(len(REGIMES)), np.zeros(weeks, dtype=np.int64)
    for week in range(1, weeks):
        state[week] = rng.choice(len(REGIMES), p=transition[state[week - 1]])
    signs = np.array(list(REGIMES.values()), dtype=np.float64)
    days = np.datetime64("1990-01-01") + 7 * np.arange(weeks)
    months = days.astype("datetime64[M]")
    firsts, month_of_week = np.unique(months, return_index=True)[1], np.unique(months, return_inverse=True)[1]
    monthly = signs[state[firsts]] + rng.normal(0.0, 1.5, (len(firsts), 2))
    yearly = np.full(monthly.shape, np.nan)
    yearly[11:] = np.lib.stride_tricks.sliding_window_view(monthly, 12, axis=0).sum(axis=2)
    newest = month_of_week - 1 - (days - months.astype("datetime64[D]") < np.timedelta64(7 * LAG_WEEKS - 30, "D"))
    newest = np.maximum(newest, 0)
    shocks = rng.normal(0.0, 1.0, (weeks, len(FEATURES) - 2)) - 0.3 * signs[state, :1]
    markets = np.full(shocks.shape, np.nan)
    markets[12:] = np.lib.stride_tricks.sliding_window_view(shocks, 13, axis=0).mean(axis=2)
    periods = np.repeat(np.unique(months)[newest].astype("datetime64[D]")[:, None], 2, axis=1)
    return np.column_stack([yearly[newest], markets]), periods, days


def simulated_probabilities(years: int, seed: int) -> tuple[FloatArray, FloatArray, Days]:
    """Probabilities (W, 5), growth and inflation (W, 2) and days (W,) of a simulated economy."""
    features, periods, days = simulated(years, seed)
    found = regime_probabilities(features, np.full(len(days), np.nan), periods, days)
    return found, features[:, :2], days
