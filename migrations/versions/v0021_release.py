"""A release names the orders that it is of."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0021"
down_revision = "0020"

FOLDER = Path(__file__).parent / "v0021"


def upgrade() -> None:
    """Adds `gate_verdict`, and the proposal to `action_release`."""
    run_file(FOLDER, "release.sql")
