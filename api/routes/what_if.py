"""what-if: what orders would make of a decision's book. Computed beside the event loop, one at a time; no writes."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.access import Reader
from api.reading import NO_NUL, AsOf, decision
from api.redistribution import require_decision_may_leave
from desk.errors import BadInput, MissingInput
from desk.what_if import as_record, parse
from tasks.what_if import what_if

router = APIRouter(tags=["portfolio"])


class WhatIfOrder(BaseModel):
    """An order as it was read, and what it does by itself."""

    text: str = Field(examples=["sell 200 DI1F29"])
    instrument_id: str | None = Field(description="Null: no line of the book is in this contract.")
    contract_id: str = Field(examples=["DI1F29"])
    action: str = Field(description="receive, pay, buy, sell, sell_protection or buy_protection.")
    venue_side: str = Field(description="BUY or SELL of what the venue quotes: to receive is to SELL the rate.")
    contracts: int
    contracts_before: int = Field(description="+ is long the price.")
    contracts_after: int
    price: float | None
    rate: float | None
    cost_brl: float | None
    margin_brl: float | None = Field(description="What it adds to the margin.")
    dv01_brl: float | None = Field(description="What it adds to the DV01; + gains when the rate falls.")


class FigureChange(BaseModel):
    """A figure before and after; null is unknown."""

    id: str = Field(examples=["var_95"])
    name: str
    unit: str
    before: float | None
    after: float | None


class LimitChange(BaseModel):
    """A limit before and after."""

    id: str
    name: str
    threshold: float
    before: float | None
    after: float | None
    status_before: str
    status_after: str


class ScenarioChange(BaseModel):
    """P&L of the whole book in a scenario, a loss negative."""

    id: str
    name: str
    before_brl: float | None
    after_brl: float | None


class Comparison(BaseModel):
    """The book of a decision with its orders done, and the same book with the orders of the request."""

    as_of: dt.datetime
    nav_brl: float
    cost_brl: float | None
    orders: list[WhatIfOrder]
    figures: list[FigureChange]
    limits: list[LimitChange]
    scenarios: list[ScenarioChange]
    notes: list[str] = Field(description="How words were read that have two meanings, and what differs from the store.")


Orders = Annotated[
    str,
    Query(
        min_length=1,
        max_length=2000,
        pattern=NO_NUL,
        description="receive, pay, buy or sell, contracts, contract or instrument; separated by `;`.",
        examples=["sell 200 DI1F29; buy 50 DOL"],
    ),
]


@router.get("/what-if", summary="What orders would make of the book: VaR, limits, margin, cost, P&L by scenario")
async def compare(request: Request, _: Reader, orders: Orders, as_of: AsOf = None) -> Comparison:
    """422 names the order that cannot be read or taken. 404 for a day without a decision."""
    written = parse(orders)
    moment = await decision(request, "v_risk_metrics_daily", as_of)
    await require_decision_may_leave(request, moment)
    state = request.app.state
    async with state.one_what_if:
        try:
            found = await what_if(state.store, state.catalog, moment, written)
        except MissingInput as error:
            raise BadInput(str(error)) from error
    return Comparison(as_of=moment, **as_record(found))
