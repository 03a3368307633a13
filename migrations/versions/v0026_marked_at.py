"""What each position is marked at."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0026"
down_revision = "0025"

FOLDER = Path(__file__).parent / "v0026"


def upgrade() -> None:
    """Adds `target_position.marked_at`, also to its view."""
    run_file(FOLDER, "marked_at.sql")
