"""Why positions and the book's risk changed, and what a decision was sized by."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0023"
down_revision = "0022"

FOLDER = Path(__file__).parent / "v0023"


def upgrade() -> None:
    """Adds `position_change`, `book_change` and `sizing_basis` with their views."""
    run_file(FOLDER, "changes.sql")
