"""The desk in full: gold of curves, P&L explain, risk and agents' measures."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0002"
down_revision = "0001"

FOLDER = Path(__file__).parent / "v0002"


def upgrade() -> None:
    """Runs v0002/gold.sql."""
    run_file(FOLDER, "gold.sql")
