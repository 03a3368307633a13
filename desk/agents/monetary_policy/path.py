"""The policy path that DI futures price by Copom meeting against Focus, and the term premium of the long forward.

The forward rate between the days on which two decisions take effect is the overnight rate that DI prices after the
first of them. Adding Selic less CDI converts it to a policy rate. It includes any risk premium of the market.
"""

from __future__ import annotations

import numpy as np

from desk import calendars
from desk.agents.models import Model, ModelData
from desk.agents.vintages import mean_of_known
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog.fallbacks import VERTICES
from desk.catalog.meetings import load_meetings
from desk.transforms.agent_measures import Measure
from desk.transforms.curves import flat_forward, forward_rate
from desk.transforms.expectations import MEETINGS_AHEAD

BETWEEN_BD = 31
"""Business days between two decisions where the second has no published date: eight decisions a year."""
YEAR_TURN_BD = 21
_PRE = tuple(f"pre_{bd}" for bd in VERTICES)
_FOCUS = tuple(f"focus_selic_meeting_{k}" for k in range(1, MEETINGS_AHEAD + 1))
_IMPLIED = tuple(f"mp_di_meeting_{k}" for k in range(1, MEETINGS_AHEAD + 1))


def curve_zeros(data: ModelData, at_bd: FloatArray) -> FloatArray:
    """Zero rates at `at_bd` (T, M) from CDI overnight and the nominal curve, flat-forward."""
    rates = np.column_stack([data["cdi"], *(data[name] for name in _PRE)])
    return flat_forward((1, *VERTICES), rates, at_bd, flat_below=True)


def forwards_between(data: ModelData, start_bd: FloatArray, end_bd: FloatArray) -> FloatArray:
    """Annual forward rates between two tenors, (T, M) each."""
    columns = start_bd.shape[1]
    zeros = curve_zeros(data, np.hstack([np.maximum(start_bd, 1.0), end_bd]))
    return forward_rate(zeros[:, :columns], np.maximum(start_bd, 1.0), zeros[:, columns:], end_bd)


def effective_tenors(days: Days, curve_days: Days, decisions: Days) -> tuple[FloatArray, FloatArray]:
    """Tenors (T, MEETINGS_AHEAD), from the curve's day, at which each of the next decisions starts and stops to apply.

    A decision applies from the business day after it. NaN beyond the list of decisions; the last listed decision
    applies for BETWEEN_BD business days.
    """
    anbima = calendars.anbima()
    following = np.searchsorted(decisions, days, side="left")
    index = following[:, None] + np.arange(MEETINGS_AHEAD + 1)[None, :]
    published = index < len(decisions)
    picked = decisions[np.minimum(index, len(decisions) - 1)]
    base = np.where(np.isnat(curve_days), days, curve_days)
    tenors = anbima.count_array(np.broadcast_to(base[:, None], picked.shape), picked).astype(np.float64) + 1.0
    tenors = np.where(published, tenors, np.nan)
    start, end = tenors[:, :-1], tenors[:, 1:]
    return start, np.where(np.isfinite(end), end, start + BETWEEN_BD)


def _compute(data: ModelData) -> dict[str, FloatArray]:
    panel = data.panel
    days = panel.values["day"].to_numpy().astype("datetime64[D]")
    curve_days = panel.obs_dates["pre_252"].to_numpy().astype("datetime64[D]")
    decisions = np.array(load_meetings().copom, dtype="datetime64[D]")
    policy = (data["selic_target"] - data["cdi"])[:, None]
    implied = forwards_between(data, *effective_tenors(days, curve_days, decisions)) + policy
    focus = np.column_stack([data[name] for name in _FOCUS])
    by_meeting = mean_of_known(list((implied - focus).T), 1)
    by_year = mean_of_known(list((_year_ends(data, days, curve_days) + policy).T - _yearly_focus(data)), 1)
    return {
        **{name: implied[:, k] for k, name in enumerate(_IMPLIED)},
        "mp_copom_path_gap": np.where(np.isfinite(by_meeting), by_meeting, by_year),
        "mp_term_premium_5y": _term_premium(data),
    }


def _year_ends(data: ModelData, days: Days, curve_days: Days) -> FloatArray:
    """Forward rates over the month after this year's end and after the next year's end. Shape: (T, 2)."""
    year = days.astype("datetime64[Y]")[:, None] + np.array([1, 2])
    base = np.where(np.isnat(curve_days), days, curve_days)
    start = (
        calendars.anbima()
        .count_array(np.broadcast_to(base[:, None], year.shape), year.astype("datetime64[D]"))
        .astype(np.float64)
    )
    return forwards_between(data, start, start + YEAR_TURN_BD)


def _yearly_focus(data: ModelData) -> FloatArray:
    return np.stack([data["focus_selic_y0"], data["focus_selic_y1"]])


def _term_premium(data: ModelData) -> FloatArray:
    """The 5y5y forward rate (3y2y where the curve is shorter) less long Focus inflation compounded with r*. (T,)."""
    far = forward_rate(data["pre_1260"], 1260, data["pre_2520"], 2520)
    near = forward_rate(data["pre_756"], 756, data["pre_1260"], 1260)
    forward = np.where(np.isfinite(far), far, near)
    inflation = np.where(np.isfinite(data["focus_ipca_y3"]), data["focus_ipca_y3"], data["focus_ipca_y2"])
    return np.asarray(forward - ((1.0 + inflation) * (1.0 + data["mp_r_star"]) - 1.0))


_YEARLY = "fraction per year"
PATH = Model(
    (
        *(
            Measure(name, (*_PRE[:6], "cdi", "selic_target"), f"policy rate that DI prices after decision {k}", _YEARLY)
            for k, name in enumerate(_IMPLIED, start=1)
        ),
        Measure(
            "mp_copom_path_gap",
            (*_IMPLIED, *_FOCUS, "focus_selic_y0", "focus_selic_y1"),
            "mean of DI less Focus over the next four decisions, over year ends where no decision is surveyed",
            _YEARLY,
        ),
        Measure(
            "mp_term_premium_5y",
            ("pre_756", "pre_1260", "pre_2520", "focus_ipca_y2", "focus_ipca_y3", "mp_r_star"),
            "forward 5y5y (3y2y where shorter) - ((1 + long Focus IPCA)(1 + mp_r_star) - 1)",
            _YEARLY,
        ),
    ),
    _compute,
)
