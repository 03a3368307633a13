"""The cases of bench/surroundings.py: each makes its surroundings, runs the next morning there, and says what was said.

A case raises AssertionError where something does not hold, and Skipped where this machine cannot make it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench import _odd_disks, _odd_homes
from bench._first_schema import as_first_schema
from bench._odd import Odd, Skipped, called, copy_checkout
from desk.model import SILVER, decision_time
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk


async def bare_environment(odd: Odd) -> str:
    """HOME unset, umask 077, TZ Asia/Kathmandu, LANG tr_TR.ISO-8859-9, LC_ALL C: the same rows."""
    url = await odd.clone()
    given = {"HOME": None, "TZ": "Asia/Kathmandu", "LANG": "tr_TR.ISO-8859-9", "LC_ALL": "C", "USER": None}
    result = (await odd.run(await odd.home(url), given=given, umask=0o077)).require(0)
    await odd.require_twin(url)
    return result.last


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
    result = (await odd.run(home, given={"ALVORADA_HOME": None}, cwd=root)).require(0)
    page = root / ".alvorada" / "reports" / "sandbox" / f"{NEXT_DAY}.html"
    assert await asyncio.to_thread(page.is_file), f"no page at {page}: {result.out[-300:]}"
    await odd.require_twin(url)
    return f"{len(os.fsencode(root))} bytes; {token.last[:30]}; {result.last}"


async def clock_back(odd: Odd) -> str:
    """After the morning the clock is a day back: the decided day is reproduced, a later one refused, nothing changed.

    A live run by such a clock is refused (tests/tasks/store/test_ledger.py); simulated time may go anywhere.
    """
    url = await odd.clone()
    home = await odd.home(url)
    (await odd.run(home)).require(0)
    before = await RunningDesk(url, odd.folder, "").stored()
    back = {"ALVORADA_NOW": decision_time(FILLED_DAY).isoformat()}
    again = (await odd.run(home, ("run", "--sources", "sandbox", "--as-of", str(FILLED_DAY)), given=back)).require(0)
    refused = (await odd.run(home, given=back)).require(2)
    after = await RunningDesk(url, odd.folder, "").stored()
    assert {name: before[name] for name in SILVER} == {name: after[name] for name in SILVER}, "silver has changed"
    (await odd.run(home)).require(0)
    return f"{again.last} / {refused.last}"


async def old_schema(odd: Odd) -> str:
    """A database of the first schema with this one's data: brought to head, and its morning decided.

    That money and holdings are those of an ordinary morning is a test (tests/flows/test_old_release.py); the orders may
    differ, as the old book has no packages.
    """
    url = await odd.clone(template="template1")
    rows = await as_first_schema(odd.desk.postgres.url(FILLED), url)
    result = (await odd.run(await odd.home(url))).require(0)
    return f"{sum(rows.values()):,} rows of {len(rows)} tables; {result.last}"


async def dump_and_restore(odd: Odd) -> str:
    """A backup (pg_dump) restored into another database: the morning on it equals an ordinary one."""
    target = await odd.clone(template="template1")
    await odd.desk.restore(target)
    result = (await odd.run(await odd.home(target))).require(0)
    await odd.require_twin(target)
    return f"{odd.desk.dump.stat().st_size / 1e6:.0f} MB; {result.last}"


async def python_312(odd: Odd) -> str:
    """Python 3.12 in a checkout with a .venv of its own, made by ./bootstrap: the same rows."""
    python, root = newer_python(), odd.folder / "checkout"
    await asyncio.to_thread(copy_checkout, root)
    made = await asyncio.to_thread(
        subprocess.run,
        ["./bootstrap", "--help"],
        cwd=root,
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Skipped(f"./bootstrap has made no .venv: {made.stderr[-200:]}")
    url = await odd.clone()
    own = str(root / ".venv" / "bin" / "python")
    result = (await odd.run(await odd.home(url), cwd=root, python=own)).require(0)
    await odd.require_twin(url)
    version = (await called(own, "--version")).stdout.strip()
    return f"{version}; {result.last}"


def newer_python() -> str:
    """A Python 3.12 of this machine: PYTHON312, one in the PATH, or one of pyenv. Raises Skipped."""
    folders = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.12.*/bin/python3.12")
    for one in (os.environ.get("PYTHON312"), *map(str, folders), shutil.which("python3.12")):
        if one and subprocess.run([one, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return one
    raise Skipped("there is no Python 3.12 (PYTHON312 names one)")


CASES: Mapping[str, Callable[[Odd], Awaitable[str]]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        old_schema, dump_and_restore, bare_environment, clock_back, odd_path, python_312, *_odd_disks.CASES,
        *_odd_homes.CASES,
    )
}  # fmt: skip
