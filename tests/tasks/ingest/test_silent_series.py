"""A series that is gone from an answer of several is a finding of its own, told once; a pause of its source is none."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast
from urllib.parse import unquote

import httpx
import pytest

from bench._mornings import MadeSource, Mornings
from desk.catalog import Catalog, load_catalog
from desk.errors import Incomplete
from desk.model import Series, Window, decision_time
from tasks.ingest import ledger_cells
from tasks.ingest.source_job import fetch_open_queries
from tasks.ingest.source_task import conclude_fetch
from tasks.run.run import Run
from tasks.store import Store
from tests.tasks.ingest.scripted import MON, auction, cells, job_of

pytestmark = pytest.mark.db

FULL = load_catalog()
FIRST, LAST = dt.date(2026, 2, 2), dt.date(2026, 6, 1)
MARKETS = ("102741", "13874A", "043602", "098662")


@dataclass
class MadeSocrata:
    """The CFTC's Socrata: reports of Tuesdays, out on Fridays. `gone`: market -> the Tuesdays that it leaves out."""

    series: list[Series]
    gone: dict[str, tuple[dt.date, dt.date]] = field(default_factory=dict)
    pause: tuple[dt.date, dt.date] | None = None
    now: dt.datetime = field(default_factory=lambda: decision_time(FIRST))
    requests: Counter[str] = field(default_factory=Counter)

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = unquote(str(request.url))
        self.requests["all"] += 1
        start, end = (dt.date.fromisoformat(day) for day in re.findall(r"'(\d{4}-\d\d-\d\d)T", asked))
        codes = re.findall(r"'(\w+)'(?=[,)])", asked)
        rows = [
            {
                "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
                "cftc_contract_market_code": code,
                **{str(one.params["field"]): "100" for one in self.series if one.code == code},
            }
            for day in self._shown(start, end)
            for code in codes
            if not (code in self.gone and self.gone[code][0] <= day < self.gone[code][1])
        ]
        return httpx.Response(200, text=json.dumps(rows))

    def _shown(self, start: dt.date, end: dt.date) -> list[dt.date]:
        days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
        shown = [day for day in days if day.weekday() == 1 and self._out(day) <= self.now]
        return [day for day in shown if not (self.pause and self.pause[0] <= day < self.pause[1])]

    def _out(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(20, 30), dt.UTC) + dt.timedelta(days=3)


def made(store: Store, folder: Path, **how: object) -> tuple[Mornings, MadeSocrata]:
    dataset = replace(FULL.datasets["cftc_tff"], history_days=90)
    series = [one for one in FULL.series_of("cftc_tff") if one.code in MARKETS and one.id.endswith("_oi")]
    catalog = Catalog(FULL.sources, {dataset.id: dataset}, {one.id: one for one in series}, FULL.rules)
    source = MadeSocrata(series, **how)  # type: ignore[arg-type]
    return Mornings(store, cast(MadeSource, source), dataset, catalog, folder / "lake"), source


async def ran(mornings: Mornings, first: dt.date, last: dt.date) -> dict[dt.date, set[str]]:
    """The morning of each Monday; day -> codes that are unknown after it."""
    found = {}
    for day in [first + dt.timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]:
        job = await mornings.morning(day)
        assert job is None or not job.errors, "the dataset is good for the others"
        async with mornings.store.connections.acquire() as connection:
            found[day] = {row["code"] for row in await connection.fetch("SELECT code FROM v_series_unknown")}
    return found


async def test_a_market_that_leaves_the_report_is_found_after_four_weeks_and_asked_ever_more_rarely(
    store: Store, tmp_path: Path
) -> None:
    dead_from = dt.date(2026, 2, 17)
    mornings, _ = made(store, tmp_path, gone={"102741": (dead_from, LAST)})
    found = await ran(mornings, FIRST, LAST)
    first = min(day for day, codes in found.items() if codes)
    assert dt.timedelta(days=24) <= first - dead_from <= dt.timedelta(days=42)
    assert all(codes == {"102741"} for day, codes in found.items() if day >= first)
    async with store.connections.acquire() as connection:
        looks = await connection.fetch("SELECT DISTINCT started_at, error FROM series_look WHERE state = 'unknown'")
        states = {row["last_state"] for row in await connection.fetch("SELECT DISTINCT last_state FROM v_cells")}
    assert len({row["started_at"] for row in looks}) <= 6
    assert all("after 2026-02-10, while" in row["error"] for row in looks)
    assert states <= {"ok", "not_yet", "empty"}
    assert max(mornings.requests) <= 2


async def test_a_market_that_comes_back_with_its_reports_is_filled_up_and_known_again(
    store: Store, tmp_path: Path
) -> None:
    dead_from = dt.date(2026, 2, 17)
    mornings, source = made(store, tmp_path, gone={"102741": (dead_from, LAST)})
    await ran(mornings, FIRST, dt.date(2026, 4, 17))
    source.gone.clear()
    found = await ran(mornings, dt.date(2026, 4, 20), LAST)
    assert not found[LAST]
    own = {row[1] for row in await mornings.stored_rows() if str(row[0]).startswith("cot_brl_oi")}
    tuesdays = {FIRST + dt.timedelta(days=1 + 7 * n) for n in range(16)}
    assert tuesdays <= own, "no hole is left"
    rows = [row for row in await mornings.stored_rows() if row[0] == "cot_brl_oi"]
    known = {obs_date: known for _, obs_date, known, _, _ in rows if str(dead_from) <= str(obs_date) <= "2026-04-07"}
    assert known
    assert all(str(at) >= "2026-04-20" for at in known.values()), "known from its return on"


@pytest.mark.parametrize(
    "how",
    [
        {"pause": (dt.date(2026, 2, 17), dt.date(2026, 4, 7))},  # a lapse in appropriations: no market at all
        {"gone": {"102741": (dt.date(2026, 3, 3), dt.date(2026, 3, 24))}},  # too few traders for three weeks
    ],
)
async def test_a_pause_of_the_report_or_of_a_market_is_no_finding(
    store: Store, tmp_path: Path, how: dict[str, object]
) -> None:
    mornings, _ = made(store, tmp_path, **how)
    assert not any((await ran(mornings, FIRST, LAST)).values())


async def test_all_markets_but_one_leaving_is_found_market_by_market_and_loses_nothing(
    store: Store, tmp_path: Path
) -> None:
    left = ("102741", "043602", "098662")
    mornings, source = made(store, tmp_path, gone=dict.fromkeys(left, (dt.date(2026, 2, 17), LAST)))
    before = await ran(mornings, FIRST, dt.date(2026, 2, 16))
    rows = await mornings.stored_rows()
    found = await ran(mornings, dt.date(2026, 2, 23), dt.date(2026, 4, 6))
    assert not any(before.values())
    assert not found[dt.date(2026, 3, 9)], "three weeks are no finding"
    assert found[dt.date(2026, 4, 6)] == set(left)
    kept = await mornings.stored_rows()
    assert [row for row in kept if row in rows] == rows
    assert {row[0] for row in kept if str(row[1]) >= "2026-02-17"} == {
        one.id for one in source.series if one.code not in left
    }


async def test_the_first_run_finds_a_market_that_was_never_there(store: Store, tmp_path: Path) -> None:
    mornings, _ = made(store, tmp_path, gone={"102741": (dt.date(2020, 1, 1), LAST)})
    assert await ran(mornings, FIRST, FIRST) == {FIRST: {"102741"}}


async def test_an_answer_that_lacks_something_leaves_its_rows_their_cells(run: Run) -> None:
    """A file of years, as the Treasury's: what is wanted and gone fails no day that has rows."""
    job = job_of(run, {"stn_auctions": auction}, {"stn_auctions": [Window(MON, MON)]})
    (fetch,) = job.fetches
    fetch.dataset = replace(fetch.dataset, per_day=False)
    await fetch_open_queries(run, job)
    fetch.errors.append(Incomplete("stn_fiscal", "no NTN-B"))
    await ledger_cells.open_cells(run, job.fetches)
    await conclude_fetch(run, job, run.clock())
    found = await cells(run, "stn_auctions")
    assert {state for state, _ in found.values()} == {"ok"}
    assert all("no NTN-B" in str(error) for _, error in found.values())
