"""Odd surroundings: a home that is copied or moved, a PostgreSQL that is killed, two runs at once."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from alvorada.stack.postgres import Postgres
from bench._odd import DATABASE, CommandResult, Odd, called
from tests.fixtures.flows import NEXT_DAY
from tests.flows.killing import HomeToKill

TOKEN = ("token", "create", "of-the-copy", "--world", "sandbox")
EXPLAIN = ("explain", "portfolio.nav", "--world", "sandbox", "--as-of", str(NEXT_DAY))


async def two_at_once(odd: Odd) -> str:
    """Two runs of the morning start at the same moment: one decides, the other says who is at work."""
    url = await odd.clone()
    home, other = await odd.home(url), await odd.home(url, odd.folder / "other")
    both = await asyncio.gather(odd.run(home), odd.run(other))
    codes = sorted(one.code for one in both)
    assert codes in ([0, 3], [0, 0]), f"exit codes {codes}: {both[0].last} / {both[1].last}"
    for one in both:
        one.require_tidy()
    await odd.require_twin(url)
    return " / ".join(one.last for one in both)


async def database_killed(odd: Odd) -> str:
    """The PostgreSQL of DATABASE_URL is killed (-9) in the middle of a run: one line; the next run finishes."""
    url = await odd.clone()
    home = await odd.home(url)
    run = asyncio.create_task(odd.run(home))
    await odd.in_hand(url, run)
    kill(odd.desk.postgres)
    result = await run
    odd.desk.postgres.start()
    result.require_failed("PostgreSQL", "the database")
    (await odd.run(home)).require(0)
    await odd.require_twin(url)
    return result.last


async def own_database_killed(odd: Odd) -> str:
    """The home's own PostgreSQL is killed (-9) in the middle of a run: one line; the next run finishes the morning."""
    home = await odd.own_home()
    run = asyncio.create_task(odd.run(home))
    server = Postgres(home.home.path)
    while not (server.status().running and server.status().port):
        assert not run.done(), f"the run ended before its database was there: {(await run).last}"
        await asyncio.sleep(0.1)
    await odd.in_hand(server.url(DATABASE), run)
    kill(server)
    result = (await run).require_failed("PostgreSQL", "the database")
    (await odd.run(home)).require(0)
    await odd.require_own_twin(home)
    return result.last


async def home_copied(odd: Odd) -> str:
    """A home is copied (cp -a), and `demo`, `token create` and `explain` work in both at once, each on its own."""
    home = await odd.own_home()
    copy = HomeToKill(odd.folder / "copy", odd.desk.sandbox.root, day=NEXT_DAY)
    assert (await called("cp", "-a", str(home.home.path), str(copy.home.path))).returncode == 0
    original, result = await asyncio.gather(odd.run(home, ("demo",)), in_the_copy(odd, copy))
    original.require(0)
    explained = [(await odd.run(one, EXPLAIN)).require(0) for one in (home, copy)]
    figures = [one.out.replace(str(copy.home.path), str(home.home.path)) for one in explained]
    assert figures[0] == figures[1], "the two explain the morning differently"
    tokens = [(await odd.run(one, ("token", "list", "--world", "sandbox"))).require(0).out for one in (home, copy)]
    assert ["of-the-copy" in one for one in tokens] == [False, True], f"tokens: {tokens}"
    for one in (home, copy):
        await odd.require_own_twin(one)
    return result.last


async def in_the_copy(odd: Odd, copy: HomeToKill) -> CommandResult:
    """A token and the morning, while the original is at work."""
    (await odd.run(copy, TOKEN)).require(0)
    return (await odd.run(copy, ("demo",))).require(0)


async def home_moved(odd: Odd) -> str:
    """A home is moved (mv), first at rest and then while its PostgreSQL runs: `explain` and `demo` go on there."""
    home = await odd.own_home()
    (await odd.run(home, ("demo",))).require(0)
    first = (await odd.run(home, EXPLAIN)).require(0)
    at_rest = moved(home, odd.folder / "at rest", odd)
    second = (await odd.run(at_rest, EXPLAIN)).require(0)
    await asyncio.to_thread(Postgres(at_rest.home.path).start)
    last = moved(at_rest, odd.folder / "running", odd)
    assert Postgres(last.home.path).status().running, "its server is not found at the new place"
    third = (await odd.run(last, EXPLAIN)).require(0)
    assert not at_rest.home.path.exists(), "something was made at the old place"
    texts = [
        one.out.replace(str(where.home.path), "HOME")
        for one, where in ((first, home), (second, at_rest), (third, last))
    ]
    assert texts[0] == texts[1] == texts[2], "a moved home explains the morning differently"
    result = (await odd.run(last, ("demo",))).require(0)
    assert not Postgres(last.home.path).status().running, "the run that used it last has left it running"
    left = [path.name for path in (last.home.path / "postgres").iterdir() if path.name.endswith(".making")]
    assert not left, f"left behind: {left}"
    await odd.require_own_twin(last)
    return f"explained three times alike; {result.last}"


def moved(home: HomeToKill, place: Path, odd: Odd) -> HomeToKill:
    """The home at another place."""
    home.home.path.rename(place)
    return HomeToKill(place, odd.desk.sandbox.root, day=NEXT_DAY)


def kill(server: Postgres) -> None:
    """kill -9 of a server."""
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


CASES = (two_at_once, home_copied, home_moved, own_database_killed, database_killed)
"""The last takes the desk's own server down for a moment."""
