"""Every panel's SQL runs as the read-only account on a filled database, and returns rows that the panel can draw."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from alvorada.stack.postgres import Postgres
from desk.model import decision_time
from grafana.macros import expand
from tests.fixtures.flows import FILLED, FILLED_DAY, RunningDesk
from tests.grafana import frames
from tests.grafana.panel_sql import PanelQuery, panel_queries, variable_queries

pytestmark = [pytest.mark.db, pytest.mark.flow]
END = decision_time(FILLED_DAY) + dt.timedelta(hours=6)
START = END - dt.timedelta(days=365)
NUMBERS = {"float8", "int8", "int4", "numeric"}
# A healthy first run has no rows for these panels.
MAY_BE_EMPTY = {
    "Why ",
    "Held values",
    "Suspect values",
    "Errors",
    "Alert history",
    "Failed runs",
    "Flips and surges",
    "Sharpe",
    "Rolling Sharpe",
}
QUERIES = list(panel_queries())


@pytest.fixture(scope="module")  # not session: a database with an open connection cannot be cloned
async def reader(postgres: Postgres, filled: RunningDesk) -> AsyncIterator[asyncpg.Connection]:
    """A session of the role that Grafana's account is in."""
    connection = await asyncpg.connect(postgres.url(FILLED))
    await connection.execute("SET ROLE alvorada_reader; SET default_transaction_read_only = on")
    yield connection
    await connection.close()


async def choices(reader: asyncpg.Connection) -> dict[str, list[str]]:
    """Every value of the variables that panels are narrowed by, by the variables' own queries."""
    return {name: [row[0] for row in await reader.fetch(sql)] for name, sql in variable_queries().items()}


async def test_a_variable_narrows_what_it_should(reader: asyncpg.Connection) -> None:
    every = await choices(reader)
    assert len(every["source"]) >= 10
    assert len(every["strategy"]) >= 5
    assert len(every["book"]) == 1
    nav = next(query for query in QUERIES if query.title == "NAV")
    assert await reader.fetch(expand(nav.sql, START, END, every))
    assert await reader.fetch(expand(nav.sql, START, END, every | {"book": ["another"]})) == []
    tiles = next(query for query in QUERIES if query.title == "Connectors")
    assert {row["source"] for row in await reader.fetch(expand(tiles.sql, START, END, every))} == set(every["source"])
    one = await reader.fetch(expand(tiles.sql, START, END, {"source": ["fred"]}))
    assert [row["source"] for row in one] == ["fred"]
    odd = await reader.fetch(expand(tiles.sql, START, END, {"source": ["o'dd"]}))
    assert odd == []


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_a_panel_gets_the_rows_and_types_that_it_draws(reader: asyncpg.Connection, query: PanelQuery) -> None:
    statement = await reader.prepare(expand(query.sql, START, END, await choices(reader)))
    columns = {column.name: column.type.name for column in statement.get_attributes()}
    rows = await statement.fetch()
    if not any(query.title.startswith(title) for title in MAY_BE_EMPTY):
        assert rows, "no row"
        drawn = [name for name in columns if any(row[name] is not None for row in rows)]
        assert len(drawn) > (query.kind in ("timeseries", "state-timeline", "barchart", "bargauge"))
    kinds = list(columns.values())
    assert "date" not in kinds, "Grafana reads a date as midnight UTC, and shows the day before in São Paulo: ::text"
    if query.kind == "timeseries":
        assert len({row["time"] for row in rows}) == len(rows), "two rows at one time: Grafana would need long to wide"
    if query.kind in ("timeseries", "state-timeline", "annotation"):
        assert columns["time"] == "timestamptz"
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    if query.kind == "timeseries":
        assert set(kinds[1:]) <= NUMBERS
    if query.kind == "state-timeline":
        assert set(kinds[1:]) == {"text"}
    if query.title == "Connectors":  # a tile a row, at most as many as Grafana shows
        assert kinds == ["text", "int4"]
        assert len({row["source"] for row in rows}) == len(rows) <= 25
        assert {row["state"] for row in rows} <= {0, 1, 2}
    elif query.kind in ("stat", "gauge"):
        assert len(rows) == 1
        assert set(kinds) <= NUMBERS
    if query.kind in ("barchart", "bargauge"):
        assert kinds[0] == "text"
        assert kinds[1:]
        assert set(kinds[1:]) <= NUMBERS
        assert len({row[0] for row in rows}) == len(rows), "a bar comes twice"


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_grafanas_own_rules_draw_all_that_a_panel_is_asked_for(
    reader: asyncpg.Connection, query: PanelQuery
) -> None:
    """Its frame is drawn, each override and link has its column, and nothing is cut off by a limit of Grafana's."""
    statement = await reader.prepare(expand(query.sql, START, END, await choices(reader)))
    columns = [(column.name, column.type.name) for column in statement.get_attributes()]
    rows = await statement.fetch()
    frame = frames.frame_of(columns, rows)
    names = {one.name for one in frame}
    assert len(names) == len(frame), "two columns of one name"
    for made in query.panel.get("fieldConfig", {}).get("overrides", ()):
        assert made["matcher"]["id"] == "byName"
        assert made["matcher"]["options"] in names, "an override of no column"
    assert set(re.findall(r"\$\{__data\.fields\.(\w+)\}", json.dumps(query.panel))) <= names
    options = query.panel.get("options", {})
    if query.kind == "timeseries":
        assert frames.series_type(frame) == "wide"
        time, *series = frames.graphable(frame)
        assert [one.name for one in series] == [name for name, _ in columns[1:]], "a column is not drawn"
        assert None not in time.values
    elif query.kind == "state-timeline":
        assert (frame[0].kind, {one.kind for one in frame[1:]}) == ("time", {"string"})
    elif query.kind in ("stat", "gauge", "bargauge"):
        shown = frames.displayed(frame, options["reduceOptions"])
        assert len(shown) == (len(rows) if options["reduceOptions"]["values"] else 1), "more than Grafana shows"
        assert len({name for name, _ in shown}) == len(shown)
    elif query.kind == "barchart":
        bars, numbers = frames.barred(frame, options.get("xField"))
        assert len(bars) == len(rows)
        assert len(numbers) == len(frame) - 1, "a column is not drawn"


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_a_panel_finds_its_rows_by_index(reader: asyncpg.Connection, query: PanelQuery) -> None:
    """Without full scans the planner finds an index for every table that grows with time."""
    async with reader.transaction():
        await reader.execute("SET LOCAL enable_seqscan = off")
        plan = await reader.fetch(f"EXPLAIN {expand(query.sql, START, END, await choices(reader))}")
    scans = [row[0].strip() for row in plan if "Seq Scan" in row[0]]
    small = ("alert_state", "alert_notice", "alert_channel", "outbox", "hold")
    assert [scan for scan in scans if not any(f" on {name}" in scan for name in small)] == []


async def test_the_reader_sees_the_views_and_nothing_else(reader: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.fetch("SELECT * FROM portfolio_state")


async def test_the_matrix_shows_the_scores_that_were_stored(reader: asyncpg.Connection) -> None:
    query = next(query for query in QUERIES if query.title == "Classes by strategy")
    shown = {row["class"]: row for row in await reader.fetch(expand(query.sql, START, END, await choices(reader)))}
    scores = await reader.fetch(
        "SELECT strategy_id, asset_class, score FROM v_strategy_signals WHERE as_of = $1", decision_time(FILLED_DAY)
    )
    assert scores
    for row in scores:
        assert shown[row["asset_class"]][row["strategy_id"]] == row["score"]
    elsewhere = [
        (name, row[strategy["strategy_id"]], strategy["score"])
        for name, row in shown.items()
        for strategy in scores
        if name != strategy["asset_class"] and row[strategy["strategy_id"]] is not None
    ]
    assert elsewhere, "no strategy reaches another class"
    assert all(abs(value) in (0.0, abs(score)) for _, value, score in elsewhere)
