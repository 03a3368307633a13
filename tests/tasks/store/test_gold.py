"""Gold is written as differences: the same again touches nothing, and what is no longer concluded goes."""

from __future__ import annotations

import datetime as dt
import uuid

import asyncpg
import polars as pl
import pytest

from desk.errors import StoreError
from desk.gold import FEATURE, GOLD, STRATEGY_SIGNALS
from desk.model import SILVER, UTC, decision_time
from tasks.store import Store, WriteCounts
from tests.tasks.silver_counts import silver_counts

pytestmark = pytest.mark.db

FIRST = decision_time(dt.date(2026, 1, 8))
SECOND = decision_time(dt.date(2026, 1, 9))
THIRD = decision_time(dt.date(2026, 1, 12))
SCOPE = (FIRST, THIRD)


def features(*rows: tuple[dt.datetime, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(*row, dt.date(2026, 1, 7), None, None, None) for row in rows], schema=FEATURE.schema, orient="row"
    )


async def row_marks(store: Store, table: str) -> dict[tuple[object, ...], tuple[object, ...]]:
    """(as_of, first key) -> (transaction that wrote the row version, run_id)."""
    key = GOLD[table].key[0]
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(f"SELECT as_of, {key} AS key, xmin::text, run_id FROM {table}")
    return {(row["as_of"], row["key"]): (row["xmin"], row["run_id"]) for row in rows}


async def test_the_same_again_touches_no_row(store: Store) -> None:
    frame = features((FIRST, "x", 0.1 + 0.2), (FIRST, "y", None), (SECOND, "x", -0.0))
    first, second = uuid.uuid4(), uuid.uuid4()
    assert await store.write_gold({"feature": frame}, first, SCOPE) == {"feature": WriteCounts(3, 0, 0, 0)}
    before = await row_marks(store, "feature")
    assert await store.write_gold({"feature": frame}, second, SCOPE) == {"feature": WriteCounts(0, 0, 0, 3)}
    assert await row_marks(store, "feature") == before


async def test_only_the_changed_row_changes_hands(store: Store) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    await store.write_gold({"feature": features((FIRST, "x", 1.0), (SECOND, "x", 2.0))}, first, SCOPE)
    nudged = features((FIRST, "x", 1.0), (SECOND, "x", 2.0000000000000004))
    assert await store.write_gold({"feature": nudged}, second, SCOPE) == {"feature": WriteCounts(0, 1, 0, 1)}
    marks = await row_marks(store, "feature")
    assert marks[(FIRST, "x")][1] == first
    assert marks[(SECOND, "x")][1] == second
    assert (await store.read_gold("feature", *SCOPE))["value"].to_list() == [1.0, 2.0000000000000004]


async def test_a_number_becoming_null_is_a_change(store: Store) -> None:
    await store.write_gold({"feature": features((FIRST, "x", 1.0), (FIRST, "y", None))}, uuid.uuid4(), SCOPE)
    swapped = features((FIRST, "x", None), (FIRST, "y", 1.0))
    assert (await store.write_gold({"feature": swapped}, uuid.uuid4(), SCOPE))["feature"] == WriteCounts(0, 2, 0, 0)
    assert (await store.read_gold("feature", *SCOPE))["value"].to_list() == [None, 1.0]


async def test_rows_no_longer_concluded_go_within_the_scope_only(store: Store) -> None:
    frame = features((FIRST, "x", 1.0), (SECOND, "x", 2.0), (SECOND, "y", 3.0), (THIRD, "x", 4.0))
    await store.write_gold({"feature": frame}, uuid.uuid4(), SCOPE)
    fewer = features((SECOND, "y", 3.0))
    counts = await store.write_gold({"feature": fewer}, uuid.uuid4(), (SECOND, SECOND))
    assert counts == {"feature": WriteCounts(0, 0, 1, 1)}
    left = await store.read_gold("feature", *SCOPE)
    assert left.select("as_of", "feature_id").rows() == [(FIRST, "x"), (SECOND, "y"), (THIRD, "x")]


async def test_json_text_keeps_its_form_and_its_view_can_be_asked_into(store: Store) -> None:
    text = '{"carry":  0.5, "a": "Câmbio \\"x\\""}'
    row = (FIRST, "RATES_CARRY_ROLL", "Rates", 0.4, 0.8, text, "[]", 0.3, 0)
    frame = pl.DataFrame([row], schema=STRATEGY_SIGNALS.schema, orient="row")
    await store.write_gold({"strategy_signals": frame}, uuid.uuid4(), SCOPE)
    assert (await store.write_gold({"strategy_signals": frame}, uuid.uuid4(), SCOPE))["strategy_signals"].touched == 0
    assert (await store.read_gold("strategy_signals", *SCOPE))["drivers"].to_list() == [text]
    async with store.connections.acquire() as connection:
        assert await connection.fetchval("SELECT drivers->>'carry' FROM v_strategy_signals") == "0.5"


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (features((decision_time(dt.date(2026, 1, 13)), "x", 1.0)), "outside the scope"),
        (features((FIRST, "x", 1.0), (FIRST, "x", 2.0)), "comes 2 times"),
        (features((FIRST, "x", float("nan"))), "not a finite number in value"),
        (features((FIRST, "x", 1.0)).with_columns(feature_id=pl.lit(None, pl.String)), "null in key column feature_id"),
        (features((FIRST, "x", 1.0)).drop("obs_date"), "the frame has no column obs_date"),
    ],
)
async def test_a_bad_frame_is_refused_and_nothing_of_the_others_is_written(
    store: Store, frame: pl.DataFrame, complaint: str
) -> None:
    good = pl.DataFrame([(FIRST, "Goldilocks", 1.0)], schema=GOLD["regime"].schema, orient="row")
    with pytest.raises(StoreError, match=complaint):
        await store.write_gold({"regime": good, "feature": frame}, uuid.uuid4(), SCOPE)
    assert (await store.read_gold("regime", *SCOPE)).is_empty()


async def test_a_table_that_fails_in_the_database_takes_the_others_back(store: Store) -> None:
    good = pl.DataFrame([(FIRST, "Goldilocks", 1.0)], schema=GOLD["regime"].schema, orient="row")
    broken = pl.DataFrame(
        [(FIRST, "X", "Rates", 0.4, 0.8, "{not json", "[]", 0.3, 0)], schema=STRATEGY_SIGNALS.schema, orient="row"
    )
    with pytest.raises(StoreError, match="invalid input syntax for type json"):
        await store.write_gold({"regime": good, "strategy_signals": broken}, uuid.uuid4(), SCOPE)
    assert (await store.read_gold("regime", *SCOPE)).is_empty()


async def test_every_gold_table_takes_a_row_and_gives_it_back(store: Store) -> None:
    samples = {
        "text": "text", "float": 1.5, "int": 3, "date": dt.date(2026, 1, 8), "json": '{"a": 1}',
        "time": dt.datetime(2026, 1, 8, 9, tzinfo=UTC),
    }  # fmt: skip
    frames = {
        name: pl.DataFrame(
            [(FIRST, *(samples[kind] for kind in table.columns.values()))], schema=table.schema, orient="row"
        )
        for name, table in GOLD.items()
    }
    await store.write_gold(frames, uuid.uuid4(), SCOPE)
    for name, frame in frames.items():
        assert (await store.read_gold(name, *SCOPE)).equals(frame), name


async def test_many_features_written_twice_are_not_changed_by_the_second_write(store: Store) -> None:
    days = [FIRST + dt.timedelta(days=day) for day in range(140)]
    frame = pl.DataFrame({"as_of": days}, schema={"as_of": pl.Datetime("us", "UTC")}).join(
        pl.DataFrame({"feature_id": [f"feature_{i}" for i in range(143)]}), how="cross"
    )
    frame = frame.with_row_index("value").with_columns(
        pl.col("value").cast(pl.Float64).sqrt(), obs_date=dt.date(2026, 1, 7), origin=pl.lit("pre"),
        knowledge_time=pl.col("as_of"), payload_id=1,
    )  # fmt: skip
    frame = frame.select(*FEATURE.schema)
    scope = (days[0], days[-1])
    await store.write_gold({"feature": frame}, uuid.uuid4(), scope)
    counts = await store.write_gold({"feature": frame}, uuid.uuid4(), scope)
    assert counts["feature"] == WriteCounts(0, 0, 0, frame.height)


async def test_a_lost_connection_is_one_clear_line_and_the_next_read_works(store: Store) -> None:
    await store.read_gold("feature", *SCOPE)  # leaves a kept reader behind
    other = await asyncpg.connect(store.connections.url)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()
    cut = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(StoreError, match="the database"):
        await _execute(store, cut)
    assert (await store.read_gold("feature", *SCOPE)).is_empty()
    assert await silver_counts(store) == dict.fromkeys(SILVER, 0)


async def _execute(store: Store, statement: str) -> None:
    async with store.connections.acquire() as connection:
        await connection.execute(statement)
