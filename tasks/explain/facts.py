"""One decision's gold as an explanation reads it: a table is read once, when it is first asked for."""

from __future__ import annotations

import datetime as dt
import json
from functools import cached_property
from typing import Any

import polars as pl

from desk import calendars
from desk.agents import direct_inputs
from desk.catalog import Catalog
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.gold import GOLD
from desk.model import SILVER, decision_time, desk_day
from desk.point_in_time.provenance import input_ids
from desk.transforms.input_receipts import input_receipts
from desk.transforms.panel import Panel, build_panel
from tasks.store import Store

Row = dict[str, Any]
RECEIPT_DAYS = 420
"""Calendar days of silver read where a decision's receipts are not stored: more than any input may be old."""


class Facts:
    """Rows of one `as_of` by table, the catalogues, and what is derived from what."""

    def __init__(self, store: Store, catalog: Catalog, as_of: dt.datetime) -> None:
        self.store, self.catalog, self.as_of = store, catalog, as_of
        self._rows: dict[tuple[str, dt.datetime], list[Row]] = {}

    async def rows(self, table: str, as_of: dt.datetime | None = None) -> list[Row]:
        """Empty for a table that this schema does not have."""
        moment = as_of or self.as_of
        if (table, moment) not in self._rows:
            found = await self.store.read_gold(table, moment, moment) if table in GOLD else pl.DataFrame()
            self._rows[table, moment] = list(found.iter_rows(named=True))
        return self._rows[table, moment]

    async def row(self, table: str, **key: Any) -> Row | None:
        """The one row with these columns."""
        found = [row for row in await self.rows(table) if all(row[name] == value for name, value in key.items())]
        return found[0] if found else None

    async def book(self) -> Row:
        rows = await self.rows("portfolio_state")
        return rows[0]

    async def book_before(self) -> Row | None:
        """The state of the decision before, None on the book's first day."""
        day = calendars.b3().offset(desk_day(self.as_of), -1)
        rows = await self.rows("portfolio_state", decision_time(day))
        return rows[0] if rows else None

    async def levels(self) -> dict[str, float | None]:
        """Panel columns and measures of the day by name."""
        levels = {row["feature_id"]: row["value"] for row in await self.rows("feature")}
        return levels | {row["measure_id"]: row["value"] for row in await self.rows("agent_measure")}

    async def origins(self) -> dict[str, tuple[str, ...]]:
        """The inputs that each level was read off, by feature id, as the decision stored them."""
        return {row["feature_id"]: input_ids(row["origin"]) for row in await self.rows("feature")}

    async def receipts(self) -> dict[str, Row]:
        """Receipts by input id: those stored with the decision, else read off the data that it knew."""
        stored = await self.rows("input_receipt")
        if not stored:
            since = desk_day(self.as_of) - dt.timedelta(days=RECEIPT_DAYS)
            silver = {name: await self.store.read_silver(name, self.as_of, since) for name in SILVER}
            numbers = pl.concat([frame["payload_id"] for frame in silver.values()]).drop_nulls().unique().to_list()
            hashes = await self.store.receipts(numbers)
            sha256 = dict(hashes.select("payload_id", "sha256").iter_rows())
            stored = list(input_receipts(silver, self.catalog, self.as_of, sha256).iter_rows(named=True))
            self._rows["input_receipt", self.as_of] = stored
        return {row["input_id"]: row for row in stored}

    @cached_property
    def parameters(self) -> DeskParameters:
        return load_desk_parameters()

    @cached_property
    def panel(self) -> Panel:
        """A panel of one day without data: it knows what is derived from what."""
        return build_panel({}, [desk_day(self.as_of)], self.catalog)

    @cached_property
    def direct(self) -> dict[str, tuple[str, ...]]:
        """The direct inputs of every derived column and measure."""
        return direct_inputs(self.panel)


def listed(text: str | None) -> list[str]:
    """A JSON list of gold, empty where there is none."""
    return list(json.loads(text)) if text else []


def numbers(text: str | None) -> dict[str, float | None]:
    """A JSON object of gold, empty where there is none."""
    return dict(json.loads(text)) if text else {}
