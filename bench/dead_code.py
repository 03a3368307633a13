"""A year of mornings with one dead code: requests a morning, values known too early, and the twin never disturbed.

Real connector, HTTP client, store and ledger; the source is made, one number in ten days late (`_mornings.py`). One
code dies on the thirtieth morning and comes back for the last month. The claims: no morning asks for more than every
series once and the dead one three times; no decision may use a value that the source did not show by then; the other
series' rows are those of the twin. Writes bench/results/dead_code.md and fails when a claim does not hold.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import tempfile
from pathlib import Path

import migrations
from alvorada.stack.postgres import Postgres
from bench._mornings import MadeSource, Mornings, shortened
from bench._page import machine
from desk import calendars
from desk.model import decision_time
from tasks.store import Store

FIRST, LAST = dt.date(2025, 6, 2), dt.date(2026, 5, 29)
DIES, RETURNS = 30, -20
DATASET, HISTORY_DAYS = "bcb_sgs_daily", 400
RESULT = Path(__file__).with_name("results") / "dead_code.md"


async def year(url: str, folder: Path, is_disturbed: bool) -> tuple[Mornings, list[tuple[object, ...]], int]:
    """The mornings, the stored rows of every other series, and the count of values known too early."""
    catalog, dataset, series = shortened(DATASET, None, HISTORY_DAYS)
    days = calendars.b3().days(FIRST, LAST)
    source = MadeSource.make(catalog, dataset, series, FIRST - dt.timedelta(days=HISTORY_DAYS + 60), LAST, seed=17)
    if is_disturbed:
        source.dead = {series[0].code: (decision_time(days[DIES]), decision_time(days[RETURNS]))}
    store = await Store.open(url, world="sandbox", pool_size=4)
    try:
        mornings = Mornings(store, source, dataset, catalog, folder)
        for day in days:
            await mornings.morning(day)
        return mornings, await mornings.stored_rows(without=series[0].id), await mornings.too_early(days)
    finally:
        await store.close()


async def both(postgres: Postgres, folder: Path) -> int:
    """Both years, the page, and 0 where every claim holds."""
    urls = [await postgres.ensure_database_async(name) for name in ("disturbed", "twin")]
    for url in urls:
        await migrations.upgrade_async(url)
    mornings, rows, early = await year(urls[0], folder / "a", is_disturbed=True)
    twin, twin_rows, twin_early = await year(urls[1], folder / "b", is_disturbed=False)
    count = len(mornings.source.series)
    dead = mornings.requests[DIES:RETURNS]
    most, same = max(mornings.requests), rows == twin_rows
    holds = most <= count + 2 and early == twin_early == 0 and same
    lines = [
        "# A year of mornings with one dead code",
        "",
        f"`python -m bench.dead_code`: {machine()}.",
        "",
        f"{len(mornings.requests)} mornings of `{DATASET}`: {count} series, one number in ten up to six days late.",
        f"One code gets an HTML page under status 200 from morning {DIES + 1} to the last month, then it is back.",
        "",
        "| | disturbed | twin |",
        "|---|---|---|",
        f"| requests, most in one morning | {most} | {max(twin.requests)} |",
        f"| requests, all mornings | {sum(mornings.requests):,} | {sum(twin.requests):,} |",
        f"| mornings on which the dead code was requested (of {len(dead)}) | {sum(n >= count for n in dead)} | |",
        f"| rows of the other series | {len(rows):,} | {len(twin_rows):,} |",
        f"| values that a decision could use before the source showed them | {early} | {twin_early} |",
        "",
        f"The other series' rows, knowledge times and stamps: {'equal to' if same else 'NOT'} the twin's.",
        "",
    ]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return 0 if holds else 1


def main() -> int:
    """Measures in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-", ignore_cleanup_errors=True) as name:
        postgres = Postgres(Path(name) / "postgres", None, {"fsync": "off", "synchronous_commit": "off"})
        postgres.start()
        try:
            return asyncio.run(both(postgres, Path(name)))
        finally:
            postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
