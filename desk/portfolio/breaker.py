"""The drawdown breaker: how much of its risk the book may take, stepped day by day.

Drawdown is measured on the *shadow book*: the same views, sizes and costs without the breaker. The book that is cut to
nothing earns only cash, so its own drawdown cannot show that the market has recovered; the shadow's can.

Down at once. A drawdown of a level or more cuts the multiplier to that level's on the same day, also when a gap jumps
over the levels between. Up slowly: when the shadow's drawdown has allowed more than the multiplier for `wait_days`
business days in a row, the multiplier goes up over `ramp_days` in equal steps to the least that was allowed meanwhile;
a day that allows no more than the multiplier starts the count again, and one that allows less cuts at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desk.catalog.risk_parameters import BreakerRules
from desk.errors import BadInput

_SLACK = 1e-12  # a fall from 100 to 97 is a drawdown of 3%, whatever floats say


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The breaker's state from one day to the next.

    `multiplier` of the book's risk, 0 to 1, for the day's decision; `peak` of the shadow book's NAV; `calm_days` in a
    row that allowed more than the multiplier; `ramp_from` and `ramp_step` where a way back has begun, `ramp_to` the
    least that was allowed since the count began.
    """

    peak: float
    multiplier: float = 1.0
    calm_days: int = 0
    ramp_to: float = 1.0
    ramp_from: float = 1.0
    ramp_step: int = 0

    @property
    def tripped(self) -> bool:
        """Whether the book may take less than all of its risk."""
        return self.multiplier < 1.0


def start_breaker(shadow_nav: float) -> BreakerState:
    """The state on the book's first day: whole risk. Raises BadInput for a NAV that is not a positive number."""
    if not (math.isfinite(shadow_nav) and shadow_nav > 0):
        raise BadInput(f"the breaker cannot start from a shadow NAV of {shadow_nav}")
    return BreakerState(peak=shadow_nav)


def step_breaker(state: BreakerState, shadow_nav: float, rules: BreakerRules) -> BreakerState:
    """The next business day's state, from the shadow book's NAV (BRL) of that day, before the day's decision.

    Raises BadInput when the NAV is not a number: without a drawdown the breaker must not leave the book its risk.
    """
    if not math.isfinite(shadow_nav):
        raise BadInput("the shadow book has no NAV: the drawdown breaker cannot be stepped")
    peak = max(state.peak, shadow_nav)
    allowed = allowed_risk(1.0 - shadow_nav / peak, rules)
    if allowed <= state.multiplier:
        return BreakerState(peak, allowed if allowed < state.multiplier else state.multiplier)
    ramp_to = min(allowed, state.ramp_to) if state.calm_days else allowed
    if state.calm_days < rules.wait_days:
        return BreakerState(peak, state.multiplier, state.calm_days + 1, ramp_to, state.multiplier)
    step = state.ramp_step + 1
    multiplier = state.ramp_from + (ramp_to - state.ramp_from) * step / rules.ramp_days
    if step >= rules.ramp_days:
        return BreakerState(peak, ramp_to)
    return BreakerState(peak, max(multiplier, state.multiplier), state.calm_days + 1, ramp_to, state.ramp_from, step)


def allowed_risk(drawdown: float, rules: BreakerRules) -> float:
    """The multiplier that the levels allow at a drawdown (positive fraction): that of the deepest level reached."""
    reached = [multiplier for level, multiplier in rules.levels if drawdown >= level - _SLACK]
    return reached[-1] if reached else 1.0


def breaker_path(shadow_nav: Sequence[float], rules: BreakerRules) -> Iterator[BreakerState]:
    """The state of every day of a whole shadow book, its first day included."""
    if not len(shadow_nav):
        return
    state = start_breaker(shadow_nav[0])
    yield state
    for nav in shadow_nav[1:]:
        state = step_breaker(state, nav, rules)
        yield state
