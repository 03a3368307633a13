"""What the four readers of a decision say of a level: the report, `explain`, the API and Grafana's panel."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Iterable
from typing import Any

import asyncpg

from desk.catalog import load_catalog
from desk.catalog.fallbacks import load_fallbacks
from desk.model import decision_time
from desk.point_in_time.provenance import input_ids
from grafana.macros import expand
from reports.elements.formats import date, moment
from reports.elements.quotes import QUOTES, VALUE
from tasks.explain import explain
from tasks.store.api_tokens import create_token
from tests.api.conftest import opened
from tests.fixtures.flows import RunningDesk
from tests.grafana.panel_sql import panel_queries

Row = dict[str, Any]
PANEL = "Which source a level was read off"
CANDIDATES = {column.name: column.candidates for column in load_fallbacks().columns}
NEWEST = """
SELECT value, obs_date, knowledge_time, sha256 FROM (
    SELECT series_id AS id, obs_date, knowledge_time, value, payload_id FROM v_observation
    UNION ALL SELECT instrument_id, obs_date, knowledge_time, close, payload_id FROM v_price_bar
) AS silver JOIN v_payload USING (payload_id)
WHERE id = $1 AND knowledge_time <= $2 AND value IS NOT NULL
ORDER BY obs_date DESC, knowledge_time DESC LIMIT 1"""


async def assert_one_origin(desk: RunningDesk, day: dt.date, page: str, levels: Iterable[str]) -> None:
    """Each of `levels` has one value, origin, obs_date, knowledge_time and payload, whoever is asked; and where the
    origin is a published series, they are those of its newest stored row."""
    as_of = decision_time(day)
    gold = {row["feature_id"]: dict(row) for row in await desk.rows("SELECT * FROM v_feature WHERE as_of = $1", as_of)}
    by_panel = await panel_rows(desk, as_of)
    by_api = await api_rows(desk, day, levels)
    for level in levels:
        row = gold[level]
        facts = {name: row[name] for name in ("value", "origin", "obs_date", "knowledge_time", "sha256")}
        assert {name: by_api[level][name] for name in facts} == facts, level
        assert by_panel[level] == facts | {
            "obs_date": row["obs_date"].isoformat(),
            "sha256": row["sha256"] and row["sha256"][:12],
        }
        receipts = await explained(desk, as_of, level)
        assert tuple(receipts) == input_ids(row["origin"]), level
        assert max(one["knowledge_time"] for one in receipts.values()) == row["knowledge_time"], level
        if len(receipts) == 1:
            (receipt,) = receipts.values()
            assert (receipt["sha256"], receipt["obs_date"]) == (row["sha256"], row["obs_date"]), level
            await assert_newest(desk, as_of, row)
        assert_on_page(page, row, receipts)


async def panel_rows(desk: RunningDesk, as_of: dt.datetime) -> dict[str, Row]:
    query = next(query for query in panel_queries() if query.title == PANEL)
    found = await desk.rows(expand(query.sql, as_of - dt.timedelta(days=30), as_of + dt.timedelta(hours=6), {}))
    names = {"read off": "origin", "observed": "obs_date", "known at": "knowledge_time", "payload": "sha256"}
    rows = [{names.get(name, name): value for name, value in row.items()} for row in found]
    return {row.pop("level"): {name: value for name, value in row.items() if name != "source"} for row in rows}


async def api_rows(desk: RunningDesk, day: dt.date, levels: Iterable[str]) -> dict[str, Row]:
    connection = await asyncpg.connect(desk.url)
    try:
        secret = await create_token(connection, f"origins {uuid.uuid4()}", "read", decision_time(day))
    finally:
        await connection.close()
    rows = {}
    async with opened(desk.url, {"read": secret}) as api, api.client() as client:
        api.moment[0] = decision_time(day) + dt.timedelta(hours=1)
        for level in levels:
            answer = await client.get(f"/levels/{level}", params={"as_of": day.isoformat()})
            assert answer.status_code == 200, answer.text
            row = answer.json()
            row["obs_date"] = dt.date.fromisoformat(row["obs_date"])
            row["knowledge_time"] = dt.datetime.fromisoformat(row["knowledge_time"])
            rows[level] = row
    return rows


async def explained(desk: RunningDesk, as_of: dt.datetime, level: str) -> dict[str, Row]:
    """`explain`'s receipts of a level, by input."""
    async with desk.store() as store:
        found = await explain(store, load_catalog(), f"series.{level}", as_of)
    return {
        one.input_id: {"obs_date": one.obs_date, "knowledge_time": one.knowledge_time, "sha256": one.sha256}
        for one in found.inputs
    }


async def assert_newest(desk: RunningDesk, as_of: dt.datetime, row: Row) -> None:
    """The level is its origin's newest row in silver, where the origin is a series and not a curve or bonds; its value
    too, unless it is computed from the series (an annual rate from the rate of a day)."""
    found = await desk.rows(NEWEST, row["origin"], as_of)
    if found:
        is_as_published = row["origin"] in (row["feature_id"], *CANDIDATES.get(row["feature_id"], ()))
        names = ("obs_date", "knowledge_time", "sha256", *(("value",) if is_as_published else ()))
        assert {name: found[0][name] for name in names} == {name: row[name] for name in names}, row["feature_id"]


def assert_on_page(page: str, row: Row, receipts: dict[str, Row]) -> None:
    """Where the page has the level: its number and its day, and under the number every receipt."""
    quote = next((quote for quote in QUOTES if quote.feature == row["feature_id"]), None)
    if quote is None:
        return
    cell = rf'>{re.escape(html.escape(quote.name))}</a></th><td class="number" title="([^"]*)">([^<]*)</td>'
    found = re.search(cell, page)
    assert found is not None, quote.name
    title, shown = html.unescape(found[1]), html.unescape(found[2])
    assert shown == VALUE[quote.kind](row["value"], quote.digits), quote.name
    assert date(row["obs_date"]) in page[found.end() :].partition("</tr>")[0]
    lines = title.split(" | ")
    assert len(lines) == len(receipts)
    for line, (name, receipt) in zip(lines, receipts.items(), strict=True):
        assert f" {name} (" in line, quote.name
        assert f"for {date(receipt['obs_date'])}," in line
        assert f"known {moment(receipt['knowledge_time'])} " in line
        assert line.endswith(f"payload {receipt['sha256'][:12]}")
