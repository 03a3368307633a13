"""Publication rules: when a number about a day is public, for sources that give no vintage."""

from __future__ import annotations

import numpy as np
import polars as pl

from desk import calendars
from desk.model import PublicationRule


def publication_times(rule: PublicationRule, obs_dates: pl.Series) -> pl.Series:
    """The instant (UTC) from which numbers about each obs_date are public under `rule`. Shape: one per date."""
    unique = obs_dates.unique().sort().drop_nulls()
    days = pl.Series(publication_days(rule, unique.to_numpy().astype("datetime64[D]")), dtype=pl.Date)
    # No rule names an hour that the clocks skip; of one that they repeat, the first is meant.
    local = days.dt.combine(rule.time, "us").dt.replace_time_zone(rule.tz, ambiguous="earliest")
    table = pl.DataFrame({"obs_date": unique, "knowledge_time": local.dt.convert_time_zone("UTC")})
    joined = obs_dates.rename("obs_date").to_frame().join(table, on="obs_date", how="left", maintain_order="left")
    return joined["knowledge_time"]


def publication_days(rule: PublicationRule, obs_dates: calendars.Days) -> calendars.Days:
    """The local day on which numbers about each obs_date are published. Shape: one for each date.

    Raises ValueError for a rule of no form (see PublicationRule).
    """
    days = _by_form(rule, obs_dates)
    for until, earlier in rule.before:
        days = np.where(obs_dates < np.datetime64(until), _by_form(earlier, obs_dates), days)
    monthly = rule.months is not None
    about = obs_dates.astype("datetime64[M]") if monthly else obs_dates
    for obs_date, day in rule.dates.items():
        key = np.datetime64(obs_date).astype("datetime64[M]") if monthly else np.datetime64(obs_date)
        days = np.where(about == key, np.datetime64(day), days)
    for stop in rule.suspended:
        held = (days >= np.datetime64(stop.first)) & (days <= np.datetime64(stop.last))
        days = np.where(held, np.datetime64(stop.on), days)
    return days


def _by_form(rule: PublicationRule, obs_dates: calendars.Days) -> calendars.Days:
    if rule.days_before is not None:
        return obs_dates - np.timedelta64(rule.days_before, "D")
    calendar = calendars.by_name(rule.calendar)
    if rule.lag_bd is not None:
        # A number about a Saturday: with a lag of one business day it is public on Monday; with no lag, never before
        # the Saturday itself.
        return calendar.offset_array(obs_dates, rule.lag_bd, roll="backward" if rule.lag_bd > 0 else "forward")
    if rule.weekday is not None:
        earliest = obs_dates + np.timedelta64(rule.lag_days, "D")
        weekday = (earliest.astype("int64") + 3) % 7  # 1970-01-01 was a Thursday
        return calendar.offset_array(earliest + ((rule.weekday - weekday) % 7).astype("timedelta64[D]"), 0)
    if rule.months is not None and rule.day is not None:
        month: calendars.Days = obs_dates.astype("datetime64[M]")
        first: calendars.Days = (month + np.timedelta64(rule.months, "M")).astype("datetime64[D]")
        return calendar.offset_array(first + np.timedelta64(rule.day - 1, "D"), 0)
    raise ValueError(f"publication rule {rule.id!r} has no shape")
