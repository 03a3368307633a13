"""Alert rules, states, outbox, deliveries, silences, and their views."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0003"
down_revision = "0002"

FOLDER = Path(__file__).parent / "v0003"


def upgrade() -> None:
    """Runs v0003/alerts.sql."""
    run_file(FOLDER, "alerts.sql")
