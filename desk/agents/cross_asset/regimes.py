"""Weekly probabilities of four regimes (Goldilocks, Reflation, Stagflation, Deflation), and of none of them: Mixed.

Six features at the first decision of each week: growth (IBC-Br over a year), inflation (IPCA over a year), and over a
quarter of weeks the means of ln VIX and of the US credit spread, ln volatility of USD/BRL, and the Ibovespa's return. A
model is fitted on the 260 weeks that end with the first week of a quarter, standardised by those weeks, and used in
that quarter; its filter starts at the first of the 260 weeks. A week's probabilities therefore depend on a fixed number
of weeks, whatever the length of the panel.

A number is evidence in the week of its release, and as much of it as it is new (EVIDENCE). A state is a regime's from
its prior on, in every refit; where its mean of growth or of inflation has another sign than the name says, the name is
not given: the state is Mixed for the quarter.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from desk.agents.cross_asset.hmm import HmmParameters, StatePrior, fit, forward_filter, log_likelihood
from desk.agents.gaps import log_or_nan
from desk.agents.models import Model, ModelData
from desk.agents.vintages import spread_over_days
from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days
from desk.transforms import rolling
from desk.transforms.agent_measures import Measure

REGIMES: dict[str, tuple[int, int]] = {
    "Goldilocks": (1, -1),
    "Reflation": (1, 1),
    "Stagflation": (-1, 1),
    "Deflation": (-1, -1),
}
"""Regime -> signs of growth and inflation against their means over the window."""
MIXED = "Mixed"
"""The probability of the states that do not have the signs of their names."""
NAMES = (*REGIMES, MIXED)
FEATURES = ("growth", "inflation", "vix", "credit", "fx_volatility", "equity")
MONTHLY = ("activity_yoy", "ipca_12m_mom")
"""Columns of the first two features, which are published once a month."""
WINDOW_WEEKS, MIN_WEEKS = 260, 156
QUARTER_WEEKS = 13
CREDIT_SHARE = 0.9
_MARKETS = 4
EVIDENCE: FloatArray = np.array([1 / 12, 1 / 12, *[1 / (QUARTER_WEEKS * _MARKETS)] * _MARKETS])
"""The share of an independent observation that each feature is where it is evidence (K,). A sum over 12 months of which
one is new is a twelfth of one: the variance of the mean of n such numbers is 12/n of theirs. A number over 13 weeks is
a thirteenth; and the four markets are four readings of one thing, the appetite for risk, so they have the weight of one
(a logarithmic pool with equal weights: Genest and Zidek 1986)."""
_HALF_MEAN, _HALF_VARIANCE = np.sqrt(2.0 / np.pi), 1.0 - 2.0 / np.pi
"""Mean and variance of the upper half of a standard normal: what "above the mean of the window" is before any data."""
_INPUTS = ("vix_fred", "us_hy_spread", "us_financial_conditions", "usdbrl", "ibovespa")
_SOURCES = ("activity_yoy", "ipca_mom", *_INPUTS)


def weekly_features(columns: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Features (W, 6), and the proxy of the credit feature (W,): the Chicago Fed's financial conditions index."""
    returns = rolling.log_return(columns["usdbrl"])
    features = [
        *(columns[name] for name in MONTHLY),
        rolling.mean(log_or_nan(columns["vix_fred"]), QUARTER_WEEKS),
        rolling.mean(columns["us_hy_spread"], QUARTER_WEEKS),
        log_or_nan(rolling.deviation(returns, QUARTER_WEEKS)),
        rolling.log_return(columns["ibovespa"], QUARTER_WEEKS),
    ]
    return np.column_stack(features), rolling.mean(columns["us_financial_conditions"], QUARTER_WEEKS)


def refit_weeks(days: Days) -> IntArray:
    """Index of the first week of each quarter with a complete window before it."""
    quarter = days.astype("datetime64[M]").astype(np.int64) // 3
    first = np.flatnonzero(np.diff(quarter, prepend=quarter[:1]))
    return first[first >= WINDOW_WEEKS - 1].astype(np.int64)


def regime_models(
    features: FloatArray, credit_proxy: FloatArray, periods: Days, days: Days
) -> tuple[list[tuple[int, int]], FloatArray, HmmParameters]:
    """The weeks [first, later) of each model, its evidence (B, weeks, 6) from its window's first week on, the models.

    `periods` (W, 2): the months that growth and inflation are about. A quarter whose window has too few complete weeks,
    or a feature that never moved, has no model.
    """
    bounds = [*refit_weeks(days).tolist(), len(days)]
    longest = max((later - first for first, later in itertools.pairwise(bounds)), default=0)
    quarters, blocks = [], []
    for first, later in itertools.pairwise(bounds):
        start = first - WINDOW_WEEKS + 1
        block = _with_credit(features, credit_proxy, slice(start, first + 1))[start:later]
        window = block[:WINDOW_WEEKS]
        centre, scale = _moments(window)
        if np.isfinite(window).all(axis=1).sum() < MIN_WEEKS or not (scale > 1e-9).all():
            continue
        evidence = (block - centre) / scale
        evidence[:, :2][~releases(periods[start:later])] = np.nan
        span = np.full((WINDOW_WEEKS - 1 + longest, len(FEATURES)), np.nan)
        span[: len(evidence)] = evidence
        quarters.append((first, later))
        blocks.append(span)
    stacked = np.stack(blocks) if blocks else np.empty((0, WINDOW_WEEKS, len(FEATURES)))
    return quarters, stacked, fit(stacked[:, :WINDOW_WEEKS], EVIDENCE, state_prior())


def regime_probabilities(features: FloatArray, credit_proxy: FloatArray, periods: Days, days: Days) -> FloatArray:
    """Filtered probabilities (W, 5) in the order of NAMES.

    NaN before the first model, and in weeks without growth, inflation or more than one of the other features.
    """
    out = np.full((len(days), len(NAMES)), np.nan)
    quarters, evidence, models = regime_models(features, credit_proxy, periods, days)
    states = forward_filter(log_likelihood(evidence, models, EVIDENCE))
    named = has_its_signs(models.means)
    for index, (first, later) in enumerate(quarters):
        found = states[index, WINDOW_WEEKS - 1 : WINDOW_WEEKS - 1 + later - first]
        out[first:later] = with_mixed(found, named[index])
    enough = np.isfinite(features[:, :2]).all(axis=1) & (np.isfinite(features).sum(axis=1) >= len(FEATURES) - 1)
    return np.where(enough[:, None], out, np.nan)


def with_mixed(states: FloatArray, named: BoolArray) -> FloatArray:
    """Probabilities of the names and of Mixed (W, S + 1): the states (W, S) that are not `named` (S,) are Mixed."""
    return np.column_stack([states * named, (states * ~named).sum(axis=1)])


def has_its_signs(means: FloatArray) -> BoolArray:
    """Whether each state's means of growth and inflation have the signs of its name. (B, S, K) -> (B, S)."""
    return np.asarray((means[:, :, :2] * np.array(list(REGIMES.values())) > 0.0).all(axis=2))


def releases(periods: Days) -> BoolArray:
    """True where the period of the newest number is later than in any week before, and in the first week. (W, 2)."""
    newest = np.maximum.accumulate(periods.astype(np.int64), axis=0)  # NaT is the smallest integer
    found = np.ones(periods.shape, dtype=np.bool_)
    found[1:] = newest[1:] > newest[:-1]
    return found


def state_prior() -> StatePrior:
    """Growth and inflation as the halves above and below the mean of a normal, markets at their means."""
    means, variances = np.zeros((len(REGIMES), len(FEATURES))), np.ones((len(REGIMES), len(FEATURES)))
    means[:, :2] = _HALF_MEAN * np.array(list(REGIMES.values()))
    variances[:, :2] = _HALF_VARIANCE
    return StatePrior(means, variances)


def _with_credit(features: FloatArray, credit_proxy: FloatArray, window: slice) -> FloatArray:
    """`features` with the proxy instead of credit where the window has less than CREDIT_SHARE of the spread known."""
    credit = FEATURES.index("credit")
    if np.isfinite(features[window, credit]).mean() >= CREDIT_SHARE:
        return features
    replaced = features.copy()
    replaced[:, credit] = credit_proxy
    return replaced


def _moments(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, rows, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, rows - centre, 0.0) ** 2).sum(axis=0) / count)
    return centre, scale


def _compute(data: ModelData) -> dict[str, FloatArray]:
    weekly = data.panel.model_inputs.weekly
    names = [f"reg_p_{name.lower()}" for name in NAMES]
    if not weekly.columns:
        return {name: np.full(len(data), np.nan) for name in names}
    periods = np.column_stack([weekly.periods[name] for name in MONTHLY])
    probabilities = regime_probabilities(*weekly_features(weekly.columns), periods, weekly.days)
    return {name: spread_over_days(probabilities[:, index], weekly.rows, len(data)) for index, name in enumerate(names)}


REGIME_MODEL = Model(
    (
        *(
            Measure(f"reg_p_{name.lower()}", _SOURCES, f"filtered probability of {name}, by week", "probability")
            for name in REGIMES
        ),
        Measure("reg_p_mixed", _SOURCES, "probability of the states without the signs of their names", "probability"),
    ),
    _compute,
)
