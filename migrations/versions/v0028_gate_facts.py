"""What the checks of the gate are of, as names and numbers."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0028"
down_revision = "0027"

FOLDER = Path(__file__).parent / "v0028"


def upgrade() -> None:
    """Adds `action_gate.facts`, also to its view."""
    run_file(FOLDER, "gate_facts.sql")
