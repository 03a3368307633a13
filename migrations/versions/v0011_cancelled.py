"""A run that somebody has stopped is `cancelled`."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0011"
down_revision = "0010"

FOLDER = Path(__file__).parent / "v0011"


def upgrade() -> None:
    """Adds a state to `pipeline_runs`; rows that are there keep theirs."""
    run_file(FOLDER, "cancelled.sql")
