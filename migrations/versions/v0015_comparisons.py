"""Two sources of one fact side by side, verdicts that a value is suspect, holds that begin later than their value."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0015"
down_revision = "0014"

FOLDER = Path(__file__).parent / "v0015"


def upgrade() -> None:
    """Adds `source_comparison`, `suspect` and `hold.hidden_from` with their views. Stored holds hide from the start."""
    run_file(FOLDER, "comparisons.sql")
