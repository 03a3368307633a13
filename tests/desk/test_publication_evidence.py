"""Publication rules against everything at hand that says when a number came out, or was not out yet.

A rule that is early by a day is look-ahead in every backtest. So no rule may name a time before the number was public;
how late it may be is bounded too, where the day is known.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.meetings import load_meetings
from desk.point_in_time.publication_rules import publication_times
from tests.flows.real_folders import real_folder

CATALOG = load_catalog()
NEW_YORK, SAO_PAULO = ZoneInfo("America/New_York"), ZoneInfo("America/Sao_Paulo")
D = dt.date
RELEASED = [
    # press and the agencies' own notes: rule, number about, day it came out, most days that the bound may be later
    ("ibge_ipca", D(2023, 8, 1), D(2023, 9, 12), 0),
    ("ibge_ipca", D(2025, 2, 1), D(2025, 3, 12), 0),
    ("ibge_ipca", D(2025, 7, 1), D(2025, 8, 12), 0),
    ("ibge_ipca", D(2025, 10, 1), D(2025, 11, 11), 0),
    ("ipca15", D(2023, 4, 1), D(2023, 4, 26), 3),
    ("ibc_br", D(2025, 3, 1), D(2025, 5, 19), 4),
    ("ibc_br", D(2022, 3, 1), D(2022, 7, 7), 0),
    ("ibc_br", D(2022, 4, 1), D(2022, 7, 7), 0),
    ("bcb_external", D(2023, 11, 1), D(2024, 1, 3), 7),
    ("bcb_external", D(2023, 12, 1), D(2024, 2, 5), 7),
    ("bcb_credit", D(2023, 11, 1), D(2024, 1, 4), 7),
    ("bcb_credit", D(2023, 12, 1), D(2024, 2, 6), 7),
    ("bcb_fiscal", D(2023, 11, 1), D(2024, 1, 5), 7),
    ("bcb_fiscal", D(2023, 12, 1), D(2024, 2, 7), 7),
    ("bcb_fiscal", D(2024, 9, 1), D(2024, 11, 11), 0),
    ("bcb_fiscal", D(2022, 2, 1), D(2022, 5, 2), 90),
    ("fx_flow", D(2024, 8, 20), D(2024, 8, 28), 0),
    ("focus", D(2024, 8, 19), D(2024, 8, 26), 0),
    ("focus", D(2022, 4, 1), D(2022, 4, 26), 0),
    ("us_gdp", D(2024, 10, 1), D(2025, 1, 30), 4),
    ("us_month_end", D(2016, 6, 1), D(2016, 8, 2), 3),
    ("focus", D(2022, 5, 6), D(2022, 7, 8), 0),
    ("us_payrolls", D(2025, 12, 1), D(2026, 1, 9), 3),
    ("us_payrolls", D(2013, 9, 1), D(2013, 10, 22), 0),
    ("us_payrolls", D(2013, 10, 1), D(2013, 11, 8), 4),
    ("us_payrolls", D(2025, 9, 1), D(2025, 11, 20), 0),
    ("us_payrolls", D(2025, 11, 1), D(2025, 12, 16), 0),
    ("us_cpi", D(2024, 12, 1), D(2025, 1, 15), 0),
    ("us_cpi", D(2013, 9, 1), D(2013, 10, 30), 0),
    ("us_cpi", D(2025, 9, 1), D(2025, 10, 24), 0),
    ("us_cpi", D(2025, 11, 1), D(2025, 12, 18), 0),
    ("us_jolts", D(2025, 1, 1), D(2025, 3, 11), 1),
    ("us_jolts", D(2013, 8, 1), D(2013, 10, 24), 0),
    ("us_jolts", D(2025, 9, 1), D(2025, 12, 9), 0),
    ("us_jolts", D(2025, 10, 1), D(2025, 12, 9), 0),
    ("us_month_mid", D(2024, 10, 1), D(2024, 11, 19), 3),
    ("us_month_mid", D(2013, 9, 1), D(2013, 10, 29), 30),
    ("us_month_mid", D(2025, 9, 1), D(2025, 12, 3), 45),
    ("us_month_mid", D(2025, 10, 1), D(2025, 12, 23), 30),
    ("us_month_end", D(2025, 9, 1), D(2025, 12, 5), 4),
    ("us_gdp", D(2025, 7, 1), D(2025, 12, 23), 0),
    ("cot", D(2018, 12, 24), D(2019, 2, 1), 0),
    ("cot", D(2023, 1, 31), D(2023, 2, 24), 0),
]
LATE_2025, MARCH_2026 = (
    dt.datetime(2025, 12, 31, 16, 0, tzinfo=NEW_YORK),
    dt.datetime(2026, 3, 16, 16, 0, tzinfo=NEW_YORK),
)
"""Two snapshots of FRED, each taken at once: both hold the S&P 500's close of that very day."""
SNAPSHOTS = {
    LATE_2025: (
        "us/fred_ANFCI.csv us/fred_BAMLC0A0CM.csv.gz us/fred_BAMLH0A0HYM2.csv.gz us/fred_CFNAI.csv us/fred_CPIAUCSL.csv"
        " us/fred_CPILFESL.csv us/fred_DGS10.csv.gz us/fred_DGS2.csv.gz us/fred_DGS30.csv.gz us/fred_DTWEXBGS.csv"
        " us/fred_FEDFUNDS.csv us/fred_GDPC1.csv us/fred_ICSA.csv us/fred_INDPRO.csv us/fred_M2SL.csv us/fred_MICH.csv"
        " us/fred_PAYEMS.csv us/fred_PCEPILFE.csv us/fred_RSXFS.csv us/fred_STLFSI4.csv us/fred_U6RATE.csv"
        " us/fred_UMCSENT.csv us/fred_UNRATE.csv us/fred_WALCL.csv us/fred_AHETPI.csv"
        " commodities/fred_DCOILBRENTEU.csv commodities/fred_DCOILWTICO.csv commodities/fred_PALLFNFINDEXM.csv"
        " commodities/fred_PCOPPUSDM.csv equities/fred_VIXCLS.csv"
    ),
    MARCH_2026: (
        "us/fred_DGS10_1962_2026.csv.gz us/fred_DGS2_1976_2026.csv.gz us/fred_DGS5_1962_2026.csv.gz"
        " us/fred_BAMLH0A0HYM2_1996_2026.csv.gz us/fred_CPIAUCSL_1947_2026.csv us/fred_CPILFESL_1957_2026.csv"
        " us/fred_PAYEMS_1939_2026.csv us/fred_UNRATE_1948_2026.csv us/fred_PCEPI_1959_2026.csv"
        " us/fred_PCEPILFE_1959_2026.csv commodities/fred_DCOILWTICO_1986_2026.csv equities/fred_VIXCLS_1990_2026.csv"
    ),
}
CASES = [(taken, file) for taken, files in SNAPSHOTS.items() for file in files.split()]
STEP = {"D": "1d", "W": "7d", "M": "1mo", "Q": "3mo"}


def known(rule: str, about: dt.date) -> dt.datetime:
    moment: dt.datetime = publication_times(CATALOG.rules[rule], pl.Series([about]))[0]
    return moment.astimezone(ZoneInfo(CATALOG.rules[rule].tz))


@pytest.mark.parametrize(("rule", "about", "released", "slack"), RELEASED)
def test_no_rule_is_early_and_none_is_late_without_bound(
    rule: str, about: dt.date, released: dt.date, slack: int
) -> None:
    day = known(rule, about).date()
    assert released <= day <= released + dt.timedelta(days=slack)


def test_every_rule_with_listed_dates_keeps_them_behind_the_day_and_in_order() -> None:
    for rule in CATALOG.rules.values():
        assert all(out > about for about, out in rule.dates.items()), rule.id
        listed = [rule.dates[about] for about in sorted(rule.dates)]
        assert all(one <= two for one, two in itertools.pairwise(listed)), rule.id


def test_cot_after_the_lapse_of_2025_is_the_commission_s_own_schedule() -> None:
    """Announced on 18 November 2025: report date, new publication date."""
    schedule = """
        09/30/2025 11/19/2025 10/07/2025 11/21/2025 10/14/2025 11/25/2025 10/21/2025 12/02/2025 10/28/2025 12/05/2025
        11/04/2025 12/09/2025 11/10/2025 12/12/2025 11/18/2025 12/16/2025 11/25/2025 12/19/2025 12/02/2025 12/23/2025
        12/09/2025 12/30/2025 12/16/2025 01/06/2026 12/23/2025 01/09/2026 12/30/2025 01/13/2026 01/06/2026 01/16/2026
        01/13/2026 01/20/2026 01/20/2026 01/23/2026"""
    days = [dt.datetime.strptime(word, "%m/%d/%Y").replace(tzinfo=dt.UTC).date() for word in schedule.split()]
    for about, out in zip(days[::2], days[1::2], strict=True):
        assert known("cot", about).date() == out, about


@pytest.mark.real
@pytest.mark.parametrize(("taken", "file"), CASES, ids=lambda one: one if isinstance(one, str) else f"{one:%Y-%m}")
def test_what_a_snapshot_does_not_hold_was_not_public_by_the_rule(taken: dt.datetime, file: str) -> None:
    code = re.sub(r"\.csv.*", "", file.split("fred_")[1]).split("_")[0]
    series = next(one for one in CATALOG.series.values() if (one.source, one.code) == ("fred", code))
    frame = pl.read_csv(real_folder("ALVORADA_REAL_HISTORY", "real-history") / file, infer_schema=False)
    day, value = frame.columns[:2]
    last = frame.filter(~pl.col(value).fill_null(".").is_in(["", "."]))[day].str.to_date().max()
    assert isinstance(last, dt.date)
    following = pl.Series([last]).dt.offset_by(STEP[series.frequency])[0]
    if series.frequency == "D":
        following = calendars.us_government().on_or_after(following)
    assert known(series.rule, following) > taken, (series.id, last)


@pytest.mark.real
def test_ibge_s_bodies_of_two_days_hold_what_the_rules_say() -> None:
    folder = real_folder("ALVORADA_REAL_PRODUCTS", "real-products") / "macro"
    for rule, name, day, has in (
        ("ibge_ipca", "ibge_ipca_20251110", D(2025, 11, 10), False),
        ("ibge_ipca", "ibge_ipca_20251111", D(2025, 11, 11), True),
        ("ibge_ipca", "ibge_inpc_20251111", D(2025, 11, 11), True),
        ("pnad", "ibge_unemployment_20251111", D(2025, 11, 11), False),
    ):
        months = set(re.findall(r'"(20\d{4})"', json.dumps(json.loads((folder / f"{name}.json").read_text()))))
        assert ("202510" in months) is has, name
        assert (known(rule, D(2025, 10, 1)).date() <= day) is has, name


@pytest.mark.real
def test_ipca_was_not_out_while_focus_still_asked_for_it() -> None:
    """The survey of a month stops the day before its IPCA at the latest: 138 months, 2003 to 2014."""
    file = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "focus" / "focus_ipca_by_month_daily_2003_2014.csv.gz"
    surveys = pl.read_csv(file, try_parse_dates=True).group_by("ref_month").agg(pl.col("date").max()).sort("ref_month")
    seen = 0
    for month, last in surveys.rows():
        about = dt.date.fromisoformat(f"{month}-01")
        if last < (about + dt.timedelta(days=32)).replace(day=1):
            continue  # the file ends before the month does
        seen += 1
        assert known("ibge_ipca", about).date() >= calendars.anbima().offset(last, 1), month
    assert seen == 138


@pytest.mark.real
def test_no_target_is_known_before_its_meeting_and_none_a_day_after_it_holds() -> None:
    file = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro/sgs_432_01-01-2017_11-02-2026.json"
    rows = [
        (dt.datetime.strptime(r["data"], "%d/%m/%Y").replace(tzinfo=dt.UTC).date(), r["valor"])
        for r in json.loads(file.read_text())
    ]
    turns = [day for (_, before), (day, now) in itertools.pairwise(rows) if before != now]
    meetings = load_meetings()
    decided = sorted({*meetings.copom, *meetings.copom_between})
    assert len(turns) > 35
    for turn in turns:
        meeting = max(day for day in decided if day < turn)
        moment = known("copom_target", turn)
        assert moment.date() >= meeting
        assert moment < dt.datetime.combine(turn, dt.time(6), SAO_PAULO), "the morning after decides on the new target"
