"""One file per group of paths, listed once here."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    alerts,
    assets,
    gate,
    health,
    held,
    held_page,
    login,
    market,
    monitoring,
    portfolio,
    reports,
    runbook,
    runs,
    what_if,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    monitoring.router,
    alerts.router,
    gate.router,
    held_page.router,
    held.router,
    login.router,
    runbook.router,
    runs.router,
    reports.router,
    reports.assets,
    assets.router,
    market.router,
    portfolio.router,
    what_if.router,
)
