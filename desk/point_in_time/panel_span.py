"""The days of a decision's panel, and from which observation date each silver table must be read for it. Pure."""

from __future__ import annotations

import datetime as dt

from desk import calendars
from desk.model import SILVER

WARM_UP_DAYS = 900
"""Decision days before the book's first: the longest chain of windows is about 880, the VaR window 756."""
SLOW_YEARS = 13
"""Years of observations and surveys before the panel. With the warm-up's three and a half they hold the longest chain
of an agent's model: five years for a trend, a yearly change, and ten years of rows."""
MARKET_YEARS = 3
"""Years of prices before the panel: with the warm-up, the five years of weeks that the regime model is fitted on."""
FAST_DAYS = 60
"""Calendar days of curves and settlements before the panel: more than the maximum age of any of them."""


def history_start(day: dt.date, history_days: int) -> dt.date:
    """The first of the `history_days` B3 business days that a run of decision day `day` computes and shows."""
    return calendars.b3().offset(day, 1 - history_days)


def panel_days(day: dt.date, history_days: int, inception: dt.date) -> list[dt.date]:
    """The panel's days, ascending: the warm-up before the book's or the history's first day, up to decision day `day`.

    `inception` is the book's first decision day.
    """
    start = calendars.b3().offset(min(inception, history_start(day, history_days)), -WARM_UP_DAYS)
    return calendars.b3().days(start, day)


def silver_starts(first: dt.date) -> dict[str, dt.date]:
    """Silver table -> the earliest observation date that a panel from day `first` on can use."""
    slow = first - dt.timedelta(days=int(SLOW_YEARS * 365.25))
    market = first - dt.timedelta(days=int(MARKET_YEARS * 365.25))
    fast = first - dt.timedelta(days=FAST_DAYS)
    return dict.fromkeys(SILVER, fast) | {"observation": slow, "expectation": slow, "price_bar": market}
