"""`alvorada held`: what it lists, a person's decision once, and its exit codes; on a database of the test's own."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import uuid
from functools import partial
from pathlib import Path

import pytest

from tasks.store import open_store
from tasks.store.holds import Hold
from tests.alvorada.test_cli import alvorada
from tests.tasks.store.test_store import observations

pytestmark = [pytest.mark.db, pytest.mark.process]
DAY, KNOWN = dt.date(2026, 1, 9), dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)


async def _hold(url: str) -> None:
    hold = Hold(
        "observation", "value", "usdbrl_ptax_sell", DAY, KNOWN, "bcb_ptax", 409.36, "slip", 4.09, None, None, "far off"
    )  # fmt: skip
    async with open_store(url, "live", pool_size=1) as store:
        rows = observations(("usdbrl_ptax_sell", DAY, KNOWN, 409.36))
        await store.write_judged("observation", rows, [hold], uuid.uuid4(), KNOWN)


def test_a_value_is_listed_released_once_and_taken_back(database_url: str, tmp_path: Path) -> None:
    held = partial(alvorada, "held", data_dir=tmp_path, DATABASE_URL=database_url)

    def ends(done: subprocess.CompletedProcess[str], code: int, stdout: str, stderr: str = "") -> None:
        assert (done.returncode, done.stdout.strip()) == (code, stdout), done.stderr
        assert stderr in done.stderr
        assert "Traceback" not in done.stderr

    ends(held("list"), 0, "", "nothing is held")
    asyncio.run(_hold(database_url))
    line = "1  usdbrl_ptax_sell  2026-01-09  slip: far off"
    ends(held("list"), 0, line)
    ends(held("list", "--state", "odd"), 2, "", "--state 'odd': it is one of open, released, rejected, all")
    ends(held("release", "1", "--reason", " "), 2, "", "--reason must say why")
    ends(held("release", "7", "--reason", "seen"), 2, "", "there is no held value 7")
    ends(held("release", "1", "--reason", "seen on the wire", "--by", "ana"), 0, "held value 1 is released")
    ends(held("release", "1", "--reason", "again"), 2, "", "held value 1 is released already")
    ends(held("list"), 0, "", "nothing is held")
    ends(held("list", "--state", "released"), 0, f"{line}; released by ana: seen on the wire")
    ends(held("reject", "1", "--reason", "a slip after all", "--by", "ana"), 0, "held value 1 is rejected")
    ends(held("list", "--state", "all"), 0, f"{line}; rejected by ana: a slip after all")
