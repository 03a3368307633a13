"""Observations of SGS 1640 to 1643, stored under each other's names, get their own."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0007"
down_revision = "0006"

FOLDER = Path(__file__).parent / "v0007"


def upgrade() -> None:
    """Renames the stored rows of four series; imported rows and those of the sandbox keep their names."""
    run_file(FOLDER, "ipca_group_names.sql")
