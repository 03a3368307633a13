"""A desk to break: the sandbox, a PostgreSQL in memory, Prefect's API, and a database filled up to FILLED_DAY.

Everything is in one temporary folder and ends with the context. `MorningDesk.morning` gives a clone of the filled
database on the morning of NEXT_DAY, to be written freely.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import migrations
from alvorada.stack.postgres import Postgres
from alvorada.stack.prefect_start import make_tables
from desk.catalog import load_catalog
from desk.model import decision_time
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk, drop_database
from tests.fixtures.postgres import FAST, MEMORY
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

TEMPLATE = "bench_template"
ENOUGH_BYTES = 2 * 1024**3


class MorningDesk:
    """`folder`: everything that it makes. `filled`: the desk of FILLED_DAY, not to be written."""

    def __init__(self, folder: Path, postgres: Postgres, sandbox: RunningSandbox) -> None:
        self.folder, self.postgres, self.sandbox = folder, postgres, sandbox
        self._numbers: Iterator[int] = itertools.count(1)

    async def fill(self) -> None:
        """Runs FILLED_DAY into a new database. Raises RuntimeError when that does not end well."""
        await migrations.upgrade_async(await self.postgres.ensure_database_async(TEMPLATE))
        url = await self.postgres.ensure_database_async(FILLED, TEMPLATE)
        self.sandbox.configure(now=decision_time(FILLED_DAY), latency={}, faults={})
        ran = await RunningDesk(url, self.folder / "filled", self.sandbox.root).run(FILLED_DAY)
        if not ran.state.is_completed():
            raise RuntimeError(f"the first run ended as {ran.state.name}: {ran.state.message}")

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
            await make_tables()  # Prefect's start has thirty seconds, and a busy machine needs more for its tables
            desk = MorningDesk(folder, postgres, sandbox)
            await desk.fill()
            yield desk
        finally:
            postgres.stop()
            sandbox.close()
            process.terminate()
            process.wait(20)
