"""The table of packages; convictions of strategies; the risk asked for and what took of it."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0016"
down_revision = "0015"

FOLDER = Path(__file__).parent / "v0016"


def upgrade() -> None:
    """Adds `package` with its view, and columns to two tables and their views; stored rows keep them empty."""
    run_file(FOLDER, "packages.sql")
