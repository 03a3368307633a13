"""${message}"""

from __future__ import annotations

from migrations.sql import run_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "run_file(__file__, 'FILE.sql')"}
