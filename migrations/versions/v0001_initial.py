"""Silver, gold, ledger, receipts, runs, reports, and their views.

With TimescaleDB on the server the four large silver tables are hypertables with compression; without it, native
yearly partitions. The rest of the schema is the same.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op
from sqlalchemy import text

from migrations.sql import run_file

revision = "0001"
down_revision = None

FOLDER = Path(__file__).parent / "v0001"


def upgrade() -> None:
    """Creates the schema of the first release."""
    timescale = _scalar("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    run_file(FOLDER, "operations.sql")
    run_file(FOLDER, "silver.sql", partitioned="" if timescale else "PARTITION BY RANGE (obs_date)")
    if timescale:
        run_file(FOLDER, "hypertables.sql")
        if _scalar("SELECT current_setting('timescaledb.license', true)") == "timescale":
            run_file(FOLDER, "compression.sql")
    else:
        run_file(FOLDER, "partitions.sql")
    run_file(FOLDER, "gold.sql")
    run_file(FOLDER, "views.sql")


def _scalar(query: str) -> object:
    return op.get_bind().execute(text(query)).scalar()
