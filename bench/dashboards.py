"""How long do a dashboard's queries take over two years of data? All panels of each page, one after another.

    alvorada bench dashboards

Runs the demo once in a data directory of its own, then every panel's SQL as Grafana sends it, as the read-only role.
The result goes to bench/results/dashboards.md.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from alvorada.stack.data_dir import DataDir, database_name
from alvorada.stack.local_stack import postgres_in_use
from desk.worlds import DEFAULT_SEED
from grafana.build import FOLDER
from grafana.macros import expand
from migrations.roles import READER

ROUNDS = 7
LIMIT_SECONDS = 1.0
YEARS = 2
RESULT = Path(__file__).parent / "results" / "dashboards.md"


def queries() -> dict[str, list[str]]:
    """Page -> the SQL of its panels."""
    pages = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    return {name: [panel["targets"][0]["rawSql"] for panel in page["panels"]] for name, page in pages.items()}


def variables() -> dict[str, str]:
    """The queries of the variables that panels are narrowed by; every value is chosen."""
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")]
    return {made["name"]: made["query"] for page in pages for made in page["templating"]["list"]}


async def measure(url: str) -> tuple[dict[str, list[float]], int]:
    """Page -> seconds of each round; and the decisions in the database."""
    connection = await asyncpg.connect(url)
    try:
        newest, days = await connection.fetchrow("SELECT max(as_of), count(*) FROM portfolio_state")
        await connection.execute(f"SET ROLE {READER}")
        end = newest + dt.timedelta(days=1)
        start = end - dt.timedelta(days=365 * YEARS)
        choices = {name: [row[0] for row in await connection.fetch(sql)] for name, sql in variables().items()}
        taken: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for page, panels in queries().items():
                began = time.perf_counter()
                for sql in panels:
                    await connection.fetch(expand(sql, start, end, choices))
                taken.setdefault(page, []).append(time.perf_counter() - began)
        return taken, days
    finally:
        await connection.close()


def main() -> int:
    """Runs the demo, measures, writes the page, and returns 0 where every page is fast enough."""
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-") as folder:
        data_dir = DataDir(Path(folder))
        env = {**os.environ, "ALVORADA_HOME": folder}
        subprocess.run([sys.executable, "-m", "alvorada", "demo"], env=env, check=True, stdout=subprocess.DEVNULL)
        with postgres_in_use(data_dir) as postgres:
            taken, days = asyncio.run(measure(postgres.url(database_name("sandbox", DEFAULT_SEED))))
    text = report(taken, days)
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if max(statistics.median(seconds) for seconds in taken.values()) < LIMIT_SECONDS else 1


def report(taken: dict[str, list[float]], days: int) -> str:
    """The page; `days` decisions were in the database."""
    counted = {page: len(panels) for page, panels in queries().items()}
    lines = "\n".join(
        f"| {page} | {counted[page]} | {statistics.median(s) * 1000:.0f} ms | {max(s) * 1000:.0f} ms |"
        for page, s in taken.items()
    )
    return f"""# The dashboards' queries

`alvorada bench dashboards`: every panel's SQL, one after another, over {YEARS} years ({days} decisions),
{ROUNDS} rounds; {os.cpu_count()} cores, Python {platform.python_version()}. Wanted: a page well under a second.

| page | panels | median | slowest round |
| --- | --- | --- | --- |
{lines}
"""


if __name__ == "__main__":
    sys.exit(main())
