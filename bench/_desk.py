"""A desk to break: the sandbox, a PostgreSQL in memory, Prefect's API, and a database filled up to FILLED_DAY.

Everything is in one temporary folder and ends with the context. `MorningDesk.morning` gives a clone of the filled
database on the morning of NEXT_DAY, to be written freely. ALVORADA_BENCH_FILLED names a folder to keep what FILLED_DAY
left, for several benches of one version of the code: the next one begins with it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import migrations
from alvorada.stack.backup import back_up, restore_empty
from alvorada.stack.postgres import Postgres
from alvorada.stack.prefect_start import started
from desk.catalog import load_catalog
from desk.model import decision_time
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk, drop_database
from tests.fixtures.postgres import FAST, MEMORY
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

TEMPLATE = "bench_template"
KEPT = "ALVORADA_BENCH_FILLED"
ENOUGH_BYTES = 2 * 1024**3


class MorningDesk:
    """`folder`: everything that it makes. `filled`: the desk of FILLED_DAY, not to be written."""

    def __init__(self, folder: Path, postgres: Postgres, sandbox: RunningSandbox) -> None:
        self.folder, self.postgres, self.sandbox = folder, postgres, sandbox
        self._numbers: Iterator[int] = itertools.count(1)

    @property
    def filled(self) -> Path:
        """The home of FILLED_DAY: its lake and its pages."""
        return self.folder / "filled"

    @property
    def dump(self) -> Path:
        """A backup of the filled database."""
        return self.folder / "filled.dump"

    async def fill(self) -> None:
        """Runs FILLED_DAY into a new database, or takes what was kept of it. Raises RuntimeError when that does not
        end well."""
        await migrations.upgrade_async(await self.postgres.ensure_database_async(TEMPLATE))
        self.sandbox.configure(now=decision_time(FILLED_DAY), latency={}, faults={})
        kept = Path(os.environ[KEPT]) if KEPT in os.environ else None
        if kept is not None and (kept / self.dump.name).exists():
            await asyncio.to_thread(shutil.copytree, kept, self.folder, dirs_exist_ok=True)
            await self.restore(await self.postgres.ensure_database_async(FILLED))
            return
        url = await self.postgres.ensure_database_async(FILLED, TEMPLATE)
        desk = RunningDesk(url, self.filled, self.sandbox.root)
        ran = await started(partial(desk.run, FILLED_DAY))
        if not ran.state.is_completed():
            raise RuntimeError(f"the first run ended as {ran.state.name}: {ran.state.message}")
        made = await asyncio.to_thread(back_up, url, self.folder, "sandbox", decision_time(FILLED_DAY), 1)
        made.rename(self.dump)
        if kept is not None:
            await asyncio.to_thread(shutil.copytree, self.filled, kept / self.filled.name)
            await asyncio.to_thread(shutil.copy, self.dump, kept)

    async def restore(self, target: str) -> None:
        """The backup of the filled database as the empty one at `target`."""
        await asyncio.to_thread(restore_empty, target, self.dump, "sandbox")

    @asynccontextmanager
    async def morning(self) -> AsyncIterator[RunningDesk]:
        """A clone of the filled database on the morning of NEXT_DAY, dropped in the end."""
        name = f"morning_{next(self._numbers)}"
        home = self.folder / name
        self.sandbox.configure(now=decision_time(NEXT_DAY), latency={}, faults={})
        url = await self.postgres.ensure_database_async(name, FILLED)
        try:
            yield RunningDesk(url, home, self.sandbox.root)
        finally:
            await drop_database(self.postgres, name)
            shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def morning_desk() -> AsyncIterator[MorningDesk]:
    """The desk, filled. Prefect's API must be there already (`prefect_test_harness`)."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-", dir=MEMORY if in_memory else None) as name:
        folder = Path(name)
        process, root = start_sandbox()
        sandbox = RunningSandbox(root, load_catalog())
        postgres = Postgres(folder / "cluster", settings=FAST)
        try:
            postgres.start()
            desk = MorningDesk(folder, postgres, sandbox)
            await desk.fill()
            yield desk
        finally:
            postgres.stop()
            sandbox.close()
            process.terminate()
            process.wait(20)
