"""What a comparison of a decided book before and after orders consists of, and the gold that it begins from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from desk.what_if.orders import Order


@dataclass(frozen=True)
class Figure:
    """One number of the book, before and after; None: unknown."""

    id: str
    name: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class LimitUse:
    """A limit before and after: its value, its colour."""

    id: str
    name: str
    threshold: float
    before: float | None
    after: float | None
    status_before: str
    status_after: str


@dataclass(frozen=True)
class Scenario:
    """P&L of the whole book in BRL, a loss negative."""

    id: str
    name: str
    before_brl: float | None
    after_brl: float | None


@dataclass(frozen=True)
class OrderEffect:
    """One order with what it does: contracts of its line before and after (+ is long the price), and its cost."""

    order: Order
    contracts_before: int
    contracts_after: int
    cost_brl: float | None
    margin_brl: float | None
    dv01_brl: float | None
    price: float | None
    rate: float | None


@dataclass(frozen=True)
class WhatIf:
    """The comparison. `notes`: what a reader should know of how the words were read, and of what is unknown."""

    nav_brl: float
    orders: tuple[OrderEffect, ...]
    cost_brl: float | None
    figures: tuple[Figure, ...]
    limits: tuple[LimitUse, ...]
    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DecidedBook:
    """Gold of one decision: TARGET_POSITION, PORTFOLIO_STATE, RISK_LIMITS_STATUS, RISK_METRICS_DAILY and VAR_METHOD
    rows."""

    targets: pl.DataFrame
    state: pl.DataFrame
    limits: pl.DataFrame
    metrics: pl.DataFrame
    methods: pl.DataFrame
