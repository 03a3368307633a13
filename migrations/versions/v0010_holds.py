"""Values that are stored and not believed, and what was decided about them."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0010"
down_revision = "0009"

FOLDER = Path(__file__).parent / "v0010"


def upgrade() -> None:
    """Adds `hold`, `hold_decision` and their views; the views of the latest values leave out what is held."""
    run_file(FOLDER, "holds.sql")
