"""The span of real history that the desk is run over: its first day, its end, and its warm-up."""

from __future__ import annotations

import datetime as dt

from desk import calendars
from desk.errors import MissingInput
from desk.transforms.panel import Panel

INCEPTION, END = dt.date(2008, 1, 2), dt.date(2025, 12, 30)
WARM_UP = 900
"""Decision days before the inception, as the daily run has them (desk/point_in_time/panel_span.py)."""


def last_priced(panel: Panel) -> dt.date:
    """The first decision day that knows the newest nominal curve there is: after it the book could not be marked.

    Raises MissingInput for a panel without a nominal curve.
    """
    newest = panel.obs_dates["pre_252"].max()
    if not isinstance(newest, dt.date):
        raise MissingInput("the history has no nominal curve")
    return calendars.b3().offset(newest, 1)
