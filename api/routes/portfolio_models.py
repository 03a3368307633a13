"""The bodies of signals, positions, tickets, changes and risk."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field


class Strategy(BaseModel):
    """A strategy's score. Null: inputs are missing, and `missing` names them."""

    strategy_id: str = Field(examples=["FX_CARRY_MOMENTUM"])
    asset_class: str
    score: float | None = Field(description="-1 to +1; + does the trade as written.")
    confidence: float | None
    conviction: float | None = Field(
        description="Score x confidence x decay x the regime's tilt: what the book goes by. Null before schema 0016."
    )
    drivers: dict[str, Any]
    missing: list[str]


class Conviction(BaseModel):
    """The aggregate of the strategies' scores for one instrument."""

    instrument_id: str = Field(examples=["DI1_2Y"])
    asset_class: str
    conviction: float | None = Field(description="-1 to +1; + is long the price.")
    agreement: float | None
    flip: int | None
    surge: float | None
    contributions: dict[str, Any]


class Signals(BaseModel):
    """Scores and convictions of one decision."""

    as_of: dt.datetime
    strategies: list[Strategy]
    instruments: list[Conviction]


class Position(BaseModel):
    """The target position in one instrument."""

    instrument_id: str
    contract_id: str | None
    asset_class: str
    contracts: int | None = Field(description="+ is long the price.")
    contracts_before: int | None
    price: float | None
    marked_at: str | None = Field(
        description="What the price is: settlement (B3's), anbima or tesouro_direto (the bond's own rate), or curve."
    )
    rate: float | None
    notional_brl: float | None
    dv01_brl: float | None = Field(description="Of the whole position, BRL a basis point; + gains when the rate falls.")
    delta_brl: float | None
    margin_brl: float | None
    risk_weight: float | None


class Package(BaseModel):
    """What one strategy holds as one thing: its legs in contracts, not rounded to lots."""

    strategy_id: str = Field(examples=["INF_BREAKEVEN_MEANREV"])
    neutrality: str | None = Field(description="dv01, beta, cash or outright.")
    conviction: float | None
    asked_volatility: float | None = Field(description="Of the package alone, a year, before limits and breaker.")
    scale: float | None = Field(description="Share of it that limits and breaker left.")
    limit_bound: str | None = Field(description="The limit that took most of it.")
    legs: dict[str, float]
    leg_dv01_brl: dict[str, float]
    imbalance: float | None = Field(description="How far its two sides are apart, as a fraction of one.")
    volatility: float | None
    state: str | None = Field(description="flat, traded, kept, waits or held.")


class LimitTook(BaseModel):
    """What one limit took of the volatility that the convictions ask for, a year; or the `contracts` of a line, signed,
    that the limits on one order keep for later days (`order_open_interest`, `order_volume`, `roll`)."""

    limit: str = Field(examples=["instrument_risk_share"])
    subjects: list[str]
    taken: float
    contracts: int | None = None


class Positions(BaseModel):
    """The target book of one decision. `drawdown`: fraction below the peak, a loss positive. Volatilities are a year:
    asked for by the convictions, aimed at after what `limits_bound` took, and of the contracts."""

    as_of: dt.datetime
    valuation_date: dt.date | None = Field(description="The market day that NAV and drawdown are about.")
    nav_brl: float | None
    drawdown: float | None
    gross_leverage: float | None
    asked_volatility: float | None
    target_volatility: float | None
    expected_volatility: float | None
    limits_bound: list[LimitTook] | None
    positions: list[Position]
    packages: list[Package]


class Leg(BaseModel):
    """One leg of a dealing ticket."""

    ticket: int
    leg: int
    role: str = Field(description="order, roll_out, roll_in or hedge.")
    instrument_id: str
    contract_id: str
    expiry: dt.date | None
    venue: str
    action: str = Field(description="receive, pay, buy, sell, sell_protection or buy_protection.")
    venue_side: str = Field(description="BUY or SELL of what the venue quotes: to receive is to SELL the rate.")
    contracts: int = Field(description="Of the order, positive.")
    contracts_from: int | None = Field(description="Position before; + is long the price.")
    contracts_to: int | None
    unit: str
    reference: float | None = Field(description="Previous settlement: a fraction a year, or a price.")
    reference_date: dt.date | None
    work_level: float | None = Field(description="The worst level at which the order is worked.")
    stop: float | None
    risk_to_stop_brl: float | None
    dv01_change_brl: float | None
    notional_change_brl: float | None
    cost_brl: float | None
    route: str
    tas_symbol: str | None
    share_of_volume: float | None
    share_of_open_interest: float | None
    reverses_on: dt.date | None
    not_to_be_sent: str | None = Field(
        default=None, description="Why the whole ticket must not be sent to the venue; null where it may."
    )


class Tickets(BaseModel):
    """The dealing tickets of one decision, one record a leg."""

    as_of: dt.datetime
    tickets: list[Leg]


class LineChange(BaseModel):
    """Why the target of one instrument is another than at the last decision. Layers are contracts, not in lots."""

    instrument_id: str = Field(examples=["DI1_2Y"])
    since: dt.date
    contracts_since: int = Field(description="The target of the decision of `since`.")
    contracts_from: int = Field(description="What the decision found; + is long the price.")
    contracts_to: int
    alone: float = Field(description="What the packages ask for.")
    limited: float = Field(description="Within caps, limits and the target volatility.")
    braked: float = Field(description="Under the drawdown breaker.")
    wanted: float = Field(description="Beside packages that wait for a price or a signal.")
    parts: dict[str, int] = Field(description="Contracts by part; they add up to contracts_to less contracts_from.")
    parts_dv01_brl: dict[str, float] = Field(description="BRL a basis point by part; they add up to the orders'.")
    views: dict[str, float] = Field(description="Contracts of the part `view` by strategy.")


class BookChange(BaseModel):
    """What one part adds to the book's daily standard deviation, and what that is after it; the first is `before`."""

    part: str = Field(examples=["view"])
    risk_brl: float
    after_brl: float


class Changes(BaseModel):
    """Why the book is another than at the last decision, part after part in the order of replacement. `changed`: code,
    parameters and panel columns that are others. Empty before schema 0023 and on a day on which the book is held."""

    as_of: dt.datetime
    changed: dict[str, list[str]] | None
    lines: list[LineChange]
    book: list[BookChange]


class Metric(BaseModel):
    """One risk figure by one method."""

    metric: str = Field(examples=["var_99"])
    method: str = Field(examples=["filtered_historical"])
    value: float | None = Field(description="Fraction of NAV for var and es, a loss positive.")
    observations: int | None


class LimitUse(BaseModel):
    """A limit: its figure, its threshold, and how much of it is used (a fraction)."""

    limit_id: str
    name: str
    value: float | None
    threshold: float | None
    utilisation: float | None
    status: str


class Stress(BaseModel):
    """The P&L of the book in one scenario: BRL and fraction of NAV, a loss negative."""

    scenario_id: str
    name: str
    kind: str
    pnl_brl: float | None
    pnl_fraction: float | None


class Component(BaseModel):
    """An instrument's part of the VaR at 95%; the parts add up to it."""

    instrument_id: str
    component_var_95: float | None
    share: float | None


class VarMethod(BaseModel):
    """A VaR method that is tested every day: the one that limits read, or the challenger beside it."""

    role: str = Field(examples=["headline", "challenger"])
    method: str | None
    since: dt.date | None = Field(description="Decision day from which limits read it; of the headline.")
    verdict: str | None = Field(description="accepted, doubtful, rejected or untested, by its exceptions in metrics.")


class Risk(BaseModel):
    """Risk of one decision's book."""

    as_of: dt.datetime
    metrics: list[Metric]
    methods: list[VarMethod]
    limits: list[LimitUse]
    stress: list[Stress] = Field(description="Of the whole book, the worst first.")
    components: list[Component]
