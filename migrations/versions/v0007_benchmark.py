"""The book's cash benchmark beside its NAV."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0007"
down_revision = "0006"

FOLDER = Path(__file__).parent / "v0007"


def upgrade() -> None:
    """Adds a column to `portfolio_state` and to its view; rows written before keep it empty."""
    run_file(FOLDER, "benchmark.sql")
