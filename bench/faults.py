"""Every source, each failing in each of twelve ways, plus a host that refuses connections: one daily run a cell.

Every cell is a clone of one filled database on the next morning, with the fault on one source's every answer. It must
end with a report, the source's datasets named in the run's state and in the ledger, the reason on the page, and the
other sources' cells filled. Time-outs and budgets are cut to a few seconds, so that a cell shows what happens and not
how long thirty seconds are. Writes bench/results/faults.md run by run, and fails where a cell does not hold.
`--sources fred,cftc_cot`, `--faults "cut body"` choose cells: the page's rows of the others stay as they are.
`--together` lets all sources fail in one run for each fault, thirteen runs in place of 143: the worst mornings, in
faults-together.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import asyncpg
import zstandard
from prefect.testing.utilities import prefect_test_harness

from alvorada.stack.prefect_start import started
from bench._desk import MorningDesk, morning_desk
from bench._page import machine, table_rows, today
from desk.catalog import Catalog, load_catalog
from desk.model import decision_time
from flows.daily import ACTIONS_HELD
from sandbox import base_urls
from tasks.run import run_context
from tests.fixtures.flows import NEXT_DAY, RunningDesk
from tests.flows.fault_matrix import FAULTS, SourceFault

TIMEOUT_SECONDS, BUDGET_SECONDS = 5.0, 20.0
REFUSED = "refused"
REFUSED_FAULT = SourceFault({}, frozenset({"Outage"}), ("cannot connect",))
NO_LISTENER = "http://127.0.0.1:9"
WORDS = 110
FOLDER = Path(__file__).with_name("results")
RESULTS = {False: FOLDER / "faults.md", True: FOLDER / "faults-together.md"}
HEAD = ("source", "fault", "run", "ledger cells", "reason", "s", "MB", "holds", "day")
HOLDS = "yes"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: how it ended, what ledger and page say of the source, seconds, peak memory, and what does not hold."""

    source: str
    fault: str
    state: str
    ledger: str
    words: str
    seconds: float
    peak_mb: int
    wrong: tuple[str, ...]


def main() -> int:
    """Runs the cells, writes the page, and returns 0 where all of them hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", default=",".join(load_catalog().sources))
    parser.add_argument("--faults", default=",".join([REFUSED, *FAULTS]).replace("429, ", "429 "))
    parser.add_argument("--together", action="store_true", help="every source fails in the same run")
    arguments = parser.parse_args()
    faults = [name for name in [REFUSED, *FAULTS] if name.replace(", ", " ") in arguments.faults.split(",")]
    sources = arguments.sources.split(",")
    result = RESULTS[arguments.together]
    with prefect_test_harness():
        cells = asyncio.run(all_cells(sources, faults, arguments.together))
    print(result.read_text(encoding="utf-8"))
    return 1 if any(cell.wrong for cell in cells) else 0


@contextmanager
def impatient(faulty: Sequence[str]) -> Iterator[None]:
    """Runs take the catalogue with time-outs and budgets of seconds for `faulty`, and no pauses between requests."""

    def changed() -> Catalog:
        catalog = load_catalog()
        sources = {name: replace(spec, rate_per_second=1000.0) for name, spec in catalog.sources.items()}
        for name in faulty:
            sources[name] = replace(sources[name], timeout_seconds=TIMEOUT_SECONDS, budget_seconds=BUDGET_SECONDS)
        return replace(catalog, sources=sources)

    run_context.load_catalog = changed  # type: ignore[attr-defined, assignment]
    try:
        yield
    finally:
        run_context.load_catalog = load_catalog  # type: ignore[attr-defined]


async def all_cells(sources: list[str], faults: list[str], together: bool) -> list[Cell]:
    """One run after another, so that seconds and memory are its own."""
    cells = []
    async with morning_desk() as desk:
        for fault in faults:
            for group in [sources] if together else [[source] for source in sources]:
                made = await cells_of(desk, group, fault)
                cells += made
                enter(RESULTS[together], [row(one) for one in made])
    return cells


async def cells_of(desk: MorningDesk, sources: Sequence[str], name: str) -> list[Cell]:
    """One morning with the fault on every answer of `sources`: a cell for each of them."""
    fault = FAULTS.get(name, REFUSED_FAULT)
    async with desk.morning() as morning:
        settings: dict[str, str] = {}
        kind = "sandbox"
        if name == REFUSED:
            kind, settings = await refusing(morning, sources)
        else:
            desk.sandbox.configure(faults={source: dict(fault.settings) for source in sources})
        begin_peak()
        began = time.monotonic()
        with impatient(sources):
            ran = await started(partial(morning.run, None, clock_day=NEXT_DAY, sources=kind, settings=settings))
        seconds = time.monotonic() - began
        peak = peak_mb()
        page, run_id = await page_of(morning), await newest_run(morning)
        rows = await morning.rows("SELECT dataset, state, error_kind, error FROM ledger WHERE run_id = $1", run_id)
        held = await morning.rows("SELECT dataset FROM hold")
    faulty = {dataset for source in sources for dataset in datasets_of(source)}
    others = {one["dataset"] for one in rows if one["dataset"] not in faulty and one["state"] == "failed"}
    cells = []
    for source in sources:
        mine = [one for one in rows if one["dataset"] in datasets_of(source)]
        failed = [one for one in mine if one["state"] == "failed"]
        wrong = list(complaints(source, fault, ran.state, mine, page))
        if others:
            wrong.append(f"failed with it: {', '.join(sorted(others))}")
        states = ", ".join(f"{count(mine, state)} {state}" for state in sorted({one["state"] for one in mine}))
        holds = sum(one["dataset"] in datasets_of(source) for one in held)
        words = str(failed[0]["error"]) if failed else f"no error; {holds} values held"
        cells.append(Cell(source, name, ran.state.name, states, words, seconds, peak, tuple(wrong)))
    return cells


async def refusing(morning: RunningDesk, sources: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The same morning as a live one with the sources at the sandbox's address, and `sources` where nobody listens."""
    await morning.rows("UPDATE world SET name = 'live'")
    urls = base_urls(morning.sandbox_root, load_catalog())
    urls |= {source: dict.fromkeys(urls[source], NO_LISTENER) for source in sources}
    return "live", {
        "ALVORADA_BASE_URLS": json.dumps(urls),
        "ALVORADA_SANDBOX_URL": "",
        # Without key and licence, these are off in a live run.
        "FRED_API_KEY": "0" * 32,
        "EIA_API_KEY": "0" * 32,
        "BEA_API_KEY": "0" * 36,
        "ALVORADA_LICENSED": '["cboe_vix"]',
        "ALVORADA_PATIENCE_SECONDS": "[]",  # the tries minutes later would be the same again
    }


def complaints(source: str, fault: SourceFault, state: Any, mine: list[asyncpg.Record], page: str) -> Iterator[str]:
    """What does not hold in a cell."""
    if not page:
        yield "no report"
    if state.name not in ("Completed", "CompletedWithGaps", ACTIONS_HELD, "Failed"):
        yield f"the state {state.name}"
    failed = [one for one in mine if one["state"] == "failed"]
    if not mine:
        yield "nothing was due"
    if not failed and source not in fault.blind:
        yield "nobody says that the source failed"
    for one in failed:
        if one["dataset"] not in (state.message or ""):
            yield f"{one['dataset']} is not in the run's state"
        if one["dataset"] not in page:
            yield f"{one['dataset']} is not on the page"
        if one["error_kind"] not in fault.kinds:
            yield f"{one['dataset']}: {one['error_kind']}"
        if not any(words in one["error"] for words in fault.words):
            yield f"{one['dataset']}: other words: {one['error'][:WORDS]}"
        if source not in one["error"]:
            yield f"{one['dataset']}: the source is not named"
    if {one["state"] for one in mine} & {"running", "died"}:
        yield "open cells"


async def newest_run(morning: RunningDesk) -> Any:
    """The id of the run that ended last."""
    return (await morning.rows("SELECT run_id FROM pipeline_runs ORDER BY started_at DESC, run_id LIMIT 1"))[0][0]


async def page_of(morning: RunningDesk) -> str:
    """NEXT_DAY's page in the database, empty where there is none."""
    found = await morning.rows("SELECT html_zstd FROM report WHERE as_of = $1", decision_time(NEXT_DAY))
    return zstandard.ZstdDecompressor().decompress(found[0]["html_zstd"]).decode() if found else ""


@lru_cache(maxsize=32)
def datasets_of(source: str) -> set[str]:
    """Ids of the source's datasets."""
    return {dataset.id for dataset in load_catalog().datasets_of(source)}


def count(rows: list[asyncpg.Record], state: str) -> int:
    """Rows in a state."""
    return sum(row["state"] == state for row in rows)


def begin_peak() -> None:
    """From now on, `peak_mb` counts anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> int:
    """The process's peak of resident memory since it was last begun anew."""
    status: Mapping[str, str] = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if ":" in line
    )
    return int(status["VmHWM"].split()[0]) // 1024


def row(cell: Cell) -> tuple[str, ...]:
    """The cell as a row of the table."""
    words = cell.words.split(" [http")[0][:WORDS].replace("|", "/")
    figures = (f"{cell.seconds:.1f}", str(cell.peak_mb))
    wrong = "; ".join(dict.fromkeys(cell.wrong)).replace("|", "/") or HOLDS
    return (cell.source, cell.fault, cell.state, cell.ledger, words, *figures, wrong, today())


def enter(result: Path, rows: list[tuple[str, ...]]) -> None:
    """Puts rows into the page, in the places of the older ones of their cells."""
    for one in rows:
        print(" | ".join(one), file=sys.stderr, flush=True)
    page = result.read_text(encoding="utf-8") if result.exists() else ""
    known = {one[:2]: one for one in table_rows(page, len(HEAD))} | {one[:2]: one for one in rows}
    keys = [(source, fault) for fault in (REFUSED, *FAULTS) for source in load_catalog().sources]
    found = [known[key] for key in keys if key in known]
    result.write_text("\n".join(lines(found, len(keys))) + "\n", encoding="utf-8")


def lines(rows: list[tuple[str, ...]], cells: int) -> Iterator[str]:
    """The page's lines. `cells`: how many there are to run."""
    wrong = sum(row[HEAD.index("holds")] != HOLDS for row in rows)
    slowest = max(float(row[HEAD.index("s")]) for row in rows)
    peak = max(int(row[HEAD.index("MB")]) for row in rows)
    yield "# Every source, each failing in each way"
    yield ""
    yield f"`python -m bench.faults`, last row {machine()}. One daily run a cell, from a clone of one filled database,"
    yield "with the fault on every answer of one source (`--together`: of all), its time-out"
    yield f"{TIMEOUT_SECONDS:g} s and its budget {BUDGET_SECONDS:g} s in place of the catalogue's. A cell holds when a"
    yield "report came out, every failed dataset is named in the run's state and on the page with the reason; it"
    yield "is the fault's, and no other source failed with it."
    yield ""
    yield f"**{len(rows)} cells of {cells}, {wrong} that do not hold.** Slowest {slowest:.0f} s by the clock of a busy"
    yield f"machine, peak memory {peak} MB."
    yield ""
    yield f"| {' | '.join(HEAD)} |"
    yield "|---|---|---|---|---|--:|--:|---|---|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.exit(main())
