"""What the cases of bench/surroundings.py are made of: homes, commands and databases on one morning desk."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alvorada.stack.local_stack import asyncpg_url
from alvorada.stack.postgres import Postgres
from bench._desk import MorningDesk
from desk.model import decision_time
from tests.fixtures.flows import FILLED, NEXT_DAY, RunningDesk
from tests.flows.killing import ROOT, HomeToKill, differences

RUN = ("run", "--sources", "sandbox", "--as-of", str(NEXT_DAY))
DATABASE = "alvorada_sandbox"
PATIENCE = 1800.0
MOST_LINES = 40


class Skipped(Exception):
    """This machine cannot make the case."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command's exit code and what it wrote; `last`: its last line."""

    code: int
    out: str

    @property
    def last(self) -> str:
        """The last line that is not blank."""
        lines = [line for line in self.out.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def require(self, code: int) -> CommandResult:
        """Raises AssertionError for another exit code, and for a traceback."""
        assert self.code == code, f"exit code {self.code}, not {code}: {self.out[-600:]}"
        return self.require_tidy()

    def require_failed(self, *words: str) -> CommandResult:
        """Raises AssertionError where it ended well, or its last line has none of the words, or with a traceback."""
        assert self.code, f"it ended well: {self.out[-600:]}"
        assert any(word in self.last for word in words), f"none of {words} in: {self.last}"
        return self.require_tidy()

    def require_tidy(self) -> CommandResult:
        """Raises AssertionError for a traceback, and for a failure in more lines than anybody reads."""
        lines = self.out.splitlines()
        assert "Traceback" not in self.out, f"a traceback of {len(lines)} lines: {self.last}"
        assert not self.code or len(lines) < MOST_LINES, f"{len(lines)} lines: {self.last}"
        return self


@dataclass(frozen=True, slots=True)
class Odd:
    """One case's desk and folder."""

    desk: MorningDesk
    folder: Path

    def begin(self) -> None:
        """The sandbox shows the morning of NEXT_DAY."""
        self.desk.sandbox.configure(now=decision_time(NEXT_DAY), latency={}, faults={})

    async def clone(self, name: str = "", template: str = FILLED) -> str:
        """The URL of a new database on the morning of NEXT_DAY."""
        self.begin()
        return await self.desk.postgres.ensure_database_async(self.database(name), template)

    def database(self, name: str = "") -> str:
        """The name of a database of this case."""
        return f"odd_{self.folder.name}{name}".replace("-", "_")

    async def home(self, url: str, path: Path | None = None) -> HomeToKill:
        """A home that works on the database at `url`."""
        prefect = asyncpg_url(await self.desk.postgres.ensure_database_async("prefect_of_odd"))
        given = {"DATABASE_URL": url, "PREFECT_API_DATABASE_CONNECTION_URL": prefect}
        return HomeToKill(path or self.folder / "home", self.desk.sandbox.root, day=NEXT_DAY, given=given)

    async def own_home(self, path: Path | None = None) -> HomeToKill:
        """A home of FILLED_DAY with its lake, its pages and a PostgreSQL of its own, which does not run."""
        self.begin()
        path = path or self.folder / "home"
        await asyncio.to_thread(shutil.copytree, self.desk.filled, path, dirs_exist_ok=True)
        async with running(path) as server:
            await self.desk.restore(await server.ensure_database_async(DATABASE))
        return HomeToKill(path, self.desk.sandbox.root, day=NEXT_DAY)

    async def run(
        self,
        home: HomeToKill,
        arguments: Sequence[str] = RUN,
        *,
        given: Mapping[str, str | None] | None = None,
        cwd: Path = ROOT,
        umask: int = -1,
        python: str = sys.executable,
    ) -> CommandResult:
        """The command to its end. `given`: changes of the environment, None for a variable that is not there."""
        changed = {**home.environment, **(given or {})}
        environment = {name: value for name, value in changed.items() if value is not None}
        done = await asyncio.to_thread(
            subprocess.run,
            [python, "-m", "alvorada", *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            umask=umask,
            check=False,
        )
        return CommandResult(done.returncode, done.stdout)

    async def require_twin(self, url: str) -> None:
        """The database equals that of an ordinary morning, row by row."""
        twin = RunningDesk(await self.desk.postgres.ensure_database_async("odd_twin", FILLED), self.folder, "")
        if not await twin.rows("SELECT 1 FROM report WHERE as_of = $1", decision_time(NEXT_DAY)):
            self.begin()
            (await self.run(await self.home(twin.url, self.folder / "twin"))).require(0)
        found = await differences(RunningDesk(url, self.folder, ""), twin)
        assert not found, f"differs from an ordinary morning: {found!r:.400}"

    async def require_own_twin(self, home: HomeToKill) -> None:
        """As `require_twin`, of the home's own database."""
        async with running(home.home.path) as server:
            await self.require_twin(server.url(DATABASE))

    async def in_hand(self, url: str, run: asyncio.Task[CommandResult]) -> None:
        """Returns while the run at `url` is amid its fetches. Raises AssertionError where it ended before."""
        query = "SELECT 1 FROM ledger WHERE run_id IN (SELECT run_id FROM pipeline_runs WHERE state = 'running')"
        desk = RunningDesk(url, self.folder, "")
        while not await desk.rows(query):
            assert not run.done(), f"the run ended before it could be met: {(await run).last}"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Postgres]:
    """The PostgreSQL of a home, started, and stopped in the end."""
    server = Postgres(home)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def small_disk(place: Path, size: str) -> AsyncIterator[None]:
    """A disk of its own in memory at `place`, taken away in the end. Raises Skipped where none can be mounted."""
    await called("mkdir", "--parents", str(place))
    done = await called("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    if done.returncode:
        raise Skipped(f"no tmpfs can be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        await called("umount", "--lazy", str(place))


async def resized(place: Path, size: int) -> None:
    """The disk at `place` now has `size` bytes."""
    done = await called("mount", "-o", f"remount,size={size}", str(place))
    assert done.returncode == 0, done.stderr


async def called(*command: str) -> subprocess.CompletedProcess[str]:
    """An outside program to its end."""
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)


def copy_checkout(root: Path) -> None:
    """The files that git knows, under `root`."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
