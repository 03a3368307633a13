"""Publication rules against release days that happened."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.model import PublicationRule
from desk.point_in_time.publication_rules import publication_times

RULES = load_catalog().rules


def local(rule_id: str, obs_date: dt.date) -> str:
    rule = RULES[rule_id]
    moment: dt.datetime = publication_times(rule, pl.Series([obs_date]))[0]
    return moment.astimezone(ZoneInfo(rule.tz)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("rule", "obs_date", "published"),
    [
        ("ptax", dt.date(2026, 1, 12), "2026-01-12 13:10"),
        ("sgs_daily", dt.date(2026, 2, 13), "2026-02-18 05:30"),  # Friday before Carnival -> Ash Wednesday
        ("ibge_ipca", dt.date(2025, 10, 1), "2025-11-10 09:00"),
        ("ibge_ipca", dt.date(2025, 12, 1), "2026-01-12 09:00"),  # the 10th is a Saturday
        ("focus", dt.date(2026, 1, 9), "2026-01-12 08:25"),  # Friday's survey on Monday
        ("focus", dt.date(2026, 2, 13), "2026-02-18 08:25"),  # Monday is Carnival
        ("cot", dt.date(2026, 6, 9), "2026-06-12 15:30"),
        ("cot", dt.date(2026, 6, 16), "2026-06-22 15:30"),  # Juneteenth Friday -> Monday, as the CFTC did
        ("us_close", dt.date(2026, 1, 12), "2026-01-12 18:00"),
        ("fred_next_day", dt.date(2025, 10, 10), "2025-10-14 16:15"),  # Columbus Day on Monday
        ("fx_flow", dt.date(2026, 1, 9), "2026-01-14 14:30"),
    ],
)
def test_release_days(rule: str, obs_date: dt.date, published: str) -> None:
    assert local(rule, obs_date) == published


def test_nothing_is_public_before_the_day_it_is_about() -> None:
    daily = {series.rule for series in load_catalog().series.values() if series.frequency == "D"}
    dates = pl.date_range(dt.date(2024, 1, 1), dt.date(2025, 12, 31), eager=True)
    for rule in daily:
        moments = publication_times(RULES[rule], dates)
        assert (moments.dt.date() >= dates).all(), rule


def test_later_dates_are_never_public_earlier() -> None:
    dates = pl.date_range(dt.date(2023, 1, 1), dt.date(2025, 12, 31), eager=True)
    for rule in RULES.values():
        assert publication_times(rule, dates).is_sorted(), rule.id


def test_summer_time_is_the_zones_own() -> None:
    winter = publication_times(RULES["us_close"], pl.Series([dt.date(2026, 1, 12)]))[0]
    summer = publication_times(RULES["us_close"], pl.Series([dt.date(2026, 7, 13)]))[0]
    assert (winter.hour, summer.hour) == (23, 22)


def test_order_and_repeats_of_the_input_are_kept() -> None:
    dates = pl.Series([dt.date(2026, 1, 13), dt.date(2026, 1, 12), dt.date(2026, 1, 13)])
    moments = publication_times(RULES["ptax"], dates)
    assert [moment.day for moment in moments] == [13, 12, 13]


def test_a_rule_without_shape_is_refused() -> None:
    shapeless = PublicationRule("x", "anbima", dt.time(9), "UTC")
    with pytest.raises(ValueError, match="no shape"):
        publication_times(shapeless, pl.Series([dt.date(2026, 1, 12)]))
