"""What orders would make of a stored decision's book. Reads alone: nothing is written, fetched or decided."""

from __future__ import annotations

import asyncio
import datetime as dt

from desk import calendars
from desk.catalog import Catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.model import desk_day
from desk.point_in_time.panel_span import silver_starts
from desk.portfolio.contracts import valuation_day
from desk.portfolio.market_levels import MARKET_COLUMNS
from desk.portfolio.price_inputs import read_price_inputs
from desk.transforms.panel import build_panel
from desk.what_if import WhatIf, WrittenOrder, compare, read_orders
from desk.what_if.result import DecidedBook
from tasks.run.decision_tickets import REACH
from tasks.run.episode_levels import levels_of_episodes
from tasks.store import Store

MOVES = 2
"""Days before the window of VaR: a day's move is from the one before it."""
DECISION_TABLES = ("target_position", "portfolio_state", "risk_limits_status", "risk_metrics_daily", "var_method")


async def what_if(store: Store, catalog: Catalog, as_of: dt.datetime, written: list[WrittenOrder]) -> WhatIf:
    """The comparison on the decision of `as_of`, computed beside the event loop.

    Raises BadInput for a day without a decision and for an order that the book cannot take, MissingInput for a contract
    without a price, StoreError.
    """
    parameters = load_desk_parameters()
    day = desk_day(as_of)
    tables = [await store.read_gold(name, as_of, as_of) for name in DECISION_TABLES]
    book = DecidedBook(*tables)
    if book.targets.is_empty() or book.state.is_empty():
        raise BadInput(f"there is no decision of {day}")
    session = valuation_day(day)
    settlements = await store.read_silver("settlement", as_of, session - REACH)
    settled = settlements.filter(obs_date=session)["contract_id"].unique().sort().to_list()
    orders = read_orders(written, book.targets, parameters, day, settled)
    first = calendars.b3().offset(day, -(parameters.risk.var_window + MOVES))
    silver = {name: await store.read_silver(name, as_of, start) for name, start in silver_starts(first).items()}
    archive = await levels_of_episodes(store, catalog, day, parameters.dated, first)

    def computed() -> WhatIf:
        panel = build_panel(silver, calendars.b3().days(first, day), catalog)
        values, prices = panel.values.select("day", *MARKET_COLUMNS), read_price_inputs(panel)
        return compare(values, book, orders, parameters, archive, prices)

    return await asyncio.to_thread(computed)
