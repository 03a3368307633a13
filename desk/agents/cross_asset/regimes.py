"""Weekly probabilities of four regimes: Goldilocks, Reflation, Stagflation and Deflation.

Six features at the first decision of each week: growth (IBC-Br over a year), inflation (IPCA over a year), ln VIX, US
credit spread, ln volatility of USD/BRL, Ibovespa over a quarter. A model is fitted on the 260 weeks that end with the
first week of a quarter, standardised by those weeks, and used in that quarter; its filter starts at the first of the
260 weeks. A week's probabilities therefore depend on a fixed number of weeks, whatever the length of the panel.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from desk.agents.cross_asset.hmm import HmmParameters, fit, forward_filter, log_likelihood, name_states
from desk.agents.gaps import log_or_nan
from desk.agents.models import Model, ModelData
from desk.agents.vintages import spread_over_days
from desk.arrays import FloatArray, IntArray
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
FEATURES = ("growth", "inflation", "vix", "credit", "fx_volatility", "equity")
WINDOW_WEEKS, MIN_WEEKS = 260, 156
QUARTER_WEEKS = 13
CREDIT_SHARE = 0.9
_MARKETS = ("vix_fred", "us_hy_spread", "us_financial_conditions", "usdbrl", "ibovespa")
_SOURCES = ("activity_yoy", "ipca_mom", *_MARKETS)


def weekly_features(columns: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Features (W, 6), and the proxy of the credit feature (W,): the Chicago Fed's financial conditions index."""
    returns = rolling.log_return(columns["usdbrl"])
    features = [
        columns["activity_yoy"],
        columns["ipca_12m_mom"],
        log_or_nan(columns["vix_fred"]),
        columns["us_hy_spread"],
        log_or_nan(rolling.deviation(returns, QUARTER_WEEKS)),
        rolling.log_return(columns["ibovespa"], QUARTER_WEEKS),
    ]
    return np.column_stack(features), columns["us_financial_conditions"]


def refit_weeks(days: Days) -> IntArray:
    """Index of the first week of each quarter with a complete window before it."""
    quarter = days.astype("datetime64[M]").astype(np.int64) // 3
    first = np.flatnonzero(np.diff(quarter, prepend=quarter[:1]))
    return first[first >= WINDOW_WEEKS - 1].astype(np.int64)


def regime_probabilities(features: FloatArray, credit_proxy: FloatArray, days: Days) -> FloatArray:
    """Filtered probabilities (W, 4) in the order of REGIMES.

    NaN before the first model, and in weeks without growth, inflation or more than one of the other features.
    """
    out = np.full((len(days), len(REGIMES)), np.nan)
    starts, models, blocks = [], [], []
    bounds = [*refit_weeks(days).tolist(), len(days)]
    longest = max((later - first for first, later in itertools.pairwise(bounds)), default=0)
    for first, later in itertools.pairwise(bounds):
        window = slice(first - WINDOW_WEEKS + 1, first + 1)
        block = _with_credit(features, credit_proxy, window)
        rows = block[window]
        centre, scale = _moments(rows)
        complete = rows[np.isfinite(rows).all(axis=1)]
        if len(complete) < MIN_WEEKS or not (scale > 1e-9).all():
            continue
        models.append(_named(fit((complete - centre) / scale, _corners())))
        span = np.full((WINDOW_WEEKS - 1 + longest, len(FEATURES)), np.nan)
        upto = block[window.start : later]
        span[: len(upto)] = (upto - centre) / scale
        blocks.append(span)
        starts.append((first, later))
    if not models:
        return out
    stacked = {
        name: np.stack([getattr(m, name) for m in models]) for name in ("start", "transition", "means", "variances")
    }
    emission = log_likelihood(np.stack(blocks), stacked["means"], stacked["variances"])
    states = forward_filter(emission, stacked["start"], stacked["transition"])
    for index, (first, later) in enumerate(starts):
        out[first:later] = states[index, WINDOW_WEEKS - 1 : WINDOW_WEEKS - 1 + later - first]
    enough = np.isfinite(features[:, :2]).all(axis=1) & (np.isfinite(features).sum(axis=1) >= len(FEATURES) - 1)
    return np.where(enough[:, None], out, np.nan)


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


def _corners() -> FloatArray:
    """Starting means: growth and inflation one standard deviation above or below, markets at their means."""
    corners = np.zeros((len(REGIMES), len(FEATURES)))
    corners[:, :2] = np.array(list(REGIMES.values()))
    return corners


def _named(parameters: HmmParameters) -> HmmParameters:
    return parameters.reordered(name_states(parameters.means, REGIMES))


def _compute(data: ModelData) -> dict[str, FloatArray]:
    weekly = data.panel.model_inputs.weekly
    names = [f"reg_p_{name.lower()}" for name in REGIMES]
    if not weekly.columns:
        return {name: np.full(len(data), np.nan) for name in names}
    probabilities = regime_probabilities(*weekly_features(weekly.columns), weekly.days)
    return {name: spread_over_days(probabilities[:, index], weekly.rows, len(data)) for index, name in enumerate(names)}


REGIME_MODEL = Model(
    tuple(
        Measure(f"reg_p_{name.lower()}", _SOURCES, f"filtered probability of {name}, by week", "probability")
        for name in REGIMES
    ),
    _compute,
)
