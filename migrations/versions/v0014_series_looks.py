"""The requests of each series of a dataset, and how they ended."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0014"
down_revision = "0013"

FOLDER = Path(__file__).parent / "v0014"


def upgrade() -> None:
    """Adds `series_look` and its views; what earlier fetches covered counts for every series that they stored."""
    run_file(FOLDER, "series_looks.sql")
