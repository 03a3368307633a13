"""A sandbox morning that the gate stops: the deviation of a contract that the decision before has stored is cut to a
fifth, of one held line, as a slipped multiplier would leave it. What such a page looks like, no healthy sandbox shows.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from blocks.database import plain_url
from desk.errors import BadInput
from desk.model import decision_time

SLIP = """
UPDATE target_position SET unit_vol_brl = unit_vol_brl / 5
WHERE (as_of, instrument_id) = (
    SELECT as_of, instrument_id FROM target_position
    WHERE as_of = (SELECT max(as_of) FROM target_position) AND contracts <> 0
    ORDER BY abs(contracts) * unit_vol_brl DESC LIMIT 1
)
"""
"""Of the largest line by its own risk: the gate's check `unit_risk` lets a deviation change by four times at most."""


def make_stopped_morning(home: Path, day: dt.date) -> None:
    """Runs the morning of `day` in a sandbox's data directory on the slipped number.

    Raises BadInput where the directory has no sandbox, the day is decided already, or the run fails.
    """
    data_dir = DataDir(home)
    last = LastWorld.read(data_dir)
    if last.world != "sandbox":
        raise BadInput(f"{home} holds the {last.world} world: no number is spoiled in any but a sandbox")
    with world_database(data_dir, last) as url:
        if url is None:
            raise BadInput(f"{home} has no database: run the mornings before {day} first")
        asyncio.run(_plant(plain_url(url), day))
    command = [sys.executable, "-m", "alvorada", "demo", "--as-of", day.isoformat(), "--seed", str(last.seed)]
    ran = subprocess.run(command, env={**os.environ, "ALVORADA_HOME": str(home)}, capture_output=True, text=True)
    if ran.returncode not in (0, 2):
        raise BadInput(f"the morning of {day} did not run: {(ran.stderr or ran.stdout).strip().splitlines()[-1:]}")


async def _plant(url: str, day: dt.date) -> None:
    connection = await asyncpg.connect(url)
    try:
        as_of = decision_time(day)
        if await connection.fetchval("SELECT EXISTS (SELECT FROM portfolio_state WHERE as_of = $1)", as_of):
            raise BadInput(f"{day} is decided already: a stopped morning needs a day that is not")
        await connection.execute(SLIP)
    finally:
        await connection.close()
