"""What a fetch's rows are judged to be is stored with them; two sources of one fact that part hold one of the two."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from desk import calendars
from desk.gold import SOURCE_COMPARISON
from desk.model import OBSERVATION, SILVER, UTC, decision_time
from tasks.ingest.broken_facts import hold_broken_facts
from tasks.ingest.plausibility import judge_rows, review_holds
from tasks.run.compared_sources import source_comparisons
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tests.tasks.run.runs import AS_OF, make_run
from tests.tasks.store.test_store import observations

pytestmark = pytest.mark.db

DAYS = calendars.b3().days(dt.date(2025, 10, 1), dt.date(2026, 1, 9))
NEWEST = DAYS[-1]
LEVELS = [5.40 + 0.02 * (at % 3) for at in range(len(DAYS))]
PTAX, SGS = "usdbrl_ptax_sell", "usdbrl_sgs_sell"


@pytest.fixture
async def run(store: Store, tmp_path: Path) -> Run:
    return make_run(store, tmp_path, NullProgress())


def afternoon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(17), UTC)


def rows(series: str, newest: float, known: dt.datetime | None = None) -> pl.DataFrame:
    values = [*LEVELS[:-1], newest]
    made = [(series, day, afternoon(day), value) for day, value in zip(DAYS, values, strict=True)]
    made[-1] = (series, NEWEST, known or afternoon(NEWEST), newest)
    return observations(*made)


async def test_a_suspect_value_is_stored_with_its_reason_and_believed(run: Run) -> None:
    frame = rows(PTAX, LEVELS[-1] * 1.09)
    await run.store.write_silver("observation", frame[:-1])
    judged = await judge_rows(run, run.catalog.datasets["bcb_ptax"], OBSERVATION, frame[-1:], frame.clear())
    assert judged.held == []
    assert [(one.entity, one.obs_date, one.rule) for one in judged.suspect] == [(PTAX, NEWEST, "step")]
    await run.store.write_judged("observation", frame[-1:], [], run.run_id, AS_OF, judged.suspect)
    stored = await run.store.read_suspects(AS_OF - dt.timedelta(days=5), AS_OF)
    assert stored.select("entity", "value").rows() == [(PTAX, pytest.approx(LEVELS[-1] * 1.09))]
    assert "deviations of its own" in stored["reason"][0]
    believed = await run.store.read_silver("observation", AS_OF, NEWEST)
    assert believed["value"].to_list() == [pytest.approx(LEVELS[-1] * 1.09)]
    # the same answer again is nothing new
    await run.store.write_judged("observation", frame[-1:], [], run.run_id, AS_OF, judged.suspect)
    assert (await run.store.read_suspects(AS_OF - dt.timedelta(days=5), AS_OF)).height == 1


@pytest.mark.parametrize(("factor", "rule"), [(10.0, "slip"), (0.1, "slip"), (-1.0, "bounds"), (1.02, None)])
async def test_a_revision_of_an_old_day_is_judged_and_an_old_day_that_is_new_is_history(
    run: Run, factor: float, rule: str | None
) -> None:
    """A year back: no decision rests on that day alone, but changes over a year do."""
    days = calendars.b3().days(dt.date(2024, 6, 3), dt.date(2025, 1, 10))
    stored = observations(*((PTAX, day, afternoon(day), 5.40 + 0.02 * (at % 3)) for at, day in enumerate(days)))
    await run.store.write_silver("observation", stored)
    old = stored[-20:-19].with_columns(value=pl.col("value") * factor, knowledge_time=pl.lit(AS_OF))
    dataset = run.catalog.datasets["bcb_ptax"]
    judged = await judge_rows(run, dataset, OBSERVATION, old, stored[-20:-19])
    assert [(one.obs_date, one.rule) for one in judged.held] == ([(days[-20], rule)] if rule else [])
    assert judged.suspect == []
    assert (await judge_rows(run, dataset, OBSERVATION, old, stored.clear())).held == []


async def test_a_fact_that_two_sources_tell_apart_is_held_from_when_both_were_known(run: Run) -> None:
    night = decision_time(NEWEST) + dt.timedelta(hours=20)
    await run.store.write_silver("observation", rows(PTAX, LEVELS[-1] * 1.03))
    await run.store.write_silver("observation", rows(SGS, LEVELS[-1], night))
    held = await hold_broken_facts(run)
    assert [(one.entity, one.obs_date, one.rule, one.peer) for one in held] == [(PTAX, NEWEST, "fact", SGS)]
    # what decided between the two moments has believed it, and still reads it
    between = afternoon(NEWEST) + dt.timedelta(hours=1)
    assert (await run.store.read_silver("observation", between, NEWEST))["series_id"].to_list() == [PTAX]
    assert (await run.store.read_silver("observation", AS_OF, NEWEST))["series_id"].to_list() == [SGS]
    # again: nothing new
    assert await hold_broken_facts(run) == []
    # Yahoo would agree with either, 3% wide: that frees nothing while the other source of the fact contradicts
    bars = pl.DataFrame(
        [("yahoo_usdbrl", day, afternoon(day), level, "rule", 1) for day, level in zip(DAYS, LEVELS, strict=True)],
        schema=["instrument_id", "obs_date", "knowledge_time", "close", "stamp", "payload_id"],
        orient="row",
    )
    blank = {name: kind for name, kind in SILVER["price_bar"].stored_schema.items() if name not in bars.columns}
    await run.store.write_silver(
        "price_bar", bars.with_columns(pl.lit(None, kind).alias(name) for name, kind in blank.items())
    )
    assert await review_holds(run) == []
    # once it has SGS's number, it is the source's own correction that ends the hold
    await run.store.write_silver("observation", observations((PTAX, NEWEST, AS_OF, LEVELS[-1])))
    await review_holds(run)
    assert (await run.store.read_holds())["state"].to_list() == ["rejected"]


async def test_a_person_s_release_of_a_broken_fact_stands(run: Run) -> None:
    await run.store.write_silver("observation", rows(PTAX, LEVELS[-1] * 1.03))
    await run.store.write_silver("observation", rows(SGS, LEVELS[-1]))
    await hold_broken_facts(run)
    hold_id = (await run.store.read_holds())["hold_id"][0]
    await run.store.decide_hold(hold_id, "released", "ana", "SGS is late", AS_OF, AS_OF)
    await hold_broken_facts(run)
    # the pair is still broken, and the person's word is the last one
    assert (await run.store.read_holds()).select("entity", "state").rows() == [(PTAX, "released")]
    assert (await run.store.read_silver("observation", AS_OF, NEWEST)).height == 2


async def test_a_run_stores_how_its_pairs_stand(run: Run) -> None:
    await run.store.write_silver("observation", rows(PTAX, LEVELS[-1] * 1.03))
    await run.store.write_silver("observation", rows(SGS, LEVELS[-1]))

    async def stand() -> dict[str, object]:
        silver = {name: await run.store.read_silver(name, AS_OF, DAYS[0]) for name in SILVER}
        found = await source_comparisons(run, silver)
        assert dict(found.schema) == SOURCE_COMPARISON.schema
        await run.store.write_gold({"source_comparison": found}, run.run_id, (AS_OF, AS_OF))
        return found.filter(pair_id="usdbrl_ptax_sgs").row(0, named=True)

    before = await stand()
    assert (before["state"], before["left_date"], before["broken"]) == ("broken", NEWEST, 1)
    await hold_broken_facts(run)
    after = await stand()
    assert (after["state"], after["difference"]) == ("held", pytest.approx(0.03))
    stored = await run.store.read_gold("source_comparison", AS_OF, AS_OF)
    assert stored.filter(pair_id="usdbrl_ptax_sgs")["state"].to_list() == ["held"]
