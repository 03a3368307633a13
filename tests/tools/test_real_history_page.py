"""docs/real-history.md is in step with the code that writes it, and the map's files are what they were."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.performance.evidence import Record
from desk.performance.mixes import MixStatistics
from desk.performance.nav_statistics import nav_series
from desk.performance.real_span import INCEPTION
from desk.performance.strategy_coverage import Coverage
from desk.performance.var_by_year import BacktestResult, MethodChange
from desk.portfolio.strategy_performance import PERFORMANCE_SCHEMA
from desk.strategies import STRATEGIES
from tasks.history_import.frames import read_history
from tests.flows.real_folders import ROOT, real_folder
from tools.nav_chart import nav_chart
from tools.real_history_page import CHART, COMMAND, DOCS, EPISODES, PAGE, HistoryRecord, chart, page

MAP, MORE = (ROOT / "tests" / "history" / f"{name}_history.toml" for name in ("real", "more"))


def made_up_record() -> HistoryRecord:
    """A record of a few days, every number made up: its page has the shape of the real one."""
    days = calendars.b3().days(INCEPTION, dt.date(2008, 1, 31))
    state = pl.DataFrame(
        {
            "as_of": [decision_time(day) for day in days],
            "valuation_date": days,
            "nav_brl": np.linspace(100.0, 99.0, len(days)),
            "cost_brl": 0.0,
            "risk_multiplier": 1.0,
            "benchmark_nav_brl": 100.0 * 1.1 ** (np.arange(len(days)) / 252),
        }
    )
    blank = dict.fromkeys(PERFORMANCE_SCHEMA)
    none = BacktestResult(0, 0, 0.0, None, None, None)
    return HistoryRecord(
        days=days,
        path=nav_series(state),
        records=pl.DataFrame(
            [{**blank, "strategy_id": one.id, "days": 0} for one in STRATEGIES], schema=PERFORMANCE_SCHEMA
        ),
        coverage=[Coverage(one.id, 0, None, None, {"x": ("y",)}, ()) for one in STRATEGIES],
        var_backtests={2008: {"var_95": none, "var_99": none}, 0: {"var_95": none, "var_99": none}},
        method_changes=[MethodChange(days[5], "filtered_historical", "student_t", "rejected", "accepted", (24, 6))],
        by_method={"student_t": {"var_95": none, "var_99": none}},
        episodes=[(name, None) for name, _, _ in EPISODES],
        replays=[("A day", -0.01)],
        curves=[("cupom", "", 0, INCEPTION, INCEPTION)],
        evidence=[Record(one.id, 0, None, None, None, None) for one in STRATEGIES],
        overfitting=None,
        mixes={"the mean of the strategies": MixStatistics(0.01, 0.02, None, 0.03)},
    )


def skeleton(text: str) -> list[str]:
    """Headings and the first row of each table."""
    lines = text.splitlines()
    heads = [line for line, after in itertools.pairwise(lines) if re.match(r"\| ?-", after)]
    return [re.sub(r"\d{4} to \d{4}", "YEARS", line) for line in lines if line.startswith("#") or line in heads]


def test_the_page_has_the_sections_and_tables_that_the_command_writes() -> None:
    written = (DOCS / PAGE).read_text(encoding="utf-8")
    assert skeleton(written) == skeleton(page(made_up_record(), load_desk_parameters()))
    assert COMMAND in written.splitlines()[0]
    assert "Nothing is tuned on this page" in written
    for strategy in STRATEGIES:
        assert f"| `{strategy.id}` | " in written
    for name, before, last in EPISODES:
        assert f"| {name} | {before} to {last} |" in written
    assert not re.search(r"\bnan\b", written)
    assert (DOCS / "img" / CHART).read_text(encoding="utf-8").startswith("<svg")


def test_an_unknown_number_is_written_as_unknown_and_not_as_zero() -> None:
    text = page(made_up_record(), load_desk_parameters())
    assert "| unknown | unknown | unknown | unknown |" in text
    assert "The probability of backtest overfitting is unknown" in text
    assert "| cupom | none | 0 | | |" in text
    scored = dataclasses.replace(made_up_record(), coverage=[Coverage("A", 3, INCEPTION, INCEPTION, {}, ("DOL",))])
    assert f"| `A` | 3 | {INCEPTION} | {INCEPTION} | none | DOL |" in page(scored, load_desk_parameters())


def test_a_change_of_the_headline_is_on_the_page_with_its_evidence() -> None:
    text = page(made_up_record(), load_desk_parameters())
    assert "| 2008-01-09 | filtered historical: rejected | 24, 6 | student t: accepted |" in text
    never = page(dataclasses.replace(made_up_record(), method_changes=[]), load_desk_parameters())
    assert "It never changed." in never


def test_the_chart_reaches_its_deepest_fall_and_no_further() -> None:
    drawn = chart(made_up_record())
    assert drawn.count("<polyline") == 3
    days = calendars.b3().days(INCEPTION, dt.date(2010, 1, 29))
    text = nav_chart(days, np.linspace(1.0, 2.0, len(days)), np.ones(len(days)), np.full(len(days), 0.25))
    assert "-25%" in text
    assert ">2010<" in text


@pytest.mark.real
def test_the_files_become_silver_known_by_their_rules() -> None:
    real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads")
    if real_folder("ALVORADA_REAL_HISTORY", "real-history") != (MAP.parent / "../../../shared/real-history").resolve():
        pytest.skip("the map's own root is another folder")
    silver = read_history([MAP, MORE], load_catalog())
    assert sum(map(len, silver.values())) > 1_000_000
    settled = silver["settlement"].filter(contract_id="DI1F21").sort("obs_date")
    joesley = settled.filter(pl.col("obs_date").is_between(dt.date(2017, 5, 17), dt.date(2017, 5, 18)))
    assert [round(rate, 4) for rate in joesley["rate"]] == [0.0959, 0.1139]
    focus = silver["expectation"].filter(indicator="IPCA", reference="12m_smoothed", obs_date=dt.date(2015, 11, 20))
    assert focus["median"].to_list() == [0.0713]
    assert focus["knowledge_time"].to_list() == [dt.datetime(2015, 11, 23, 10, 25, tzinfo=dt.UTC)]
    day = silver["observation"].filter(series_id="usdbrl_ptax_sell", obs_date=dt.date(2017, 5, 18))
    assert day["value"].to_list() == [3.3807]
    assert day["knowledge_time"].to_list() == [dt.datetime(2017, 5, 18, 16, 10, tzinfo=dt.UTC)]
    for name, frame in silver.items():
        assert not frame.select("obs_date", "knowledge_time").null_count().sum_horizontal()[0], name
    newest = silver["settlement"]["obs_date"].max()
    assert isinstance(newest, dt.date)
    last = calendars.b3().offset(newest, 1)
    days = len(calendars.b3().days(INCEPTION, last))
    assert f"From {INCEPTION} to {last}, {days} decision days" in (DOCS / PAGE).read_text(encoding="utf-8")
