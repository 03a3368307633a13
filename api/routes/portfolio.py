"""signals, positions, tickets, changes and risk: the results of a decision."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.access import Reader
from api.reading import AsOf, decision, rows
from api.redistribution import require_decision_may_leave
from api.routes.portfolio_models import (
    BookChange,
    Changes,
    Component,
    Conviction,
    Leg,
    LimitUse,
    LineChange,
    Metric,
    Package,
    Position,
    Positions,
    Risk,
    Signals,
    Strategy,
    Stress,
    Tickets,
    VarMethod,
)
from desk.dealing.levels import LevelFault
from reports.elements.ticket_text import FAULTS, fault_of

router = APIRouter(tags=["portfolio"])
STATE = (
    "valuation_date", "nav_brl", "drawdown", "gross_leverage", "asked_volatility", "target_volatility",
    "expected_volatility", "limits_bound",
)  # fmt: skip


def _of(model: type[BaseModel], found: list[dict[str, Any]]) -> list[Any]:
    return [model(**{name: row[name] for name in model.model_fields}) for row in found]


@router.get("/signals", summary="Scores by strategy and convictions by instrument")
async def signals(request: Request, _: Reader, as_of: AsOf = None) -> Signals:
    """404 for a day without a decision."""
    moment = await decision(request, "v_strategy_signals", as_of)
    scores = await rows(request, "SELECT * FROM v_strategy_signals WHERE as_of = $1 ORDER BY strategy_id", moment)
    views = await rows(request, "SELECT * FROM v_aggregated_signal WHERE as_of = $1 ORDER BY instrument_id", moment)
    return Signals(as_of=moment, strategies=_of(Strategy, scores), instruments=_of(Conviction, views))


@router.get("/positions", summary="The target book of a decision")
async def positions(request: Request, _: Reader, as_of: AsOf = None) -> Positions:
    """404 for a day without a decision."""
    moment = await decision(request, "v_target_position", as_of)
    await require_decision_may_leave(request, moment)
    lines = await rows(request, "SELECT * FROM v_target_position WHERE as_of = $1 ORDER BY instrument_id", moment)
    state = await rows(request, f"SELECT {', '.join(STATE)} FROM v_portfolio_state WHERE as_of = $1", moment)
    packages = await _at(request, "v_package", moment, "strategy_id")
    whole = state[0] if state else dict.fromkeys(STATE)
    return Positions(as_of=moment, **whole, positions=_of(Position, lines), packages=_of(Package, packages))


@router.get("/tickets", summary="The dealing tickets of a decision")
async def tickets(request: Request, _: Reader, as_of: AsOf = None) -> Tickets:
    """404 for a day without a decision. A decision without orders has no legs."""
    moment = await decision(request, "v_target_position", as_of)
    await require_decision_may_leave(request, moment)
    legs = await _at(request, "v_ticket", moment, "ticket, leg")
    faults = {row["ticket"]: fault_of((row,)) for row in legs if row["leg"] == 1}
    return Tickets(
        as_of=moment,
        tickets=_of(Leg, [row | {"not_to_be_sent": _words(faults.get(row["ticket"]))} for row in legs]),
    )


@router.get("/changes", summary="Why positions and the book's risk changed since the last decision")
async def changes(request: Request, _: Reader, as_of: AsOf = None) -> Changes:
    """404 for a day without a decision."""
    moment = await decision(request, "v_target_position", as_of)
    await require_decision_may_leave(request, moment)
    basis = await rows(request, "SELECT changed FROM v_sizing_basis WHERE as_of = $1", moment)
    return Changes(
        as_of=moment,
        changed=basis[0]["changed"] if basis else None,
        lines=_of(LineChange, await _at(request, "v_position_change", moment, "instrument_id")),
        book=_of(BookChange, await _at(request, "v_book_change", moment, "seq")),
    )


@router.get("/risk", summary="VaR and ES, limits, stress and components of a decision's book")
async def risk(request: Request, _: Reader, as_of: AsOf = None) -> Risk:
    """404 for a day without a decision."""
    moment = await decision(request, "v_risk_metrics_daily", as_of)
    return Risk(
        as_of=moment,
        metrics=_of(Metric, await _at(request, "v_risk_metrics_daily", moment, "metric, method")),
        methods=_of(VarMethod, await _at(request, "v_var_method", moment, "role DESC")),
        limits=_of(LimitUse, await _at(request, "v_risk_limits_status", moment, "limit_id")),
        stress=[
            stress
            for row in await _at(request, "v_stress_test_results", moment, "pnl_fraction, scenario_id")
            if row["instrument_id"] == "TOTAL"
            for stress in _of(Stress, [row])
        ],
        components=_of(Component, await _at(request, "v_component_var", moment, "instrument_id")),
    )


def _words(fault: LevelFault | None) -> str | None:
    return FAULTS[fault] if fault is not None else None


async def _at(request: Request, view: str, moment: dt.datetime, order: str) -> list[dict[str, Any]]:
    return await rows(request, f"SELECT * FROM {view} WHERE as_of = $1 ORDER BY {order}", moment)
