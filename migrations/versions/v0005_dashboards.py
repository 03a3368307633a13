"""Views and indexes that the dashboards read."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0005"
down_revision = "0004"

FOLDER = Path(__file__).parent / "v0005"


def upgrade() -> None:
    """Runs v0005/views.sql."""
    run_file(FOLDER, "views.sql")
