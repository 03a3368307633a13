"""The main job on real history: the collected files imported once, and days that every desk remembers.

The levels below were read off the raw files by eye and are what the world knows of those days; see ORIGINS.md there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from alvorada.stack.postgres import Postgres
from desk.errors import BadInput
from desk.gold import GOLD
from desk.model import decision_time
from flows.daily import daily
from flows.history import import_history
from tasks.store import Store
from tests.fixtures.flows import Listener
from tests.flows.real_folders import ROOT, real_folder
from tests.tasks.silver_counts import silver_counts

pytestmark = [pytest.mark.flow, pytest.mark.db]

MAP = ROOT / "tests" / "history" / "real_history.toml"
JOESLEY, COVID, TARIFFS = dt.date(2017, 5, 19), dt.date(2020, 3, 19), dt.date(2025, 4, 2)
DAYS = (JOESLEY, COVID, TARIFFS)
LEHMAN = dt.date(2008, 10, 16)
"""Run last and with a short history: any day since 2008 can be decided, also one before a book that is there."""
SECTIONS = ("Market Snapshot", "Regime", "Agent Views", "Signals", "Portfolio", "Risk", "Actions")
ABSENT = {
    "b3_settlements", "bcb_focus_12m", "bcb_focus_annual", "bcb_focus_monthly", "bcb_focus_selic", "bcb_fx_flow",
    "bea_macro", "bls_macro", "cboe_vix", "cftc_disagg", "eia_spot", "fed_h10", "fed_h41", "ibge_ipca_groups",
    "nyfed_rates", "stn_auctions", "stn_tesouro_direto", "treasury_real",
}  # fmt: skip
"""What no file of the history holds for any of the days."""


@dataclass(frozen=True)
class RealDesk:
    url: str
    home: Path
    states: dict[dt.date, Any]
    imported: Any

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = await Store.open(self.url, "live", pool_size=4)
        yield store
        await store.close()

    async def gold(self, name: str, day: dt.date, since: dt.date | None = None) -> pl.DataFrame:
        async with self.store() as store:
            frame: pl.DataFrame = await store.read_gold(name, decision_time(since or day), decision_time(day))
        return frame

    async def levels(self, day: dt.date) -> dict[str, float]:
        rows = await self.gold("feature", day)
        return dict(rows.select("feature_id", "value").iter_rows())

    async def page(self, day: dt.date) -> str:
        async with self.store() as store:
            report = await store.read_report("en", decision_time(day))
        assert report is not None, day
        return report.html


@pytest.fixture(scope="session")
async def real_desk(
    postgres: Postgres, template_database: str, prefect_api: None, tmp_path_factory: pytest.TempPathFactory
) -> RealDesk:
    """A live world that holds the real history, and the days run on it, one after the other."""
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history")
    real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads")
    home = tmp_path_factory.mktemp("real-history")
    map_file = home / "map.toml"
    text = MAP.read_text(encoding="utf-8")
    assert text.count('root = "../../../shared/real-history"') == 1
    map_file.write_text(text.replace("../../../shared/real-history", str(folder)), encoding="utf-8")
    url = await postgres.ensure_database_async("real_history", template_database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("ALVORADA_HOME", str(home))
        imported = await import_history(map_file, return_state=True)
        states = {}
        for day, history_days in ((JOESLEY, 504), (COVID, 260), (TARIFFS, 60), (LEHMAN, 60)):
            patch.setenv("ALVORADA_HISTORY_DAYS", str(history_days))
            states[day] = await daily(as_of=day, sources="stored", return_state=True)
    return RealDesk(url, home, states, imported)


@pytest.mark.real
async def test_the_whole_history_is_imported_and_each_file_recorded(real_desk: RealDesk) -> None:
    assert real_desk.imported.is_completed(), real_desk.imported.message
    async with real_desk.store() as store, store.connections.acquire() as connection:
        row = await connection.fetchrow("SELECT state, stages FROM pipeline_runs WHERE kind = 'import'")
    files = json.loads(row["stages"])
    assert (row["state"], len(files) >= 85) == ("completed", True)
    assert sum(one["inserted"] for one in files) > 600_000
    bonds = next(one for one in files if one["name"] == "anbima/anbima_tpf_2007_2025.parquet")
    assert (bonds["first"], bonds["last"], bonds["rows"]) == ("2007-01-02", "2025-04-02", bonds["inserted"])


@pytest.mark.real
@pytest.mark.parametrize("day", [*DAYS, LEHMAN])
async def test_each_day_ends_with_gaps_that_are_named(real_desk: RealDesk, day: dt.date) -> None:
    state = real_desk.states[day]
    # After the crash of 18 May 2017 a person looks first: the session's P&L was six times the VaR.
    assert state.name == ("ActionsHeld" if day == JOESLEY else "CompletedWithGaps"), state.message
    assert ("P&L of the day over VaR 99%" in state.message) == (day == JOESLEY)
    status = await real_desk.gold("dataset_status", day)
    absent = set(status.filter(state="absent")["dataset"])
    expected = ABSENT | ({"cftc_tff"} if day in (TARIFFS, LEHMAN) else set())
    assert absent == expected - ({"ibge_ipca_groups"} if day == COVID else set()), "the groups are held from 2020 on"
    page = await real_desk.page(day)
    for name in absent:
        assert name in state.message
        assert name in page
    for title in SECTIONS:
        assert title in page
    assert "ANBIMA prices stand in" in page
    assert "imported history, latest vintage, lagged by its rule" in page


@pytest.mark.real
@pytest.mark.parametrize(
    ("day", "level", "value", "tolerance"),
    [
        (JOESLEY, "usdbrl", 3.3807, 0.0),
        (JOESLEY, "ibovespa", 61_597.1, 0.1),
        (JOESLEY, "selic_target", 0.1125, 0.0),
        (JOESLEY, "pre_252", 0.1009, 0.0040),  # swap pre 360 days: 10.09%; the bonds trade a little above
        (JOESLEY, "pre_756", 0.1105, 0.0025),  # swap pre 1,080 days: 11.05%
        (JOESLEY, "ipca_12m", 0.0408, 0.00005),  # April 2017, out on 10 May
        (JOESLEY, "ust_2520", 0.0223, 0.0),
        (JOESLEY, "vix", 14.66, 0.005),
        (COVID, "usdbrl", 5.1107, 0.0),
        (COVID, "ibovespa", 66_894.95, 0.1),
        (COVID, "selic_target", 0.0375, 0.0),  # cut on the evening of the 18th, from 4.25%
        (COVID, "vix", 76.45, 0.005),
        (COVID, "ipca_12m", 0.0401, 0.00005),
        (COVID, "ust_2520", 0.0118, 0.0),
        (COVID, "spx", 2_398.10, 0.01),
        (COVID, "us_hy_spread", 0.0841, 0.0),  # of the 17th: the index comes out the day after
        (LEHMAN, "usdbrl", 2.1551, 0.0),  # PTAX of 15 October 2008; the file has it on the 16th
        (LEHMAN, "ibovespa", 36_833.0, 1.0),
        (LEHMAN, "spx", 907.84, 0.005),
        (LEHMAN, "vix", 69.25, 0.005),
        (LEHMAN, "selic_target", 0.1375, 0.0),
        (LEHMAN, "ipca_12m", 0.0625, 0.00005),
        (LEHMAN, "ust_2520", 0.0404, 0.0),
        (TARIFFS, "usdbrl", 5.7051, 0.0),
        (TARIFFS, "selic_target", 0.1425, 0.0),
        (TARIFFS, "ust_2520", 0.0417, 0.0),
        (TARIFFS, "ipca_12m", 0.0506, 0.00005),
        (TARIFFS, "pre_252", 0.1497, 0.0010),  # between LTN 2026-01 and 2026-07
    ],
)
async def test_a_level_is_what_the_world_knows_of_the_day(
    real_desk: RealDesk, day: dt.date, level: str, value: float, tolerance: float
) -> None:
    assert (await real_desk.levels(day))[level] == pytest.approx(value, abs=max(tolerance, 1e-9))


@pytest.mark.real
async def test_the_eighteenth_of_may_2017_is_a_jump_of_everything(real_desk: RealDesk) -> None:
    frame = await real_desk.gold("feature", JOESLEY, JOESLEY - dt.timedelta(days=1))
    wide = frame.pivot(on="feature_id", index="as_of", values="value").sort("as_of")
    before, after = wide.row(0, named=True), wide.row(1, named=True)
    assert before["usdbrl"] == 3.1076
    assert after["usdbrl"] / before["usdbrl"] - 1 == pytest.approx(0.0879, abs=5e-5)
    assert after["ibovespa"] / before["ibovespa"] - 1 == pytest.approx(-0.0880, abs=5e-5)
    assert 0.012 < after["pre_252"] - before["pre_252"] < 0.016  # swap pre 360: 8.77% to 10.09%
    assert 0.015 < after["pre_756"] - before["pre_756"] < 0.019  # swap pre 1,080: 9.38% to 11.05%
    assert 0.009 < after["real_1260"] - before["real_1260"] < 0.012  # NTN-B 2050: +100 bp
    page = await real_desk.page(JOESLEY)
    assert "+8.79%" in page
    assert "−8.80%" in page


@pytest.mark.real
@pytest.mark.parametrize("day", DAYS)
async def test_the_book_its_risk_and_its_orders_are_whole(real_desk: RealDesk, day: dt.date) -> None:
    book = await real_desk.gold("portfolio_state", day, DAYS[0])
    nav = book.filter(as_of=decision_time(day))["nav_brl"][0]
    assert 90e6 < nav < 400e6
    assert book["nav_brl"].null_count() == 0
    var = await real_desk.gold("risk_metrics_daily", day)
    assert var.height >= 4
    stress = await real_desk.gold("stress_test_results", day)
    assert stress["scenario_id"].n_unique() >= 10
    for name in ("regime", "agent_view", "strategy_signals", "aggregated_signal", "target_position", "component_var"):
        assert (await real_desk.gold(name, day)).height, name
    for name in GOLD:
        frame = await real_desk.gold(name, day)
        for column in frame.select(pl.selectors.float()):
            assert column.drop_nulls().is_finite().all(), (name, column.name)


@pytest.mark.real
async def test_episodes_before_the_panel_are_replayed_from_the_store(real_desk: RealDesk) -> None:
    """The panel of 2025 begins in 2019. What is not held, or still lies ahead, is absent by name or has no row."""
    stress = (await real_desk.gold("stress_test_results", TARIFFS)).filter(instrument_id="TOTAL", kind="dated")
    moves = {row["scenario_id"]: json.loads(row["moves"]) for row in stress.iter_rows(named=True) if row["moves"]}
    assert moves["joesley_replay"]["usdbrl"] == pytest.approx(3.3807 / 3.1076 - 1, abs=1e-6)
    assert moves["joesley_replay"]["ibovespa"] == pytest.approx(-0.0880, abs=5e-5)
    assert 120 < moves["joesley_replay"]["pre_252"] < 160
    assert 0.20 < moves["lehman_2008"]["usdbrl"] < 0.40
    assert moves["lehman_2008"]["ibovespa"] < -0.35
    assert moves["october_15_2008"]["ibovespa"] < -0.10
    assert moves["october_15_2008"]["usdbrl"] == pytest.approx(2.1551 / 2.0789 - 1, abs=1e-6), (
        "up, as the Fed's noon rate"
    )
    assert moves["taper_tantrum_replay"]["pre_1260"] > 100
    assert "tariffs_replay" not in moves, "not known yet"
    absent = stress.filter(pl.col("name").str.contains("absent"))
    assert absent.is_empty(), absent["name"].to_list()


@pytest.mark.real
async def test_receipts_name_the_files_that_a_number_came_from(real_desk: RealDesk) -> None:
    receipts = await real_desk.gold("input_receipt", JOESLEY)
    async with real_desk.store() as store:
        for name, file in (
            ("usdbrl_ptax_sell", "tidy_by_us/ptax_and_reserves_daily_1980_2020.csv.gz"),
            ("ANBIMA", "anbima/anbima_tpf_2007_2025.parquet"),
            ("UST", "../real-payloads/us_treasury/par_yield_all_1990_to_2022-03.csv"),
        ):
            row = receipts.row(by_predicate=pl.col("input_id") == name, named=True)
            assert row["stamp"] == "imported", name
            async with store.connections.acquire() as connection:
                found = await connection.fetch("SELECT url, origin FROM payload WHERE sha256 = $1", row["sha256"])
            assert {tuple(one.values()) for one in found} == {(file, "imported")}


async def test_the_first_bad_file_ends_the_import_and_what_came_before_stays(
    database_url: str, prefect_api: None, tmp_path: Path
) -> None:
    entries = [("good.csv", "3.3807"), ("bad.csv", "three"), ("never.csv", "1")]
    text = ""
    for name, value in entries:
        (tmp_path / name).write_text(f"d,v\n2017-05-18,{value}\n", encoding="utf-8")
        text += f'[[file]]\npath = "{name}"\ndate = "d"\ncolumns = {{ v = "usdbrl_ptax_sell" }}\n'
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    listener = Listener()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("ALVORADA_HOME", str(tmp_path))
        with pytest.raises(BadInput, match=r"bad\.csv, column 'v', 2017-05-18"):
            await import_history(tmp_path / "map.toml", progress=listener)
    assert [(name, state) for _, name, state, _ in listener.events] == [("good.csv", "done"), ("bad.csv", "failed")]
    store = await Store.open(database_url, "live", pool_size=2)
    try:
        assert (await silver_counts(store))["observation"] == 1
        async with store.connections.acquire() as connection:
            row = await connection.fetchrow("SELECT kind, state, message FROM pipeline_runs")
        assert (row["kind"], row["state"]) == ("import", "failed")
        assert "bad.csv" in row["message"]
    finally:
        await store.close()
