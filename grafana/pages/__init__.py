"""The dashboards: one file each, listed in PAGES by uid."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.pages import pipeline_health, portfolio_performance, risk_dashboard, signal_overview

PAGES: dict[str, Callable[[], Dashboard]] = {
    "pipeline-health": pipeline_health.build,
    "signal-overview": signal_overview.build,
    "risk-dashboard": risk_dashboard.build,
    "portfolio-performance": portfolio_performance.build,
}
