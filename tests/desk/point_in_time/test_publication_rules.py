"""Publication rules against release days that happened."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog, publication_rule, read_toml
from desk.errors import BadCatalog
from desk.model import PublicationRule
from desk.point_in_time.publication_rules import publication_days, publication_times

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
        ("ibge_ipca", dt.date(2025, 10, 1), "2025-11-11 09:00"),
        ("ibge_ipca", dt.date(2025, 12, 1), "2026-01-12 09:00"),
        ("ibge_ipca", dt.date(2005, 1, 1), "2005-02-15 09:00"),  # the window was longer before 2010
        ("ipca15", dt.date(2023, 12, 1), "2023-12-28 09:00"),
        ("copom_target", dt.date(2020, 3, 19), "2020-03-18 21:30"),  # in force on Thursday, told on Wednesday
        ("copom_target", dt.date(2025, 9, 15), "2025-09-14 21:30"),
        ("focus", dt.date(2026, 1, 9), "2026-01-12 08:25"),  # Friday's survey on Monday
        ("focus", dt.date(2026, 2, 13), "2026-02-18 08:25"),  # Monday is Carnival
        ("focus", dt.date(2022, 4, 1), "2022-04-26 08:25"),  # the strike
        ("focus", dt.date(2022, 4, 29), "2022-05-02 08:25"),  # a truce
        ("focus", dt.date(2022, 6, 10), "2022-07-08 08:25"),
        ("focus", dt.date(2022, 7, 8), "2022-07-11 08:25"),
        ("cot", dt.date(2026, 6, 9), "2026-06-12 15:30"),
        ("cot", dt.date(2026, 6, 16), "2026-06-22 15:30"),  # Juneteenth Friday -> Monday, as the CFTC did
        ("cot", dt.date(2024, 6, 18), "2024-06-24 15:30"),  # Juneteenth on Wednesday
        ("cot", dt.date(2024, 7, 2), "2024-07-08 15:30"),
        ("cot", dt.date(2024, 9, 3), "2024-09-06 15:30"),  # Labor Day on Monday moves nothing
        ("cot", dt.date(2024, 11, 26), "2024-12-02 15:30"),
        ("cot", dt.date(2024, 12, 24), "2024-12-30 15:30"),
        ("cot", dt.date(2018, 7, 3), "2018-07-09 15:30"),
        ("cot", dt.date(2018, 12, 24), "2019-02-01 15:30"),
        ("cot", dt.date(2023, 2, 7), "2023-03-24 15:30"),
        ("cot", dt.date(2025, 9, 30), "2025-11-19 15:30"),
        ("cot", dt.date(2026, 1, 20), "2026-01-23 15:30"),
        ("h10", dt.date(2025, 12, 26), "2025-12-29 16:15"),
        ("h10", dt.date(2026, 1, 16), "2026-01-20 16:15"),  # Monday is a holiday
        ("eia_spot", dt.date(2025, 12, 29), "2025-12-31 23:00"),
        ("us_payrolls", dt.date(2025, 12, 1), "2026-01-12 08:30"),  # came on the 9th
        ("us_payrolls", dt.date(2025, 10, 1), "2025-12-16 08:30"),
        ("us_cpi", dt.date(2024, 12, 1), "2025-01-15 11:00"),
        ("us_claims", dt.date(2025, 10, 25), "2025-11-20 08:30"),
        ("fred_next_day", dt.date(2021, 12, 30), "2022-01-03 16:15"),  # the Board was closed, the market was not
        ("us_close", dt.date(2026, 1, 12), "2026-01-12 18:00"),
        ("fred_next_day", dt.date(2025, 10, 10), "2025-10-14 16:15"),  # Columbus Day on Monday
        ("fx_flow", dt.date(2026, 1, 9), "2026-01-14 14:30"),
    ],
)
def test_release_days(rule: str, obs_date: dt.date, published: str) -> None:
    assert local(rule, obs_date) == published


def test_nothing_is_public_before_the_day_it_is_about() -> None:
    daily = {series.rule for series in load_catalog().series.values() if series.frequency == "D"} - {"copom_target"}
    dates = pl.date_range(dt.date(2024, 1, 1), dt.date(2025, 12, 31), eager=True)
    for rule in daily:
        moments = publication_times(RULES[rule], dates)
        assert (moments.dt.date() >= dates).all(), rule


def test_every_rule_says_its_source_and_its_reason() -> None:
    assert all(len(rule.source) > 15 and len(rule.reason) > 10 for rule in RULES.values())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reason": ""}, "source and its reason"),
        ({"days_before": 1}, "exactly one of"),
        ({"dates": {"soon": dt.date(2026, 1, 1)}}, "dates"),
        ({"suspended": [{"from": dt.date(2026, 1, 1)}]}, "suspended"),
        ({"before": [{"until": dt.date(2026, 1, 1)}]}, "exactly one of"),
    ],
)
def test_a_bad_rule_is_refused_by_name(change: dict[str, object], word: str) -> None:
    raw = read_toml("publication_rules")["rule"]["h10"]
    with pytest.raises(BadCatalog, match=f"rule h10.*{word}"):
        publication_rule("h10", {**raw, **change})


def test_later_dates_are_never_public_earlier() -> None:
    dates = pl.date_range(dt.date(2023, 1, 1), dt.date(2025, 12, 31), eager=True)
    quarters = dates.filter(dates.dt.day() == 1).gather_every(3)
    # positions are of Monday where the market is closed on Tuesday
    open_days = calendars.us_government()
    tuesdays = pl.Series([open_days.on_or_before(day) for day in dates.filter(dates.dt.weekday() == 2)])
    for rule in RULES.values():
        about = {"us_gdp": quarters, "cot": tuesdays}.get(rule.id, dates)
        assert publication_times(rule, about).is_sorted(), rule.id


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


def test_every_rule_s_local_time_is_the_instant_that_pythons_zones_make_of_it() -> None:
    days = pl.date_range(dt.date(2005, 1, 1), dt.date(2030, 12, 31), "5d", eager=True)
    for rule in RULES.values():
        published = publication_days(rule, days.to_numpy().astype("datetime64[D]"))
        expected = [dt.datetime.combine(day.item(), rule.time, ZoneInfo(rule.tz)) for day in published]
        assert publication_times(rule, days).to_list() == expected, rule.id
    assert publication_times(RULES["ptax"], pl.Series([], dtype=pl.Date)).to_list() == []
