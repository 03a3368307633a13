"""Beside each feature: the inputs that it was read off, when the newest of them was known, and its payload."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0006"
down_revision = "0005"

FOLDER = Path(__file__).parent / "v0006"


def upgrade() -> None:
    """Adds three columns to `feature` and to its view; rows written before keep them empty."""
    run_file(FOLDER, "origins.sql")
