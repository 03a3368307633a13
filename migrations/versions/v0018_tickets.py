"""Dealing tickets, and orders by the side that is dealt."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0018"
down_revision = "0017"

FOLDER = Path(__file__).parent / "v0018"


def upgrade() -> None:
    """Adds `ticket` and its view, and gives stored orders in rates the side that the desk deals."""
    run_file(FOLDER, "tickets.sql")
