"""Which VaR method the limits of each day read."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0027"
down_revision = "0026"

FOLDER = Path(__file__).parent / "v0027"


def upgrade() -> None:
    """Adds `var_method` and its view; on days of earlier releases the method was the one that they tested."""
    run_file(FOLDER, "var_method.sql")
