"""What the book does not believe: unknown and late P&L, changes of source, withheld orders."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0012"
down_revision = "0011"

FOLDER = Path(__file__).parent / "v0012"


def upgrade() -> None:
    """Adds columns to `pnl_attribution` and `aggregated_signal`, and the table `withheld_order`."""
    run_file(FOLDER, "defence.sql")
