"""The links by which a person decides held values leave the views."""

from __future__ import annotations

from pathlib import Path

from migrations.sql import run_file

revision = "0019"
down_revision = "0018"

FOLDER = Path(__file__).parent / "v0019"


def upgrade() -> None:
    """`v_outbox` without the link of a message, the audit without the path of one."""
    run_file(FOLDER, "hidden_links.sql")
