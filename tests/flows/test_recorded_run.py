"""Recorded runs: the collected real payloads through bronze and the parsers to a page, and a recording of our own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from alvorada.stack.postgres import Postgres
from desk.model import SILVER, decision_time
from flows.daily import daily
from tasks.store import Store
from tests.fixtures.flows import FILLED, NEXT_DAY, Listener, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox
from tests.flows.real_folders import ROOT, real_folder

pytestmark = [pytest.mark.flow, pytest.mark.db]

MANIFEST = ROOT / "tests" / "recordings" / "real_payloads.json"
DAY = dt.date(2026, 1, 13)
"""The morning after the day of the recorded price report."""
LONG_AGO = dt.date(1979, 1, 1)


class Replayed:
    """What the recorded run of DAY left behind."""

    def __init__(self, state: Any, url: str, events: list[tuple[str, str, str, str]]) -> None:
        self.state, self.url, self.events = state, url, events
        self.silver: dict[str, pl.DataFrame] = {}
        self.gold: dict[str, pl.DataFrame] = {}
        self.page = ""


@pytest.fixture(scope="session")
async def replayed(
    postgres: Postgres, template_database: str, prefect_api: None, tmp_path_factory: pytest.TempPathFactory
) -> Replayed:
    folder = real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads")
    url, listener = await postgres.ensure_database_async("real_payloads", template_database), Listener()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("ALVORADA_HOME", str(tmp_path_factory.mktemp("recorded")))
        patch.setenv("ALVORADA_HISTORY_DAYS", "60")
        state = await daily(
            as_of=DAY, sources="recorded", recording=folder, manifest=MANIFEST, progress=listener, return_state=True
        )
    ran, as_of = Replayed(state, url, listener.events), decision_time(DAY)
    store = await Store.open(url, "recorded", pool_size=4)
    try:
        ran.silver = {name: await store.read_silver(name, as_of, LONG_AGO) for name in SILVER}
        for name in ("feature", "dataset_status", "input_receipt"):
            ran.gold[name] = await store.read_gold(name, as_of, as_of)
        report = await store.read_report("en", as_of)
        ran.page = report.html if report else ""
    finally:
        await store.close()
    return ran


def value(frame: pl.DataFrame, day: dt.date, **key: str) -> float:
    """The one observation of a key and a day."""
    return float(frame.filter(obs_date=day, **key)["value"].item())


@pytest.mark.real
def test_the_recorded_run_fails_for_what_it_must_have_and_names_it(replayed: Replayed) -> None:
    assert replayed.state.name == "Failed"
    message = replayed.state.message
    for name in ("b3_swap_curves", "bcb_ptax", "ibge_ipca_index"):
        assert name in message
        assert name in replayed.page
    status = dict(replayed.gold["dataset_status"].select("dataset", "state").iter_rows())
    assert status["cftc_tff"] == "absent", "the report of 6 January came out on the 16th, after the shutdown"
    assert status["b3_settlements"] == "failed", "the files of other days are not in the recording"
    assert {status[name] for name in ("bcb_fx_flow", "stn_tesouro_direto", "treasury_real")} == {"absent"}


@pytest.mark.real
def test_real_numbers_come_through_bronze_and_the_parsers(replayed: Replayed) -> None:
    observed = replayed.silver["observation"]
    assert value(observed, dt.date(2020, 3, 18), series_id="usdbrl_sgs_sell") == 5.1107
    assert value(observed, dt.date(2024, 12, 31), series_id="usdbrl_sgs_sell") == 6.1923
    assert value(observed, dt.date(2025, 6, 19), series_id="selic_target") == 0.15
    assert value(observed, dt.date(1980, 1, 1), series_id="ipca_mom") == pytest.approx(0.0662)
    assert value(observed, dt.date(2022, 4, 1), series_id="ipca_mom") == pytest.approx(0.0106)
    assert value(observed, dt.date(2023, 10, 19), series_id="dgs10") == pytest.approx(0.0498)
    bars = replayed.silver["price_bar"].filter(instrument_id="vix", obs_date=dt.date(2020, 3, 16))
    assert bars.select("open", "high", "low", "close").row(0) == (57.83, 83.56, 57.83, 82.69)
    curve = replayed.silver["curve_point"].filter(curve_id="UST", tenor_bd=2520, obs_date=dt.date(2020, 3, 18))
    assert curve["rate"].to_list() == [0.0118]
    futures = replayed.silver["settlement"].filter(obs_date=dt.date(2026, 1, 12))
    assert {name[:3] for name in futures["contract_id"]} >= {"DI1", "DOL", "IND", "DAP", "DDI"}


@pytest.mark.real
def test_the_settlements_of_the_day_make_its_curves(replayed: Replayed) -> None:
    """Read off the price report: DI1F27 88,324.26 at 13.741%, DI1J27 13.478%, DI1F31 13.289%, DAPQ30 7.785%."""
    levels = dict(replayed.gold["feature"].select("feature_id", "value").iter_rows())
    futures = replayed.silver["settlement"].filter(obs_date=dt.date(2026, 1, 12))
    contracts = {row["contract_id"]: (row["price"], row["rate"]) for row in futures.iter_rows(named=True)}
    assert contracts["DI1F27"] == (88_324.26, 0.13741)
    assert contracts["DAPQ30"] == (71_089.91, 0.07785)
    assert contracts["DOLG26"][0] == 5_397.43
    assert 0.13478 < levels["pre_252"] < 0.13741, "a year lies between January and April 2027"
    assert levels["pre_1260"] == pytest.approx(0.13289, abs=0.0002), "five years lie a few days past January 2031"
    assert levels["real_1260"] == pytest.approx(0.0778, abs=0.0005)
    assert levels["ipca_12m"] == pytest.approx(0.0426, abs=5e-5), "December 2025, out on 9 January 2026"
    assert levels["vix"] == 15.12
    for text in ("13.69%", "4.26%", "15.12", "RECORDED DATA"):
        assert text in replayed.page


@pytest.mark.real
def test_what_is_not_known_is_said_and_not_made_up(replayed: Replayed) -> None:
    levels = dict(replayed.gold["feature"].select("feature_id", "value").iter_rows())
    assert levels.get("usdbrl") is None, "the last recorded rate is a year old"
    assert "The book was not marked" in replayed.page
    assert "<dt>Not computed</dt><dd>USD/BRL, " in replayed.page
    receipts = replayed.gold["input_receipt"]
    old = receipts.row(by_predicate=pl.col("input_id") == "usdbrl_sgs_sell", named=True)
    assert (old["value"], old["obs_date"], old["state"]) == (6.1923, dt.date(2024, 12, 31), "stale")
    states = {name: (state, detail) for kind, name, state, detail in replayed.events if kind == "source"}
    assert states["bcb_ptax"][0] == "failed"
    state, detail = states["cftc_cot"]
    assert state == "gaps"
    assert "a report of 2026-06-09 in answer to" in detail, "the collected file goes beyond the window of the request"


async def test_a_recording_of_a_sandbox_run_replays_to_the_same_silver(
    filled_desk: RunningDesk,
    postgres: Postgres,
    quiet_sandbox: RunningSandbox,
    database_numbers: Iterator[int],
    tmp_path: Path,
) -> None:
    """The morning of NEXT_DAY twice, on two clones: once against the sandbox, once from the bodies it gave."""
    folder, name = tmp_path / "recording", f"replay_{next(database_numbers)}"
    url = await postgres.ensure_database_async(name, FILLED)
    replay = RunningDesk(url, tmp_path / "replay", "http://127.0.0.1:9")
    await replay.rows("UPDATE world SET name = 'recorded'")
    arguments: list[tuple[RunningDesk, dict[str, Any]]] = [
        (filled_desk, {"sources": "sandbox", "record": folder}),
        (replay, {"sources": "recorded", "recording": folder}),
    ]
    silver = []
    try:
        for desk, how in arguments:
            with pytest.MonkeyPatch.context() as patch:
                for setting, text in desk.environment(NEXT_DAY).items():
                    patch.setenv(setting, text)
                state = await daily(as_of=NEXT_DAY, return_state=True, **how)
            assert state.name == "Completed", state.message
            silver.append({table: await _rows(desk, table) for table in SILVER})
    finally:
        await drop_database(postgres, name)
    assert (folder / "manifest.json").is_file()
    for table in SILVER:
        assert silver[0][table] == silver[1][table], table
    fresh = [row for row in silver[0]["observation"] if row["obs_date"] >= NEXT_DAY - dt.timedelta(days=1)]
    assert fresh, "the recorded morning did bring something"


async def _rows(desk: RunningDesk, table: str) -> list[Any]:
    columns = ", ".join(name for name in SILVER[table].stored_schema if name != "payload_id")
    key = ", ".join(SILVER[table].key)
    since = NEXT_DAY - dt.timedelta(days=120)
    return await desk.rows(f"SELECT {columns} FROM {table} WHERE obs_date >= $1 ORDER BY {key}", since)
