"""API tokens and the audit of changes."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0004"
down_revision = "0003"

FOLDER = Path(__file__).parent / "v0004"


def upgrade() -> None:
    """Runs v0004/api.sql."""
    run_file(FOLDER, "api.sql")
