"""Market factors: regimes (world: calm, nervous, crisis; Brazil: normal, stress), volatility and daily shocks.

Signs: `risk` and `domestic` are positive when things get worse, `dollar` when it strengthens, `us_rates` when yields
rise, `commodities` when prices rise. Everything is drawn by day and filtered forward only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from desk.arrays import BoolArray, FloatArray, IntArray
from sandbox.economy.draws import Draws

CALM, NERVOUS, CRISIS = 0, 1, 2
_WORLD = ((0.9956, 0.0038, 0.0006), (0.0150, 0.9790, 0.0060), (0.0020, 0.0120, 0.9860))
_BRAZIL = ((0.9988, 0.0012), (0.0058, 0.9942))
_VIX_LEVEL = np.log(np.array([13.3, 19.5, 34.0]))


@dataclass(frozen=True)
class Factors:
    """One number per weekday. `vix` in points; shocks have unit variance; scales multiply a calm volatility."""

    world: IntArray
    brazil: IntArray
    crisis_onset: FloatArray
    stress_onset: FloatArray
    vix: FloatArray
    scale: FloatArray
    domestic_scale: FloatArray
    risk: FloatArray
    domestic: FloatArray
    dollar: FloatArray
    us_rates: FloatArray
    commodities: FloatArray


def mean_reverting(increments: FloatArray, speed: float, start: float = 0.0) -> FloatArray:
    """x[t] = (1 - speed) x[t-1] + increments[t], from `start`."""
    path, _ = lfilter([1.0], [1.0, -(1.0 - speed)], increments, zi=np.array([(1.0 - speed) * start]))
    return np.asarray(path, dtype=np.float64)


def lagged(values: FloatArray) -> FloatArray:
    """Yesterday's value (the first day has its own)."""
    return np.concatenate([values[:1], values[:-1]])


def markov_chain(uniforms: FloatArray, transition: tuple[tuple[float, ...], ...]) -> IntArray:
    """A Markov chain from state 0, one step per uniform draw."""
    bounds = [np.cumsum(row)[:-1].tolist() for row in transition]
    state, path = 0, []
    for draw in uniforms.tolist():
        state = sum(draw >= bound for bound in bounds[state])
        path.append(state)
    return np.array(path, dtype=np.int64)


def draw_factors(draws: Draws, count: int) -> Factors:
    """The factors of `count` weekdays."""
    world = markov_chain(draws.uniform("regime.world", count), _WORLD)
    brazil = markov_chain(draws.uniform("regime.brazil", count), _BRAZIL)
    crisis_onset = _onset(world == CRISIS)
    stress_onset = _onset(brazil == 1)
    risk = draws.student_t("factor.risk", count) + 4.0 * crisis_onset
    vix = _vix(draws, world, risk, crisis_onset)
    scale = (lagged(vix) / 15.0) ** 0.75
    return Factors(
        world=world,
        brazil=brazil,
        crisis_onset=crisis_onset,
        stress_onset=stress_onset,
        vix=vix,
        scale=scale,
        domestic_scale=1.0 + 0.45 * brazil.astype(np.float64),
        risk=risk,
        domestic=draws.student_t("factor.domestic", count) + 4.0 * stress_onset,
        dollar=0.35 * risk + 0.94 * draws.normal("factor.dollar", count),
        us_rates=-0.30 * risk + 0.95 * draws.student_t("factor.us_rates", count, degrees=8.0),
        commodities=-0.30 * risk + 0.95 * draws.student_t("factor.commodities", count, degrees=6.0),
    )


def _onset(inside: BoolArray) -> FloatArray:
    onset: FloatArray = (inside & ~np.concatenate([[False], inside[:-1]])).astype(np.float64)
    return onset


def _vix(draws: Draws, world: IntArray, risk: FloatArray, onset: FloatArray) -> FloatArray:
    speed = 0.035
    own = 0.030 * draws.normal("factor.vix", len(world))
    steps = speed * _VIX_LEVEL[world] + 0.052 * risk + own + 0.10 * onset
    return np.clip(np.exp(mean_reverting(steps, speed, float(_VIX_LEVEL[CALM]))), 9.0, 85.0)
