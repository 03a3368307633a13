"""The cases of bench/surroundings.py: each makes its surroundings, runs the next morning there, and says what was said.

A case raises AssertionError where something does not hold, and Skipped where this machine cannot make it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alvorada.stack.local_stack import asyncpg_url
from bench._desk import MorningDesk
from bench._first_schema import as_first_schema
from desk.model import decision_time
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk
from tests.flows.killing import ROOT, HomeToKill, differences

RUN = ("run", "--sources", "sandbox", "--as-of", str(NEXT_DAY))
PATIENCE = 900.0
MOST_LINES = 40
SMALL = "1m"


class Skipped(Exception):
    """This machine cannot make the case."""


@dataclass(frozen=True, slots=True)
class Said:
    """A command's exit code and what it wrote; `last`: its last line."""

    code: int
    out: str

    @property
    def last(self) -> str:
        """The last line that is not blank."""
        lines = [line for line in self.out.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def require(self, code: int) -> Said:
        """Raises AssertionError for another exit code, and for a traceback."""
        assert self.code == code, f"exit code {self.code}, not {code}: {self.out[-600:]}"
        assert "Traceback" not in self.out, f"a traceback: {self.out[-600:]}"
        return self


@dataclass(frozen=True, slots=True)
class Odd:
    """One case's desk and folder."""

    desk: MorningDesk
    folder: Path

    async def clone(self, name: str = "", template: str = FILLED) -> str:
        """The URL of a new database on the morning of NEXT_DAY."""
        self.desk.sandbox.configure(now=decision_time(NEXT_DAY), latency={}, faults={})
        return await self.desk.postgres.ensure_database_async(f"odd_{self.folder.name}{name}", template)

    async def home(self, url: str, path: Path | None = None) -> HomeToKill:
        """A home that works on the database at `url`."""
        prefect = asyncpg_url(await self.desk.postgres.ensure_database_async("prefect_of_odd"))
        given = {"DATABASE_URL": url, "PREFECT_API_DATABASE_CONNECTION_URL": prefect}
        return HomeToKill(path or self.folder / "home", self.desk.sandbox.root, day=NEXT_DAY, given=given)

    async def run(
        self,
        home: HomeToKill,
        arguments: Sequence[str] = RUN,
        *,
        given: Mapping[str, str | None] | None = None,
        cwd: Path = ROOT,
        umask: int = -1,
    ) -> Said:
        """The command to its end. `given`: changes of the environment, None for a variable that is not there."""
        changed = {**home.environment, **(given or {})}
        environment = {name: value for name, value in changed.items() if value is not None}
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "alvorada", *arguments],
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
        return Said(done.returncode, done.stdout)

    async def require_twin(self, url: str) -> None:
        """The database equals that of an ordinary morning, row by row."""
        twin = RunningDesk(await self.desk.postgres.ensure_database_async("odd_twin", FILLED), self.folder, "")
        if not await twin.rows("SELECT 1 FROM report WHERE as_of = $1", decision_time(NEXT_DAY)):
            (await self.run(await self.home(twin.url, self.folder / "twin"))).require(0)
        found = await differences(RunningDesk(url, self.folder, ""), twin)
        assert not found, f"differs from an ordinary morning: {found!r:.400}"


async def bare_environment(odd: Odd) -> str:
    """HOME unset, umask 077, TZ Asia/Kathmandu, LANG tr_TR.ISO-8859-9, LC_ALL C: the same rows."""
    url = await odd.clone()
    given = {"HOME": None, "TZ": "Asia/Kathmandu", "LANG": "tr_TR.ISO-8859-9", "LC_ALL": "C", "USER": None}
    said = (await odd.run(await odd.home(url), given=given, umask=0o077)).require(0)
    await odd.require_twin(url)
    return said.last


async def odd_path(odd: Odd) -> str:
    """A checkout under a long path with blanks, quotes and letters beyond ASCII; its own PostgreSQL starts there."""
    root = (
        odd.folder / "Área de trabalho 'São João' 日本" / ("x" * 60) / ("mesa & tesouraria " * 3).strip() / "alvorada"
    )
    await asyncio.to_thread(copy_checkout, root)
    url = await odd.clone()
    home = await odd.home(url, root / ".alvorada")
    own = {"DATABASE_URL": None, "PREFECT_API_DATABASE_CONNECTION_URL": None, "ALVORADA_HOME": None}
    token = (await odd.run(home, ("token", "create", "desk", "--world", "sandbox"), given=own, cwd=root)).require(0)
    said = (await odd.run(home, given={"ALVORADA_HOME": None}, cwd=root)).require(0)
    page = root / ".alvorada" / "reports" / "sandbox" / f"{NEXT_DAY}.html"
    assert await asyncio.to_thread(page.is_file), f"no page at {page}: {said.out[-300:]}"
    await odd.require_twin(url)
    return f"{len(os.fsencode(root))} bytes; {token.last[:30]}; {said.last}"


async def clock_back(odd: Odd) -> str:
    """After the morning the clock is a day and then a year back: the decided day is reproduced, a later one refused."""
    url = await odd.clone()
    home = await odd.home(url)
    (await odd.run(home)).require(0)
    before = await RunningDesk(url, odd.folder, "").stored()
    back = {"ALVORADA_NOW": decision_time(FILLED_DAY).isoformat()}
    again = (await odd.run(home, ("run", "--sources", "sandbox", "--as-of", str(FILLED_DAY)), given=back)).require(0)
    refused = (await odd.run(home, given=back)).require(2)
    year = {"ALVORADA_NOW": "2025-11-18T09:01:00+00:00"}
    past = await odd.run(home, ("run", "--sources", "sandbox"), given=year)
    assert "Traceback" not in past.out, past.out[-400:]
    after = await RunningDesk(url, odd.folder, "").stored()
    silver = {"observation", "price_bar", "curve_point", "settlement", "expectation"}
    assert {name: before[name] for name in silver} == {name: after[name] for name in silver}, "silver has changed"
    (await odd.run(home)).require(0)
    return f"{again.last} / {refused.last} / a year back: {past.last}"


async def two_at_once(odd: Odd) -> str:
    """Two runs of the morning start at the same moment: one decides, the other says who is at work."""
    url = await odd.clone()
    home, other = await odd.home(url), await odd.home(url, odd.folder / "other")
    both = await asyncio.gather(odd.run(home), odd.run(other))
    codes = sorted(one.code for one in both)
    assert codes in ([0, 3], [0, 0]), f"exit codes {codes}: {both[0].last} / {both[1].last}"
    for one in both:
        assert "Traceback" not in one.out, one.out[-400:]
    await odd.require_twin(url)
    return " / ".join(one.last for one in both)


async def database_killed(odd: Odd) -> str:
    """PostgreSQL is killed (-9) in the middle of a run: one line, and the next run finishes the morning."""
    url = await odd.clone()
    home = await odd.home(url)
    running = asyncio.create_task(odd.run(home))
    query = "SELECT 1 FROM ledger WHERE run_id IN (SELECT run_id FROM pipeline_runs WHERE state = 'running')"
    desk = RunningDesk(url, odd.folder, "")
    while not await desk.rows(query):
        assert not running.done(), f"the run ended before it could be met: {(await running).last}"
        await asyncio.sleep(0.1)
    pid = odd.desk.postgres.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    said = await running
    odd.desk.postgres.start()
    assert said.code != 0
    assert "Traceback" not in said.out, f"a traceback of {len(said.out.splitlines())} lines: {said.last}"
    assert len(said.out.splitlines()) < MOST_LINES, f"{len(said.out.splitlines())} lines: {said.last}"
    (await odd.run(home)).require(0)
    await odd.require_twin(url)
    return said.last


async def lake_full(odd: Odd) -> str:
    """The lake has a disk of a megabyte: the run says that there is no space left, and the next one fills the day."""
    lake = odd.folder / "lake"
    await called("mkdir", str(lake))
    done = await called("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(lake))
    if done.returncode:
        raise Skipped(f"no tmpfs can be mounted: {done.stderr.strip()}")
    try:
        url = await odd.clone()
        home = await odd.home(url)
        said = await odd.run(home, given={"ALVORADA_LAKE_URL": str(lake)})
        assert "Traceback" not in said.out, said.out[-400:]
        assert "space" in said.out.lower(), f"no word of the space: {said.out[-500:]}"
    finally:
        await called("umount", str(lake))
    (await odd.run(home)).require(0)
    return next(line for line in said.out.splitlines() if "space" in line.lower())


async def old_schema(odd: Odd) -> str:
    """A database of the first schema with this one's data: brought to head, run, and equal to an ordinary morning."""
    url = await odd.clone(template="template1")
    rows = await as_first_schema(odd.desk.postgres.url(FILLED), url)
    said = (await odd.run(await odd.home(url))).require(0)
    await odd.require_twin(url)
    return f"{sum(rows.values()):,} rows of {len(rows)} tables; {said.last}"


async def dump_and_restore(odd: Odd) -> str:
    """pg_dump of the database, restored into another: the morning on it equals an ordinary one."""
    binaries = odd.desk.postgres.bin
    if not all((binaries / name).exists() for name in ("pg_dump", "pg_restore")):
        raise Skipped(f"no pg_dump and pg_restore in {binaries}")
    source, target, file = odd.desk.postgres.url(FILLED), await odd.clone(template="template1"), odd.folder / "dump"
    for command in (
        ("pg_dump", "--format=custom", f"--file={file}", source),
        ("pg_restore", "--exit-on-error", f"--dbname={target}", str(file)),
    ):
        done = await called(str(binaries / command[0]), *command[1:])
        assert done.returncode == 0, f"{command[0]}: {done.stderr[-300:]}"
    said = (await odd.run(await odd.home(target))).require(0)
    await odd.require_twin(target)
    return f"{file.stat().st_size / 1e6:.0f} MB; {said.last}"


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


CASES: Mapping[str, Callable[[Odd], Awaitable[str]]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        old_schema, two_at_once, bare_environment, lake_full, clock_back, dump_and_restore, odd_path, database_killed,
    )
}  # fmt: skip
