"""The cells of one run, and the runs at work, without reading the whole table."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0029"
down_revision = "0028"

FOLDER = Path(__file__).parent / "v0029"


def upgrade() -> None:
    """Adds an index to `ledger` and one to `pipeline_runs`."""
    run_file(FOLDER, "ledger_by_run.sql")
