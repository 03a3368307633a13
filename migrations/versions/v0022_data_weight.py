"""How much of VaR and of the decisions rests on each dataset."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0022"
down_revision = "0021"

FOLDER = Path(__file__).parent / "v0022"


def upgrade() -> None:
    """Adds `data_weight` with its view."""
    run_file(FOLDER, "data_weight.sql")
