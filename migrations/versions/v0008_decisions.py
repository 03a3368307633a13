"""Decisions as records: what was decided, when, by which code; and where superseded versions of them are kept."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0008"
down_revision = "0007"

FOLDER = Path(__file__).parent / "v0008"


def upgrade() -> None:
    """Adds the tables, and records the decisions that an earlier release has stored."""
    run_file(FOLDER, "decisions.sql")
