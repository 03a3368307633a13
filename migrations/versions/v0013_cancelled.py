"""A run that somebody has stopped is `cancelled`."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0013"
down_revision = "0012"

FOLDER = Path(__file__).parent / "v0013"


def upgrade() -> None:
    """Adds a state to `pipeline_runs`; rows that are there keep theirs."""
    run_file(FOLDER, "cancelled.sql")
