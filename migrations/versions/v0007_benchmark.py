"""The book's cash benchmark beside its NAV, and the stored outcomes of VaR in place of a count of its own."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0007"
down_revision = "0006"

FOLDER = Path(__file__).parent / "v0007"


def upgrade() -> None:
    """Adds a column to `portfolio_state` and to its view; rows written before keep it empty. Replaces a view."""
    run_file(FOLDER, "benchmark.sql")
