"""Beside the NAV its cash benchmark and the sizing method; Grafana's VaR exceptions are the stored ones."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0009"
down_revision = "0008"

FOLDER = Path(__file__).parent / "v0009"


def upgrade() -> None:
    """Adds two columns to `portfolio_state` and to its view; rows written before keep them empty. Replaces a view."""
    run_file(FOLDER, "benchmark.sql")
