"""A small seeded economy from 2008 to the end of any year. Its values of a day do not depend on the last year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy.assets import build_assets, fx_real_path
from sandbox.economy.draws import Draws
from sandbox.economy.factors import CRISIS, NERVOUS, Factors, draw_factors, lagged, mean_reverting
from sandbox.economy.macro import Macro, simulate_macro
from sandbox.economy.rates import Rates, build_rates, policy_rate_shift
from sandbox.economy.timeline import OPENING, Timeline

__all__ = ["OPENING", "Economy", "simulate"]


@dataclass(frozen=True, eq=False)
class Economy:
    """Everything by weekday (`assets`, `rates`, `factors`) or by month (`macro`), from January 2006 on."""

    draws: Draws
    timeline: Timeline
    factors: Factors
    macro: Macro
    rates: Rates
    assets: dict[str, FloatArray]
    fx_real: FloatArray


@lru_cache(maxsize=4)
def simulate(seed: int, last_year: int) -> Economy:
    """The economy of `seed` from 2006 (two years of burn-in) to the end of `last_year`."""
    draws, timeline = Draws(seed), Timeline(last_year)
    factors = draw_factors(draws, len(timeline.days))
    fx_real = fx_real_path(draws, factors)
    goods = mean_reverting(0.0075 * lagged(factors.commodities), 0.0018)
    bad = 1.0 * (factors.world == CRISIS) + 0.12 * (factors.world == NERVOUS) + 0.45 * factors.brazil
    policy_shift = policy_rate_shift(draws, factors)
    macro = simulate_macro(draws, timeline, fx_real, goods, np.minimum(bad, 1.0), policy_shift)
    rates = build_rates(draws, timeline, macro, factors, policy_shift)
    assets = build_assets(draws, timeline, macro, factors, rates, fx_real)
    return Economy(draws, timeline, factors, macro, rates, assets, fx_real)
