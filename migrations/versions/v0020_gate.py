"""The gate before orders are issued, and the release of those that it stopped."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0020"
down_revision = "0019"

FOLDER = Path(__file__).parent / "v0020"


def upgrade() -> None:
    """Adds `action_gate`, `gated_order` and `action_release`, with their views."""
    run_file(FOLDER, "gate.sql")
