"""Business days to the next scheduled decision and since the last one, of Copom and of the FOMC."""

from __future__ import annotations

import numpy as np

from desk import calendars
from desk.agents.models import Model, ModelData
from desk.arrays import FloatArray
from desk.calendars import Calendar, Days
from desk.catalog.meetings import load_meetings
from desk.transforms.agent_measures import Measure


def days_to_and_since_meeting(days: Days, decisions: Days, calendar: Calendar) -> tuple[FloatArray, FloatArray]:
    """Business days to the next decision, and since the last one. Shapes: (T,).

    0 days to the next on the decision day itself, because it is announced after the desk's morning; 1 day since the
    last on the day after. NaN outside the list of decisions.
    """
    following = np.searchsorted(decisions, days, side="left")
    ahead = decisions[np.minimum(following, len(decisions) - 1)]
    behind = decisions[np.maximum(following - 1, 0)]
    to = calendar.count_array(days, ahead).astype(np.float64)
    since = calendar.count_array(behind, days).astype(np.float64)
    return np.where(following < len(decisions), to, np.nan), np.where(following > 0, since, np.nan)


def _compute(data: ModelData) -> dict[str, FloatArray]:
    days = data.panel.values["day"].to_numpy().astype("datetime64[D]")
    meetings = load_meetings()
    out: dict[str, FloatArray] = {}
    for bank, decided, calendar in (
        ("copom", meetings.copom, calendars.anbima()),
        ("fomc", meetings.fomc, calendars.us_government()),
    ):
        to, since = days_to_and_since_meeting(days, np.array(decided, dtype="datetime64[D]"), calendar)
        out |= {f"mp_{bank}_bd_to": to, f"mp_{bank}_bd_since": since}
    return out


MEETINGS = Model(
    tuple(
        Measure(f"mp_{bank}_bd_{way}", (), f"business days {text} scheduled {name} decision", "business days")
        for bank, name in (("copom", "Copom"), ("fomc", "FOMC"))
        for way, text in (("to", "to the next"), ("since", "since the last"))
    ),
    _compute,
)
