"""The key of the links by which a person decides held values."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0017"
down_revision = "0016"

FOLDER = Path(__file__).parent / "v0017"


def upgrade() -> None:
    """Adds `link_key` with one random key."""
    run_file(FOLDER, "link_key.sql")
