"""What readers of the views beyond the desk may not see."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0025"
down_revision = "0023"

FOLDER = Path(__file__).parent / "v0025"


def upgrade() -> None:
    """Adds `withheld_source`, and puts the views that carry sources' content behind it."""
    run_file(FOLDER, "readers.sql")
