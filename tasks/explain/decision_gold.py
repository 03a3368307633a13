"""One decision's gold for an explanation. Each table is read once, on its first use."""

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
"""Calendar days of silver to read where a decision's receipts are not stored: more than any input's maximum age."""


class Facts:
    """Rows of one `as_of` by table, the catalogues, and which column derives from which."""

    def __init__(self, store: Store, catalog: Catalog, as_of: dt.datetime) -> None:
        self.store, self.catalog, self.as_of = store, catalog, as_of
        self._rows: dict[tuple[str, dt.datetime], list[Row]] = {}

    async def rows(self, table: str, as_of: dt.datetime | None = None) -> list[Row]:
        """Rows of a gold table at `as_of` (None: the decision's own); empty for an unknown table. Raises StoreError."""
        moment = as_of or self.as_of
        if (table, moment) not in self._rows:
            found = await self.store.read_gold(table, moment, moment) if table in GOLD else pl.DataFrame()
            self._rows[table, moment] = list(found.iter_rows(named=True))
        return self._rows[table, moment]

    async def row(self, table: str, **key: Any) -> Row | None:
        """The first row whose columns equal `key` (column -> value); None where there is none."""
        found = [row for row in await self.rows(table) if all(row[name] == value for name, value in key.items())]
        return found[0] if found else None

    async def book(self) -> Row:
        """The row of portfolio_state. Raises IndexError where the decision has none: `explain` checks it before."""
        rows = await self.rows("portfolio_state")
        return rows[0]

    async def book_before(self) -> Row | None:
        """The row of portfolio_state of the decision before; None on the book's first day."""
        day = calendars.b3().offset(desk_day(self.as_of), -1)
        rows = await self.rows("portfolio_state", decision_time(day))
        return rows[0] if rows else None

    async def levels(self) -> dict[str, float | None]:
        """Panel columns and agents' measures of the day, by name; None: unknown."""
        levels = {row["feature_id"]: row["value"] for row in await self.rows("feature")}
        return levels | {row["measure_id"]: row["value"] for row in await self.rows("agent_measure")}

    async def origins(self) -> dict[str, tuple[str, ...]]:
        """The inputs that each level was read off, by feature id, as the decision stored them."""
        return {row["feature_id"]: input_ids(row["origin"]) for row in await self.rows("feature")}

    async def receipts(self) -> dict[str, Row]:
        """Receipts by input id: those stored with the decision, or else derived from the silver known at as_of."""
        stored = await self.rows("input_receipt")
        if not stored:
            since = desk_day(self.as_of) - dt.timedelta(days=RECEIPT_DAYS)
            silver = {name: await self.store.read_silver(name, self.as_of, since) for name in SILVER}
            payload_ids = pl.concat([frame["payload_id"] for frame in silver.values()]).drop_nulls().unique().to_list()
            sha256 = await self.store.payload_hashes(payload_ids)
            stored = list(input_receipts(silver, self.catalog, self.as_of, sha256).iter_rows(named=True))
            self._rows["input_receipt", self.as_of] = stored
        return {row["input_id"]: row for row in stored}

    @cached_property
    def parameters(self) -> DeskParameters:
        """The desk's instruments, limits and rules, as the catalogue has them now."""
        return load_desk_parameters()

    @cached_property
    def panel(self) -> Panel:
        """A panel of one day without data: for its columns and their lineage."""
        return build_panel({}, [desk_day(self.as_of)], self.catalog)

    @cached_property
    def direct(self) -> dict[str, tuple[str, ...]]:
        """The direct inputs of every derived column and measure."""
        return direct_inputs(self.panel)


def listed(text: str | None) -> list[str]:
    """A JSON list in a gold column; empty for null."""
    return list(json.loads(text)) if text else []


def numbers(text: str | None) -> dict[str, float | None]:
    """A JSON object of numbers in a gold column; empty for null."""
    return dict(json.loads(text)) if text else {}
