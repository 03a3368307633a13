"""Money is dated by its market day: `valuation_date` where NAV and P&L are stored, filled for the rows of before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from alembic import op
from sqlalchemy import text

from desk import calendars
from desk.model import desk_day
from migrations.sql import run_file

revision = "0011"
down_revision = "0010"

FOLDER = Path(__file__).parent / "v0011"
TABLES = ("portfolio_state", "pnl_attribution", "pnl_by_strategy", "pnl_by_factor")


def upgrade() -> None:
    """Adds the columns and fills them: the B3 session before each decision day, also in the kept versions."""
    run_file(FOLDER, "valuation_date.sql")
    bind = op.get_bind()
    bind.execute(text("CREATE TEMP TABLE market_day (as_of timestamptz PRIMARY KEY, day date) ON COMMIT DROP"))
    stored = " UNION ".join(f"SELECT as_of FROM {name}" for name in TABLES)
    kept = "SELECT as_of FROM gold_version"
    for (as_of,) in bind.execute(text(f"{stored} UNION {kept}")).all():
        bind.execute(
            text("INSERT INTO market_day VALUES (:as_of, :day)"), {"as_of": as_of, "day": _session_before(as_of)}
        )
    for name in TABLES:
        bind.execute(
            text(f"UPDATE {name} AS t SET valuation_date = m.day FROM market_day AS m WHERE m.as_of = t.as_of")
        )
    bind.execute(
        text(
            "UPDATE gold_version AS kept SET rows = (SELECT coalesce(json_agg((element.value::jsonb"
            " || jsonb_build_object('valuation_date', m.day))::json ORDER BY element.ordinality), '[]')"
            " FROM json_array_elements(kept.rows) WITH ORDINALITY AS element)"
            " FROM market_day AS m WHERE m.as_of = kept.as_of AND kept.table_name = ANY(:names)"
        ),
        {"names": list(TABLES)},
    )


def _session_before(as_of: object) -> object:
    day = np.array([desk_day(as_of)], dtype="datetime64[D]")  # type: ignore[arg-type]
    b3 = calendars.b3()
    return b3.offset_array(b3.offset_array(day, 0), -1, roll="backward")[0].item()
