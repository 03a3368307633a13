"""Four regimes out of weeks: which of Goldilocks, Reflation, Stagflation and Deflation the economy is in.

Six features at the first decision of each week: growth (IBC-Br over a year), inflation (IPCA over a year), ln VIX, US
credit spread, ln volatility of USD/BRL, Ibovespa over a quarter. A model is fitted on the 260 weeks that end with the
first week of a quarter, standardised by those weeks alone, and is used for that quarter; its filter runs over its own
260 weeks first. So a week's probabilities rest on a fixed number of weeks, whatever the panel.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from desk.agents.cross_asset.hmm import Parameters, fit, forward_filter, log_likelihood, name_states
from desk.agents.gaps import log_of
from desk.agents.models import Known, Model
from desk.agents.vintages import on_days
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import Rows
from desk.transforms import rolling
from desk.transforms.agent_measures import Measure

REGIMES: dict[str, tuple[int, int]] = {
    "Goldilocks": (1, -1),
    "Reflation": (1, 1),
    "Stagflation": (-1, 1),
    "Deflation": (-1, -1),
}
"""Signs of growth and inflation against the window's own mean."""
FEATURES = ("growth", "inflation", "vix", "credit", "fx_volatility", "equity")
WINDOW_WEEKS, FEWEST_WEEKS = 260, 156
QUARTER_WEEKS = 13
CREDIT_SHARE = 0.9
_MARKETS = ("vix_fred", "us_hy_spread", "us_financial_conditions", "usdbrl", "ibovespa")
_SOURCES = ("activity_yoy", "ipca_mom", *_MARKETS)


def week_features(columns: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """(W, 6) features, credit being the high-yield spread; and the Chicago Fed's conditions (W,) to stand in for it."""
    returns = rolling.log_return(columns["usdbrl"])
    features = [
        columns["activity_yoy"],
        columns["ipca_12m_mom"],
        log_of(columns["vix_fred"]),
        columns["us_hy_spread"],
        log_of(rolling.deviation(returns, QUARTER_WEEKS)),
        rolling.log_return(columns["ibovespa"], QUARTER_WEEKS),
    ]
    return np.column_stack(features), columns["us_financial_conditions"]


def refits(days: Days) -> Rows:
    """Index of the first week of each quarter that has a whole window before it."""
    quarter = days.astype("datetime64[M]").astype(np.int64) // 3
    first = np.flatnonzero(np.diff(quarter, prepend=quarter[:1]))
    return first[first >= WINDOW_WEEKS - 1].astype(np.int64)


def filtered(features: FloatArray, stand_in: FloatArray, days: Days) -> FloatArray:
    """Probabilities (W, 4) in the order of REGIMES, NaN before the first model and where a week lacks growth,
    inflation or more than one of the other features."""
    out = np.full((len(days), len(REGIMES)), np.nan)
    starts, models, blocks = [], [], []
    bounds = [*refits(days).tolist(), len(days)]
    longest = max((later - first for first, later in itertools.pairwise(bounds)), default=0)
    for first, later in itertools.pairwise(bounds):
        window = slice(first - WINDOW_WEEKS + 1, first + 1)
        block = _with_credit(features, stand_in, window)
        rows = block[window]
        centre, scale = _moments(rows)
        complete = rows[np.isfinite(rows).all(axis=1)]
        if len(complete) < FEWEST_WEEKS or not (scale > 1e-9).all():
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


def _with_credit(features: FloatArray, stand_in: FloatArray, window: slice) -> FloatArray:
    """The stand-in replaces credit throughout a model whose window lacks more than a tenth of the spread."""
    credit = FEATURES.index("credit")
    if np.isfinite(features[window, credit]).mean() >= CREDIT_SHARE:
        return features
    replaced = features.copy()
    replaced[:, credit] = stand_in
    return replaced


def _moments(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, rows, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, rows - centre, 0.0) ** 2).sum(axis=0) / count)
    return centre, scale


def _corners() -> FloatArray:
    """One standard deviation of growth and inflation to each side; markets at their means."""
    corners = np.zeros((len(REGIMES), len(FEATURES)))
    corners[:, :2] = np.array(list(REGIMES.values()))
    return corners


def _named(parameters: Parameters) -> Parameters:
    return parameters.permuted(name_states(parameters.means, REGIMES))


def _compute(known: Known) -> dict[str, FloatArray]:
    weekly = known.panel.histories.weekly
    names = [f"reg_p_{name.lower()}" for name in REGIMES]
    if not weekly.columns:
        return {name: np.full(len(known), np.nan) for name in names}
    probabilities = filtered(*week_features(weekly.columns), weekly.days)
    return {name: on_days(probabilities[:, index], weekly.rows, len(known)) for index, name in enumerate(names)}


REGIME_MODEL = Model(
    tuple(
        Measure(f"reg_p_{name.lower()}", _SOURCES, f"filtered probability of {name}, by week", "probability")
        for name in REGIMES
    ),
    _compute,
)
