"""What the catalogue once had wrong, row by row of the table in docs/labels.md: each stays as the evidence has it."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.expiry import load_expiring
from desk.point_in_time.publication_rules import publication_times
from desk.transforms.inflation import load_inflation_targets

ROOT = Path(__file__).parents[2]
CATALOG = load_catalog()
RAW = tomllib.loads((ROOT / "desk/catalog/scenarios.toml").read_text(encoding="utf-8"))
PARAMETRIC, DATED = RAW["parametric"], RAW["dated"]
EXPIRING = {one.id: one for one in load_expiring()}
SAO_PAULO, NEW_YORK = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/New_York")
D = dt.date


def out(rule: str, about: dt.date, zone: ZoneInfo = NEW_YORK) -> dt.datetime:
    """When the rule says that the number about a day was public."""
    days = pl.Series([about], dtype=pl.Date)
    found: dt.datetime = publication_times(CATALOG.rules[rule], days)[0]
    return found.astimezone(zone)


def share(scenario: dict[str, dict[str, float]], tenor: str = "2520") -> float:
    return scenario["real_bp"][tenor] / scenario["pre_bp"][tenor]


def ipca_by_its_calendar() -> None:
    for about, day in (("2023-08", D(2023, 9, 12)), ("2025-02", D(2025, 3, 12)), ("2025-07", D(2025, 8, 12)),
                       ("2025-10", D(2025, 11, 11))):  # fmt: skip
        assert out("ibge_ipca", D.fromisoformat(f"{about}-01"), SAO_PAULO).date() == day
    used = [one for one in CATALOG.series.values() if one.rule == "ibge_ipca"]
    assert len(used) > 50


def groups_of_1640() -> None:
    names = {one.code: one.name for one in CATALOG.series.values() if one.source == "bcb_sgs"}
    order = ("communication", "health", "personal", "education")
    assert all(word in names[str(1640 + place)].lower() for place, word in enumerate(order))


def ptax_a_day_late() -> None:
    entries = tomllib.loads((ROOT / "tests/history/real_history.toml").read_text(encoding="utf-8"))["file"]
    late, right = [one for one in entries if "usdbrl_ptax_sell" in one.get("columns", {}).values()][:2]
    assert (late["shift_bd"], "shift_bd" in right) == (-1, False)
    assert late["end"] < D(2009, 11, 1)
    assert right["start"] > late["end"]
    assert DATED["october_15_2008"]["moves"]["usdbrl"] == pytest.approx(0.037, abs=0.001)


def joesley_moves_rates() -> None:
    day = PARAMETRIC["joesley_2017"]
    expected = {"126": 103, "252": 138, "504": 160, "756": 172, "1260": 180, "2520": 180}
    assert day["pre_bp"] == pytest.approx(expected, abs=1)
    assert day["real_bp"]["1260"] == pytest.approx(110, abs=1)
    assert day["real_bp"]["2520"] == pytest.approx(107, abs=1)
    assert day["sovereign_bp"] == pytest.approx(60, abs=1)


def real_shares() -> None:
    taper, brazil = PARAMETRIC["taper_tantrum_2013"], PARAMETRIC["brazil_2015"]
    assert 0.60 <= taper["real_bp"]["2520"] / taper["pre_bp"] <= 0.80
    assert 0.20 <= brazil["real_bp"]["2520"] / brazil["pre_bp"] <= 0.35
    assert 0.36 <= share(PARAMETRIC["rates_2022"]) <= 0.50
    assert share(DATED["covid_replay"]["moves"]) == pytest.approx(0.58, abs=0.01)
    assert share(PARAMETRIC["fiscal_package_2024"]) == pytest.approx(0.38, abs=0.01)


def shock_of_2022_is_hypothetical() -> None:
    assert "hypothetical" in PARAMETRIC["rate_shock_2022"]["name"]
    assert "start" not in PARAMETRIC["rate_shock_2022"]
    assert PARAMETRIC["rates_2022"]["usdbrl"] == pytest.approx(0.186, abs=0.001)
    assert max(PARAMETRIC["rates_2022"]["pre_bp"].values()) < 300
    assert max(PARAMETRIC["rates_2021"]["pre_bp"].values()) > 500


def taper_by_tenor() -> None:
    assert PARAMETRIC["taper_tantrum_2013"]["ust_bp"] == {"504": 32, "1260": 120, "2520": 132, "7560": 106}
    assert DATED["taper_tantrum_replay"]["moves"]["ust_bp"]["504"] == 16


def cot_by_its_schedule() -> None:
    for about, day in ((D(2025, 9, 30), D(2025, 11, 19)), (D(2018, 12, 24), D(2019, 2, 1)),
                       (D(2026, 6, 16), D(2026, 6, 22)), (D(2026, 11, 24), D(2026, 11, 30)),
                       (D(2026, 9, 15), D(2026, 9, 18))):  # fmt: skip
        assert out("cot", about).date() == day


def bounds_not_typical_days() -> None:
    for rule, about, day in (
        ("us_payrolls", D(2025, 12, 1), D(2026, 1, 9)), ("us_cpi", D(2024, 12, 1), D(2025, 1, 15)),
        ("us_jolts", D(2025, 1, 1), D(2025, 3, 11)), ("us_month_mid", D(2024, 10, 1), D(2024, 11, 19)),
        ("ipca15", D(2023, 4, 1), D(2023, 4, 26)), ("ibc_br", D(2025, 3, 1), D(2025, 5, 19)),
    ):  # fmt: skip
        assert day <= out(rule, about).date() <= day + dt.timedelta(days=4), rule


def weekly_dollar_and_late_oil() -> None:
    assert CATALOG.series["dollar_broad"].rule == "h10"
    assert out("h10", D(2025, 12, 26)).date() == D(2025, 12, 29)  # Friday's on Monday
    assert {CATALOG.series[name].rule for name in ("brent_fred", "wti_fred")} == {"eia_spot"}
    assert out("eia_spot", D(2026, 3, 10)).date() >= D(2026, 3, 18)  # Tuesday's a week later


def selic_on_the_evening_before() -> None:
    assert CATALOG.series["selic_target"].rule == "copom_target"
    known = out("copom_target", D(2026, 11, 5), SAO_PAULO)  # in force on Thursday
    assert known.date() == D(2026, 11, 4)
    assert known.time() >= dt.time(18, 30)


def copom_2027_has_a_date_and_a_reminder() -> None:
    assert EXPIRING["copom_2027"].valid_until == D(2026, 12, 31)
    assert EXPIRING["copom_2027"].review_by < D(2026, 12, 31)


def bands_by_year() -> None:
    bands = load_inflation_targets().tolerance_at(np.array([2003, 2005, 2006, 2016, 2017, 2026]))
    assert bands.tolist() == [0.025, 0.025, 0.02, 0.02, 0.015, 0.015]


def notes_of_2003_and_2004() -> None:
    text = (ROOT / "desk/catalog/inflation_targets.toml").read_text(encoding="utf-8")
    assert re.search(r"2003 = 0\.085 +# the open letter of January 2003; CMN: 0\.04$", text, re.MULTILINE)
    assert re.search(r"2004 = 0\.055 +# CMN, June 2003.*0\.0375 before$", text, re.MULTILINE)


def ice_has_three_years() -> None:
    assert "three years" in EXPIRING["ice_bofa_history"].what
    assert "import" in EXPIRING["ice_bofa_history"].mend


def imf_stood_still() -> None:
    assert out("imf_commodities", D(2025, 7, 1)).date() == D(2026, 2, 2)
    assert "no stand-in" in EXPIRING["imf_feed"].what


def doubtful_contract_terms() -> None:
    assert EXPIRING["contract_terms"].mend == "ask the desk's broker"
    assert load_desk_parameters().instruments


def flows_are_a_doubt_that_a_live_call_settles() -> None:
    names = {one.code: one.name for one in CATALOG.series.values() if one.source == "bcb_fx_flow"}
    assert names["13962"].endswith("exports")
    assert names["13966"].endswith("imports")
    assert "13962" in (ROOT / "docs/first-morning.md").read_text(encoding="utf-8")


def bond_market_days() -> None:
    days = calendars.us_government()
    opened = {day: days.is_business_day(D.fromisoformat(day)) for day in ("2021-04-02", "2025-01-09")}
    closed = {day: days.is_business_day(D.fromisoformat(day)) for day in ("2012-10-30", "2018-12-05", "2024-03-29")}
    assert all(opened.values())
    assert not any(closed.values())


ROWS: dict[int, Callable[[], None]] = dict(
    enumerate(
        (
            ipca_by_its_calendar, groups_of_1640, ptax_a_day_late, joesley_moves_rates, real_shares,
            shock_of_2022_is_hypothetical, taper_by_tenor, cot_by_its_schedule, bounds_not_typical_days,
            weekly_dollar_and_late_oil, selic_on_the_evening_before, copom_2027_has_a_date_and_a_reminder,
            bands_by_year, notes_of_2003_and_2004, ice_has_three_years, imf_stood_still, doubtful_contract_terms,
            flows_are_a_doubt_that_a_live_call_settles, bond_market_days,
        ),
        start=1,
    )
)  # fmt: skip


@pytest.mark.parametrize("row", sorted(ROWS))
def test_the_fact_is_as_the_evidence_has_it(row: int) -> None:
    ROWS[row]()


def test_the_page_has_every_row() -> None:
    page = (ROOT / "docs/labels.md").read_text(encoding="utf-8").partition("## What was wrong")[2]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(ROWS)
