"""Mornings with one dead code: the others as if nothing were, few requests, nothing known before it could be seen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bench._mornings import MadeSource, Mornings, shortened
from desk import calendars
from desk.catalog import Catalog
from desk.catalog.alert_rules import load_alerts
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import Dataset, Series, decision_time
from tasks.alerts.read_facts import read_metrics
from tasks.store import Store

pytestmark = pytest.mark.db

FIRST, LAST = dt.date(2026, 3, 2), dt.date(2026, 4, 10)
COUNT = 6
DEAD_FROM = dt.date(2026, 3, 10)


def parts() -> tuple[Catalog, Dataset, list[Series]]:
    return shortened("bcb_sgs_daily", COUNT, 60)


async def made_mornings(
    store: Store, folder: Path, dead: dict[int, tuple[dt.date, dt.date]], last: dt.date = LAST
) -> Mornings:
    catalog, dataset, series = parts()
    source = MadeSource.make(catalog, dataset, series, FIRST - dt.timedelta(days=90), LAST, seed=3)
    source.dead = {
        series[place].code: (decision_time(since), decision_time(until)) for place, (since, until) in dead.items()
    }
    mornings = Mornings(store, source, dataset, catalog, folder)
    for day in calendars.b3().days(FIRST, last):
        await mornings.morning(day)
    return mornings


@pytest.fixture
async def disturbed(store: Store, tmp_path: Path) -> Mornings:
    return await made_mornings(store, tmp_path / "lake", {0: (DEAD_FROM, LAST + dt.timedelta(days=1))})


async def test_a_dead_code_is_tried_now_and_then_costs_no_other_number_and_is_an_alert(disturbed: Mornings) -> None:
    days = calendars.b3().days(FIRST, LAST)
    before = days.index(DEAD_FROM)
    # One question a series; the dead one is asked three times on the mornings on which it is asked at all.
    assert set(disturbed.requests[:before]) == {COUNT}
    assert set(disturbed.requests[before:]) == {COUNT - 1, COUNT - 1 + 3}
    assert sum(n > COUNT for n in disturbed.requests) <= 6
    async with disturbed.store.connections.acquire() as connection:
        states = await connection.fetch("SELECT DISTINCT last_state FROM v_cells")
        unknown = await connection.fetch("SELECT subject, since, days FROM v_series_unknown")
    assert {row["last_state"] for row in states} <= {"ok", "not_yet", "empty"}
    assert [(row["subject"], row["since"]) for row in unknown] == [
        (disturbed.source.series[0].id, decision_time(DEAD_FROM))
    ]
    assert await disturbed.too_early(days) == 0, "no decision used what the source had not shown by then"

    # Told by its rule until the catalogue is mended.
    async with disturbed.store.connections.acquire() as connection:
        await connection.execute(
            "INSERT INTO pipeline_runs (run_id, kind, as_of, sources, state, started_at, code_version)"
            " VALUES (gen_random_uuid(), 'daily', $1, 'sandbox', 'completed', $1, 'test')",
            decision_time(LAST),
        )
    facts = (decision_time(LAST), disturbed.catalog, load_alerts(), load_desk_parameters())
    found = (await read_metrics(disturbed.store, *facts)).unknown_series
    (name,) = found
    assert name == disturbed.source.series[0].id
    assert found[name].since == DEAD_FROM


async def test_the_other_series_are_those_of_a_twin_that_was_never_disturbed(
    disturbed: Mornings, database_url: str, tmp_path: Path
) -> None:
    dead = disturbed.source.series[0].id
    seen = await disturbed.stored_rows(without=dead)
    async with disturbed.store.connections.acquire() as connection:
        for table in ("observation", "series_look", "ledger"):
            await connection.execute(f"DELETE FROM {table}")
    twin = await made_mornings(disturbed.store, tmp_path / "lake", {})
    assert seen == await twin.stored_rows(without=dead)
    assert {row[4] for row in seen} == {"rule", "sight"}


async def test_a_code_that_comes_back_is_filled_up_and_known_from_its_return_on(store: Store, tmp_path: Path) -> None:
    back = dt.date(2026, 3, 27)
    mornings = await made_mornings(store, tmp_path / "lake", {0: (DEAD_FROM, back)})
    name = mornings.source.series[0].id
    own = [row for row in await mornings.stored_rows() if row[0] == name]
    days = calendars.anbima().days(FIRST, LAST - dt.timedelta(days=14))
    assert set(days) <= {row[1] for row in own}, "no hole is left"
    gone = [row for row in own if DEAD_FROM <= row[1] <= dt.date(2026, 3, 20)]  # type: ignore[operator]
    assert gone
    assert all(row[2] >= decision_time(back) and row[4] == "sight" for row in gone)  # type: ignore[operator]
    assert await mornings.too_early(calendars.b3().days(FIRST, LAST)) == 0


async def test_html_for_most_codes_is_an_outage_and_no_finding(store: Store, tmp_path: Path) -> None:
    down = dict.fromkeys(range(COUNT - 1), (DEAD_FROM, DEAD_FROM + dt.timedelta(days=1)))
    mornings = await made_mornings(store, tmp_path / "lake", down, last=DEAD_FROM)
    async with store.connections.acquire() as connection:
        assert not await connection.fetch("SELECT FROM v_series_unknown")
        failed = await connection.fetchval("SELECT count(*) FROM series_look WHERE state = 'failed'")
    assert failed == COUNT - 1
    job = await mornings.morning(DEAD_FROM + dt.timedelta(days=1))
    assert job is not None
    assert not job.errors
