"""Sixty kill -9 at random moments of daily runs, backfills, migrations and first runs, against twins never killed.

A chain starts one command again and again, and kills it at a random moment of a step: of its start, of one source's
fetch or of a stage, each stage as likely as the whole ingest; the last time it is left to finish. Its database must
then equal the twin's, row by row, with no cell left open. Kills come from a seed. Writes bench/results/kills.md, and
fails where a database differs. `--kills N --seed S --kinds daily,backfill`.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import itertools
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prefect.testing.utilities import prefect_test_harness

from alvorada.stack.local_stack import asyncpg_url
from bench._desk import TEMPLATE, MorningDesk, morning_desk
from bench._first_schema import as_first_schema
from bench._page import machine
from desk.model import decision_time
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk
from tests.flows.killing import HomeToKill, differences

KILLS, SEED, CHAIN = 60, 2026, 5
OLD = (dt.date(2015, 1, 5), dt.date(2015, 2, 27))
FIRST_SCHEMA = "first_schema"
EMPTY = "empty"
RESULT = Path(__file__).with_name("results") / "kills.md"


@dataclass(frozen=True, slots=True)
class Kind:
    """A command, the database that it begins with, and the morning that its clock shows."""

    name: str
    arguments: tuple[str, ...]
    template: str
    day: dt.date


KINDS = {
    kind.name: kind
    for kind in (
        Kind("daily", ("run", "--sources", "sandbox", "--as-of", str(NEXT_DAY)), FILLED, NEXT_DAY),
        Kind(
            "backfill",
            ("backfill", "--from", str(OLD[0]), "--to", str(OLD[1]), "--sources", "sandbox"),
            FILLED,
            FILLED_DAY,
        ),
        Kind("migration", ("run", "--sources", "sandbox", "--as-of", str(NEXT_DAY)), FIRST_SCHEMA, NEXT_DAY),
        Kind("first run", ("run", "--sources", "sandbox", "--as-of", str(FILLED_DAY)), EMPTY, FILLED_DAY),
    )
}
PLAN = ("daily", "backfill", "migration", "daily", "first run", "daily")
"""Chains in turn; a first run costs as much as the others together."""


@dataclass
class Chain:
    """What became of one chain: kills by the stage in which they fell, tables that differ, cells left open."""

    kind: str
    kills: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)
    open_cells: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the database is the twin's."""
        return not self.different and not self.open_cells


@dataclass(frozen=True, slots=True)
class Twin:
    """The database of an undisturbed run, and the moments at which a run like it can be killed."""

    desk: RunningDesk
    moments: dict[str, list[tuple[str, float]]]


async def chains(desk: MorningDesk, kills: int, seed: int, kinds: list[str]) -> list[Chain]:
    """Chains of the plan until `kills` are spent."""
    rng, left = random.Random(seed), kills
    twins: dict[str, Twin] = {}
    done: list[Chain] = []
    await as_first_schema(
        desk.postgres.url(FILLED), await desk.postgres.ensure_database_async(FIRST_SCHEMA, "template1")
    )
    plan = [name for name in PLAN if name in kinds]
    while left > 0:
        kind = KINDS[plan[len(done) % len(plan)]]
        if kind.name not in twins:
            twin = await home_of(desk, kind, f"twin {kind.name}")
            twins[kind.name] = Twin(twin[1], moments(await asyncio.to_thread(twin[0].timed, kind.arguments)))
        done.append(await chain(desk, kind, twins[kind.name], min(CHAIN, left), rng))
        left -= done[-1].kills
        print(" | ".join(row(done[-1])), file=sys.stderr, flush=True)
        page = (
            "\n".join(lines(done, kills, seed)) + "\n"
        )  # after each one: a bench that is cut short leaves what it has
        RESULT.write_text(page, encoding="utf-8")
    return done


async def home_of(desk: MorningDesk, kind: Kind, name: str) -> tuple[HomeToKill, RunningDesk]:
    """A home with a database of its own as the kind begins with it, and the desk that reads it."""
    name = re.sub(r"\W", "_", name)
    url = await desk.postgres.ensure_database_async(name, TEMPLATE if kind.template == EMPTY else kind.template)
    prefect = asyncpg_url(await desk.postgres.ensure_database_async("prefect_of_kills"))
    given = {"DATABASE_URL": url, "PREFECT_API_DATABASE_CONNECTION_URL": prefect}
    home = desk.folder / name
    desk.sandbox.configure(now=decision_time(kind.day), latency={}, faults={})
    return HomeToKill(home, desk.sandbox.root, day=kind.day, given=given), RunningDesk(url, home, desk.sandbox.root)


def moments(steps: list[tuple[str, float]]) -> dict[str, list[tuple[str, float]]]:
    """Stage -> the moments of it that can be drawn: after which step of the twin, and for how many seconds."""
    found: dict[str, list[tuple[str, float]]] = {}
    for before, (step, seconds) in itertools.pairwise([("", 0.0), *steps]):
        found.setdefault(stage_of(step), []).append((before[0], seconds))
    return found


async def chain(desk: MorningDesk, kind: Kind, twin: Twin, kills: int, rng: random.Random) -> Chain:
    """Up to `kills` of one command on one database, then the command to its end, and the comparison."""
    made, began = Chain(kind.name), time.monotonic()
    home, running = await home_of(desk, kind, f"{kind.name} {rng.randrange(10**9)}")
    for _ in range(kills):
        stage = rng.choice(sorted(twin.moments))
        mark, seconds = rng.choice(twin.moments[stage])
        if await asyncio.to_thread(home.killed_in, kind.arguments, mark, rng.uniform(0.0, seconds)) is None:
            break  # it had ended before: a day that is decided is only shown again
        made.kills += 1
        made.stages[stage] += 1
    await asyncio.to_thread(home.finished, kind.arguments)
    made.different = [f"{name}: {found}" for name, found in (await differences(running, twin.desk)).items()]
    made.open_cells = len(await running.rows("SELECT 1 FROM v_cells WHERE state IN ('running', 'died', 'failed')"))
    made.open_cells += len(await running.rows("SELECT 1 FROM pipeline_runs WHERE state = 'running'"))
    made.seconds = time.monotonic() - began
    return made


def stage_of(step: str) -> str:
    """`ingest` for a source's step, the stage's name, `the end` for none."""
    kind, _, name = step.partition(" ")
    return "ingest" if kind == "source" else name or "the end"


def main() -> int:
    """Kills, compares, writes the page, and returns 0 where every database is its twin's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--kinds", default=",".join(KINDS))
    arguments = parser.parse_args()
    with prefect_test_harness():
        done = asyncio.run(run(arguments))
    print(RESULT.read_text(encoding="utf-8"))
    return 0 if all(one.holds for one in done) else 1


async def run(arguments: argparse.Namespace) -> list[Chain]:
    """The chains on a desk of their own."""
    async with morning_desk() as desk:
        return await chains(desk, arguments.kills, arguments.seed, arguments.kinds.split(","))


def row(one: Chain) -> tuple[str, ...]:
    """A row of the table."""
    stages = ", ".join(f"{stage} {count}" for stage, count in one.stages.most_common())
    verdict = "equal" if one.holds else f"{'; '.join(one.different)[:200]}; {one.open_cells} open"
    return (one.kind, str(one.kills), stages, verdict, f"{one.seconds:.0f}")


def lines(done: list[Chain], kill_count: int, seed: int) -> Iterator[str]:
    """The page's lines."""
    stages: Counter[str] = Counter()
    for one in done:
        stages.update(one.stages)
    equal = sum(one.holds for one in done)
    yield "# Kills at random moments"
    yield ""
    yield f"`python -m bench.kills --kills {kill_count} --seed {seed}`, {machine()}. Each command is"
    yield "killed (kill -9 of its process group) at a random moment of a random stage, started again, and in the end"
    yield "left to finish; then silver and gold are compared with the twin's row by row; no cell or run may be open."
    yield ""
    kills = sum(one.kills for one in done)
    yield f"**{kills} kills in {len(done)} chains: {equal} databases of {len(done)} equal.** By step:"
    yield ", ".join(f"{stage} {count}" for stage, count in stages.most_common()) + "."
    yield ""
    yield "| command | kills | killed in | database against the twin's | s |"
    yield "|---|--:|---|---|--:|"
    for one in done:
        yield f"| {' | '.join(row(one))} |"


if __name__ == "__main__":
    sys.exit(main())
