"""Ingest of an ordinary morning: every source alone, then all of them at once, with 300 ms of latency per response.

Fills a database with everything up to a day, then takes clones of it on the next morning, so that every measurement
asks for the same increment. The claim: all at once take at most 1.5 times the slowest source alone. Writes
bench/results/ingest.md and fails when the claim does not hold.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import Stack, embedded_postgres, open_stack, set_environment
from alvorada.stack.postgres import Postgres
from alvorada.stack.sandbox_process import sandbox_in_use
from desk.catalog import load_catalog
from desk.model import decision_time
from desk.worlds import DEFAULT_SEED

LATENCY_SECONDS = 0.3
LIMIT = 1.5
ROUNDS = 4
FILLED_DAY = dt.date(2026, 11, 18)
NEXT_DAY = dt.date(2026, 11, 19)
RESULT = Path(__file__).with_name("results") / "ingest.md"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the ingest stage, one per round, and the rows that one round brought."""

    name: str
    seconds: tuple[float, ...]
    rows: int

    @property
    def best(self) -> float:
        """The round that the machine's other work disturbed least."""
        return min(self.seconds)

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.seconds)


def main() -> int:
    """Measures, writes the page, and returns 0 where the ratio is within the limit."""
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-", ignore_cleanup_errors=True) as folder:
        data_dir = DataDir(Path(folder))
        bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PREFECT_API_URL")}
        with sandbox_in_use(data_dir) as root, open_stack(data_dir, "sandbox", DEFAULT_SEED, bare) as ready:
            set_environment(ready.environment(bare) | {"ALVORADA_SANDBOX_URL": root()})
            alone, together = asyncio.run(measure(embedded_postgres(data_dir), ready, root()))
    slowest = max(alone, key=lambda item: item.best)
    ratio = together.best / slowest.best
    page = written(alone, together, slowest, ratio)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if ratio <= LIMIT else 1


async def measure(postgres: Postgres, ready: Stack, root: str) -> tuple[list[Measured], Measured]:
    """Every source alone, and all together, `ROUNDS` times in turn, so that a busy minute meets all of them."""
    configure(root, now=decision_time(FILLED_DAY).isoformat())
    await ingest_once(ready.database_url, FILLED_DAY)
    configure(root, now=decision_time(NEXT_DAY).isoformat(), latency={"*": LATENCY_SECONDS})
    template = ready.database_url.rsplit("/", 1)[1]
    sources = list(load_catalog().sources)
    numbers = itertools.count(1)
    found: dict[str, list[tuple[float, int]]] = {}
    for _, name in itertools.product(range(ROUNDS), [*sources, "all"]):
        url = await postgres.ensure_database_async(f"bench_{next(numbers)}", template)
        only = sources if name == "all" else [name]
        found.setdefault(name, []).append(await ingest_once(url, NEXT_DAY, only))
        print(f"{name:16} {found[name][-1][0]:6.2f} s", file=sys.stderr)
    results = [Measured(name, tuple(seconds for seconds, _ in rounds), rounds[0][1]) for name, rounds in found.items()]
    return results[:-1], results[-1]


async def ingest_once(url: str, day: dt.date, sources: Sequence[str] = ()) -> tuple[float, int]:
    """Seconds and rows of one ingest stage into the database at `url`. Raises RuntimeError when a source fails."""
    from flows.ingest import IngestResult, ingest
    from tasks.run.run_context import open_run
    from tasks.run.stages import Stopwatch

    set_environment({"DATABASE_URL": url, "ALVORADA_NOW": (decision_time(day) + dt.timedelta(minutes=1)).isoformat()})
    async with open_run(decision_time(day), "sandbox") as run:
        kept = {name: spec for name, spec in run.catalog.sources.items() if not sources or name in sources}
        datasets = {name: item for name, item in run.catalog.datasets.items() if item.source in kept}
        run.catalog = replace(run.catalog, sources=kept, datasets=datasets)
        watch = Stopwatch()
        state: Any = await ingest(run, return_state=True)
        seconds = watch.seconds
        result: IngestResult = await state.result(fetch=True)
    if result.errors:
        raise RuntimeError(f"ingest had errors: {result.errors}")
    return seconds, sum(result.inserted.values())


def configure(root: str, **settings: object) -> None:
    """Changes the settings of the running sandbox."""
    request = urllib.request.Request(
        f"{root}/_sandbox/config", json.dumps(settings).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def written(alone: Sequence[Measured], together: Measured, slowest: Measured, ratio: float) -> str:
    """The page as text."""
    return "\n".join(lines(alone, together, slowest, ratio)) + "\n"


def lines(alone: Sequence[Measured], together: Measured, slowest: Measured, ratio: float) -> Iterator[str]:
    """The page's lines."""
    yield "# Ingest: all sources at once against each alone"
    yield ""
    yield f"`alvorada bench ingest`, {dt.datetime.now(dt.UTC):%Y-%m-%d}; {os.cpu_count()} cores, Python"
    yield f"{platform.python_version()}. Sandbox with {LATENCY_SECONDS * 1000:.0f} ms before every response; the"
    yield f"increment of {NEXT_DAY} on a database filled up to {FILLED_DAY}; ingest stage, best of {ROUNDS}"
    yield "rounds (the one that the machine's other work disturbed least), with the median and the worst beside it."
    yield ""
    yield f"**All {len(alone)} at once: {together.best:.2f} s, {ratio:.2f} times the slowest alone** ({slowest.name},"
    yield f"{slowest.best:.2f} s); the limit is {LIMIT}. By medians {together.middle:.2f} s and"
    yield f"{max(item.middle for item in alone):.2f} s. One after another: {sum(item.best for item in alone):.1f} s."
    yield ""
    yield "| sources | best s | median | worst | new rows |"
    yield "|---|--:|--:|--:|--:|"
    for item in [*sorted(alone, key=lambda item: -item.best), together]:
        yield f"| {item.name} | {item.best:.2f} | {item.middle:.2f} | {max(item.seconds):.2f} | {item.rows:,} |"


if __name__ == "__main__":
    raise SystemExit(main())
