"""The drawdown breaker: how much of its risk the book may take, stepped day by day.

What is measured: the *excess* of the shadow book, its NAV over the NAV of its cash benchmark. The shadow book has the
same views, sizes and costs without the breaker: a book that is cut to nothing earns only cash and could never show that
the storm is over. In excess of cash, since at a CDI of 13.65% a trading loss of 12% a year leaves NAV at its peak; this
is Grossman and Zhou's drawdown ("Optimal investment strategies for controlling drawdowns", 1993), whose peak grows at
the riskless rate.

The peak ages: it is the highest excess of the last `peak_days` rows (the rolling economic maximum of Yang and Zhong,
"Optimal portfolio strategy to control maximum drawdown", 2012). An old peak says little about the market of today, and
a book that has to win back all of it can wait for years.

Down at once. A drawdown of a level or more cuts the multiplier to that level's on the same day, also when a gap jumps
over the levels between. A fall that is too slow for an aged peak is caught by `stop`: that much below the highest since
the last re-entry, whatever its age, cuts to nothing.

Up by the ladder. When the levels have allowed more than the multiplier for `wait_days` rows in a row, it goes up to the
next of `rungs`, at most to what is allowed that day; the count then starts again. A day that allows no more than the
multiplier starts the count again, and one that allows less cuts at once.

Out for a limited time. After `review_days` rows at zero the book comes back on the lowest rung with a new peak at that
day's excess, on probation: it leaves that rung only while the excess is at least what it was `review_days` rows ago,
or at the re-entry if that is nearer. So a book that has stopped losing is back within a year, and one that goes on
losing loses on the lowest rung alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from desk.catalog.risk_parameters import BreakerRules
from desk.errors import BadInput

_SLACK = 1e-12  # a fall from 100 to 97 is a drawdown of 3%, whatever floats say


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The breaker's state from one day to the next, a function of the excess of all days so far.

    `multiplier` of the book's risk, 0 to 1, for the day's decision; `recent`: the excess of the last `peak_days` rows
    since the last re-entry, oldest first; `highest` since then, whatever its age; `calm_days` in a row that allowed
    more than the multiplier; `days_out` in a row at zero; `probation`: whether the book has not left the lowest rung
    since its re-entry.
    """

    recent: tuple[float, ...]
    highest: float
    multiplier: float = 1.0
    calm_days: int = 0
    days_out: int = 0
    probation: bool = False

    @property
    def peak(self) -> float:
        """The aged peak of the excess."""
        return max(self.recent)


def start_breaker(excess: float) -> BreakerState:
    """The state on the book's first day: whole risk. Raises BadInput for an excess that is not a positive number."""
    if not (math.isfinite(excess) and excess > 0):
        raise BadInput(f"the breaker cannot start from an excess of {excess} over cash")
    return BreakerState(recent=(excess,), highest=excess)


def step_breaker(state: BreakerState, excess: float, rules: BreakerRules) -> BreakerState:
    """The next business day's state, from the shadow book's NAV over its benchmark's, before the day's decision.

    Raises BadInput when the excess is not a number: without a drawdown the breaker must not leave the book its risk.
    """
    if not math.isfinite(excess):
        raise BadInput("the shadow book has no NAV: the drawdown breaker cannot be stepped")
    if state.days_out >= rules.review_days and excess > 0:
        return BreakerState((excess,), excess, rules.rungs[0], probation=True)
    recent = (*state.recent, excess)[-rules.peak_days :]
    marked = replace(state, recent=recent, highest=max(state.highest, excess))
    allowed = _allowed(marked, excess, rules)
    if allowed <= 0.0:
        return replace(marked, multiplier=0.0, calm_days=0, days_out=state.days_out + 1, probation=False)
    if allowed <= state.multiplier:
        return replace(marked, multiplier=allowed, calm_days=0, days_out=0)
    if state.calm_days < rules.wait_days:
        out = state.days_out + 1 if state.multiplier <= 0.0 else 0
        return replace(marked, calm_days=state.calm_days + 1, days_out=out)
    multiplier = min(allowed, next(rung for rung in (*rules.rungs, 1.0) if rung > state.multiplier + _SLACK))
    return replace(marked, multiplier=multiplier, calm_days=0, days_out=0, probation=False)


def _allowed(state: BreakerState, excess: float, rules: BreakerRules) -> float:
    """The most that levels, stop and probation allow on a day whose excess is already in `state`."""
    if 1.0 - excess / state.highest >= rules.stop - _SLACK:
        return 0.0
    allowed = allowed_risk(1.0 - excess / state.peak, rules)
    before = state.recent[-min(len(state.recent), rules.review_days + 1)]
    if state.probation and excess < before * (1.0 - _SLACK):
        return min(allowed, rules.rungs[0])
    return allowed


def allowed_risk(drawdown: float, rules: BreakerRules) -> float:
    """The multiplier that the levels allow at a drawdown (positive fraction): that of the deepest level reached."""
    reached = [multiplier for level, multiplier in rules.levels if drawdown >= level - _SLACK]
    return reached[-1] if reached else 1.0
