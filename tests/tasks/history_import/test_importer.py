"""The import into a store: holes are filled by their publication rule, and what is stored stays as it is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import polars as pl
import pytest

from blocks.settings import load_settings
from desk import calendars
from desk.catalog import load_catalog
from desk.errors import BadInput
from desk.model import OBSERVATION, UTC, decision_time
from flows.history import summary
from tasks.history_import import FileMap, import_file
from tasks.ingest.imported_history import judge_import
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tasks.store.lake import Lake
from tests.tasks.silver_counts import silver_counts

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 1, 13, 12, 0, tzinfo=UTC)
LONG_AGO = dt.date(2000, 1, 1)


@pytest.fixture
async def run(database_url: str, tmp_path: Path) -> AsyncIterator[Run]:
    store = await Store.open(database_url, world="live", pool_size=4)
    yield Run(
        run_id=uuid.uuid4(),
        as_of=NOW,
        sources="live",
        settings=load_settings(),
        catalog=load_catalog(),
        store=store,
        lake=Lake.open(str(tmp_path / "lake")),
        clock=lambda: NOW,
        progress=NullProgress(),
        code_version="test",
    )
    await store.close()


def series_file(folder: Path, name: str, text: str, **fields: object) -> tuple[FileMap, Path]:
    (folder / name).write_text(text, encoding="utf-8")
    entry = FileMap.model_validate({"path": name, "date": "date", "columns": {"v": "usdbrl_ptax_sell"}, **fields})
    return entry, folder / name


async def known(run: Run, day: dt.date) -> list[tuple[dt.date, float]]:
    rows = await run.store.read_silver("observation", decision_time(day), LONG_AGO)
    return list(rows.select("obs_date", "value").iter_rows())


async def test_rows_are_known_from_their_rules_hour_and_marked_imported(run: Run, tmp_path: Path) -> None:
    entry, file = series_file(tmp_path, "ptax.csv", "date,v\n2017-05-17,3.1076\n2017-05-18,3.3807\n")
    result = await import_file(run, entry, file)
    assert (result.parsed, result.inserted) == (2, 2)
    assert (result.first, result.last) == (dt.date(2017, 5, 17), dt.date(2017, 5, 18))
    assert result.checks["score"] == 1.0
    assert await known(run, dt.date(2017, 5, 18)) == [(dt.date(2017, 5, 17), 3.1076)], "the 18th closes at 13:10"
    assert len(await known(run, dt.date(2017, 5, 19))) == 2
    rows = await run.store.read_silver("observation", NOW, LONG_AGO)
    assert rows["stamp"].unique().to_list() == ["imported"]
    assert rows["knowledge_time"].to_list()[1] == dt.datetime(2017, 5, 18, 16, 10, tzinfo=UTC)


async def test_a_monthly_number_is_lagged_by_its_release_calendar(run: Run, tmp_path: Path) -> None:
    entry, file = series_file(tmp_path, "ipca.csv", "date,v\n2017-04-01,0.14\n", columns={"v": "ipca_mom"})
    await import_file(run, entry, file)
    assert await known(run, dt.date(2017, 5, 12)) == [], "the rule is the last day of IBGE's window, the 12th at 09:00"
    ((day, value),) = await known(run, dt.date(2017, 5, 15))
    assert (day, value) == (dt.date(2017, 4, 1), 0.0014)


async def test_the_bytes_are_in_bronze_and_the_receipt_says_where_from(run: Run, tmp_path: Path) -> None:
    entry, file = series_file(tmp_path, "ptax.csv", "date,v\n2017-05-18,3.3807\n")
    await import_file(run, entry, file)
    payload_id = (await run.store.read_silver("observation", NOW, LONG_AGO))["payload_id"][0]
    receipt = await run.store.payload(payload_id)
    assert (receipt.source, receipt.dataset, receipt.origin) == ("import", "bcb_ptax", "imported")
    assert (receipt.url, receipt.run_id) == ("ptax.csv", run.run_id)
    assert await run.lake.get(receipt.path) == file.read_bytes()


async def test_a_second_import_inserts_nothing(run: Run, tmp_path: Path) -> None:
    entry, file = series_file(tmp_path, "ptax.csv", "date,v\n2017-05-17,3.1076\n2017-05-18,3.3807\n")
    await import_file(run, entry, file)
    again = await import_file(run, entry, file)
    assert (again.parsed, again.inserted) == (2, 0)
    assert (await silver_counts(run.store))["observation"] == 2


async def test_the_first_file_wins_and_a_stored_row_is_never_replaced(run: Run, tmp_path: Path) -> None:
    fetched = decision_time(dt.date(2017, 5, 19))
    live = [("usdbrl_ptax_sell", dt.date(2017, 5, 17), fetched, 3.1, "sight", 1)]
    await run.store.write_silver("observation", pl.DataFrame(live, schema=OBSERVATION.stored_schema, orient="row"))
    first, one = series_file(tmp_path, "one.csv", "date,v\n2017-05-17,9\n2017-05-18,3.3807\n")
    second, two = series_file(tmp_path, "two.csv", "date,v\n2017-05-18,8\n2017-05-19,3.2541\n")
    assert (await import_file(run, first, one)).inserted == 1
    assert (await import_file(run, second, two)).inserted == 1
    assert [value for _, value in await known(run, dt.date(2017, 6, 1))] == [3.1, 3.3807, 3.2541]


async def test_a_bad_file_leaves_no_trace_and_the_good_ones_stay(run: Run, tmp_path: Path) -> None:
    good, file = series_file(tmp_path, "good.csv", "date,v\n2017-05-18,3.3807\n")
    await import_file(run, good, file)
    bad, other = series_file(tmp_path, "bad.csv", "date,v\n2017-05-19,3.2541\n2017-05-22,three\n")
    with pytest.raises(BadInput, match=r"bad\.csv, column 'v', 2017-05-22.*three"):
        await import_file(run, bad, other)
    assert await known(run, dt.date(2017, 6, 1)) == [(dt.date(2017, 5, 18), 3.3807)]
    assert len(list((tmp_path / "lake").rglob("*.zst"))) == 1


async def test_curves_bonds_and_surveys_find_their_dataset(run: Run, tmp_path: Path) -> None:
    curve = {"kind": "curve", "id": "UST", "columns": {}, "vertices": {"v": 504}}
    await import_file(run, *series_file(tmp_path, "ust.csv", "date,v\n2017-05-18,1.27\n", **curve))
    columns = {"type": "t", "maturity": "m", "rate": "v"}
    bonds = {"kind": "bonds", "columns": {}, "bond_columns": columns}
    await import_file(run, *series_file(tmp_path, "b.csv", "date,t,m,v\n2017-05-18,LTN,2019-01-01,0.1\n", **bonds))
    survey = {
        "kind": "expectation",
        "columns": {"indicator": "i", "reference": "r", "median": "v"},
        "scales": {"IPCA": "0.01"},
    }
    await import_file(run, *series_file(tmp_path, "f.csv", "date,i,r,v\n2017-05-12,IPCA,2017,3.93\n", **survey))
    times = {
        table: (await run.store.read_silver(table, NOW, LONG_AGO))["knowledge_time"][0]
        for table in ("curve_point", "settlement", "expectation")
    }
    assert times == {
        "curve_point": dt.datetime(2017, 5, 18, 22, 0, tzinfo=UTC),  # 18:00 New York
        "settlement": dt.datetime(2017, 5, 18, 23, 30, tzinfo=UTC),  # 20:30 São Paulo
        "expectation": dt.datetime(2017, 5, 15, 11, 25, tzinfo=UTC),  # Monday 08:25
    }
    unknown = {"kind": "curve", "id": "BUND", "columns": {}, "vertices": {"v": 504}}
    with pytest.raises(BadInput, match="no dataset of the catalogue declares the curve 'BUND'"):
        await import_file(run, *series_file(tmp_path, "b.csv", "date,v\n2017-05-18,1.27\n", **unknown))


async def test_what_an_import_brings_is_judged_day_by_day_said_and_stays_believed(run: Run, tmp_path: Path) -> None:
    days = calendars.b3().days(dt.date(2025, 9, 1), dt.date(2025, 12, 30))
    values = [5.40 + 0.02 * (at % 3) for at in range(len(days))]
    values[50] *= 100.0  # a slip, gone the day after
    values[60:] = [value * 1.10 for value in values[60:]]  # a devaluation that stays: odd on its day, and believed
    text = "date,v\n" + "".join(f"{day},{value:.4f}\n" for day, value in zip(days, values, strict=True))
    result = await import_file(run, *series_file(tmp_path, "a.csv", text))
    odd = await judge_import(run, {result.payload_id})
    assert [(one.obs_date, one.rule) for one in odd] == [(days[50], "slip"), (days[60], "step")]
    assert odd[0].reason.startswith("imported, and would be held: ")
    assert "would be held" not in odd[1].reason
    stored = await run.store.read_suspects(decision_time(LONG_AGO), NOW)
    assert set(stored["obs_date"]) == {days[50], days[60]}
    assert (await run.store.read_holds()).is_empty()
    assert len(await known(run, dt.date(2026, 1, 12))) == len(days)
    line = summary([result], 1.0, odd)
    assert line.endswith(
        f"not plausible: 2 (v_suspect), of which a fetch would hold 1: usdbrl_ptax_sell {days[50]} {values[50]:g}"
    )
    # the same again inserts nothing, and there is nothing to judge
    again = await import_file(run, *series_file(tmp_path, "a.csv", text))
    assert again.inserted == 0
    assert summary([again], 1.0, []).endswith("0 new, in 1 s")
