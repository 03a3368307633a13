"""Risk appetite, correlation breaks, and the multiplier of each asset class in the current regime."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from desk.agents.cross_asset.regimes import NAMES, REGIMES
from desk.agents.models import Model, ModelData
from desk.agents.vintages import mean_of_known
from desk.arrays import FloatArray
from desk.transforms import rolling
from desk.transforms.agent_measures import Measure
from desk.transforms.features import QUARTER, TWO_YEARS

APPETITE = {
    "vix_z": -1.0,
    "us_hy_spread_z": -1.0,
    "usdbrl_vol_63_z": -1.0,
    "equity_rate_correlation_z": 1.0,
    "ibovespa_momentum_z": 1.0,
    "spx_momentum_z": 1.0,
}
MOVES = ("usdbrl_ret_1", "ibovespa_ret_1", "spx_ret_1", "pre_504_change_1")

TILTS: dict[str, dict[str, float]] = {
    # carry pays when growth is strong and inflation falls; inflation views pay in a price shock
    "fx": {"Goldilocks": 1.2, "Reflation": 1.1, "Stagflation": 0.8, "Deflation": 0.9},
    "rates": {"Goldilocks": 1.1, "Reflation": 0.9, "Stagflation": 0.9, "Deflation": 1.2},
    "inflation": {"Goldilocks": 0.9, "Reflation": 1.2, "Stagflation": 1.2, "Deflation": 0.8},
    "cupom": {"Goldilocks": 1.0, "Reflation": 1.0, "Stagflation": 1.1, "Deflation": 1.1},
    "sovereign": {"Goldilocks": 1.2, "Reflation": 1.1, "Stagflation": 0.8, "Deflation": 0.8},
}
"""Multipliers by class and regime, at most 20% up or down: a regime changes the size of a view, never its sign. A mixed
state says nothing of a class: its multiplier is one."""


def _compute(data: ModelData) -> dict[str, FloatArray]:
    parts = [np.clip(sign * data[name], -3.0, 3.0) for name, sign in APPETITE.items()]
    everything = {name: data[f"reg_p_{name.lower()}"] for name in NAMES}
    probabilities = {name: everything[name] for name in REGIMES}
    return {
        "reg_risk_appetite": np.tanh(mean_of_known(parts, 3)),
        "reg_balance": _balance(probabilities),
        "reg_corr_break": correlation_break([data[name] for name in MOVES]),
        **{
            f"reg_tilt_{name}": np.asarray(sum(tilt.get(regime, 1.0) * p for regime, p in everything.items()))
            for name, tilt in TILTS.items()
        },
        "reg_entropy": entropy(np.stack(list(everything.values()))),
    }


def _balance(probabilities: Mapping[str, FloatArray]) -> FloatArray:
    """P(Goldilocks) and half of P(Reflation) less P(Stagflation) and half of P(Deflation): -1 to 1, shape (T,)."""
    good = probabilities["Goldilocks"] + 0.5 * probabilities["Reflation"]
    return np.asarray(good - probabilities["Stagflation"] - 0.5 * probabilities["Deflation"])


def entropy(probabilities: FloatArray) -> FloatArray:
    """-sum p ln p, in nats, of probabilities (N, T) that add up to one: 0 is certain, ln N knows nothing. (T,)."""
    return np.asarray(-(probabilities * np.log(np.where(probabilities > 0.0, probabilities, 1.0))).sum(axis=0)) + 0.0


def correlation_break(moves: list[FloatArray]) -> FloatArray:
    """Distance of the quarter's correlations from those of two years, in standard errors of Fisher's z. Shape: (T,).

    The mean over all pairs of `moves` (T,): about 0.8 when correlations are unchanged. NaN where fewer than half of the
    pairs are known.
    """
    pairs = []
    for first, second in itertools.combinations(moves, 2):
        short, usual = (rolling.correlation(first, second, window) for window in (QUARTER, TWO_YEARS))
        with np.errstate(invalid="ignore", divide="ignore"):
            shift = np.abs(np.arctanh(np.clip(short, -0.999, 0.999)) - np.arctanh(np.clip(usual, -0.999, 0.999)))
        pairs.append(shift * np.sqrt(QUARTER - 3.0))
    return mean_of_known(pairs, (len(pairs) + 1) // 2)


_PROBABILITIES = tuple(f"reg_p_{name.lower()}" for name in NAMES)
APPETITE_MODEL = Model(
    (
        Measure(
            "reg_risk_appetite", tuple(APPETITE), "tanh(mean of the known signed z-scores, at least 3 of 6)", "-1 to 1"
        ),
        Measure(
            "reg_balance",
            _PROBABILITIES,
            "P(Goldilocks) + P(Reflation) / 2 - P(Stagflation) - P(Deflation) / 2",
            "-1 to 1",
        ),
        Measure(
            "reg_corr_break",
            MOVES,
            f"mean over pairs of |atanh(corr {QUARTER}) - atanh(corr {TWO_YEARS})| * sqrt({QUARTER - 3})",
            "standard errors",
        ),
        Measure("reg_entropy", _PROBABILITIES, "-sum of p x ln p over the regimes; 0 is certain", "nats"),
        *(
            Measure(f"reg_tilt_{name}", _PROBABILITIES, "sum over regimes of probability x multiplier", "multiplier")
            for name in TILTS
        ),
    ),
    _compute,
)
