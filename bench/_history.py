"""Days against days: the history pass (desk/performance) over 500 and 2,000 days of the sandbox, against one day's run.

A pass is everything from the panel on: panel with the warm-up that the daily run reads, measures, views, regimes, 24
scores, convictions, book, risk. One day's run is the same for one decision day. Each measurement is a child process of
its own kind: one takes the sizes in turn, one per size reports its peak of memory.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench._page import Section, machine
from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.performance.history_pass import run_history
from desk.point_in_time.panel_span import WARM_UP_DAYS
from desk.worlds import DEFAULT_SEED
from sandbox.silver import silver
from sandbox.world import SimulatedWorld

LAST = dt.date(2026, 10, 30)
ONE, SHORT, LONG = 1, 500, 2_000
ROUNDS = {ONE: 5, SHORT: 3, LONG: 2}
SHORT_LIMIT, LONG_LIMIT, PEAK_LIMIT_MB = 10.0, 4.5, 1_500.0
Times = Mapping[int, list[tuple[float, float]]]
"""By size: (seconds by the clock, seconds of CPU) of each round."""


def history_part() -> Section:
    """Runs every size and checks the two ratios and the peaks of memory."""
    times = {int(size): rounds for size, rounds in _child(*ROUNDS).items()}
    peaks = {size: _child(size)["peak_mb"] for size in (SHORT, LONG)}
    ratios = _ratio(times, SHORT, ONE, 0), _ratio(times, LONG, SHORT, 0)
    holds = ratios[0] <= SHORT_LIMIT and ratios[1] <= LONG_LIMIT and max(peaks.values()) < PEAK_LIMIT_MB
    return Section("The history pass", tuple(_lines(times, peaks)), holds)


def _ratio(times: Times, more: int, fewer: int, kind: int) -> float:
    return min(one[kind] for one in times[more]) / min(one[kind] for one in times[fewer])


def _lines(times: Times, peaks: Mapping[int, float]) -> Iterator[str]:
    yield f"`python -m bench.desk history` (a part of `alvorada bench desk`), {machine()}."
    yield "All agents, 24 strategies, book and risk, from silver in memory to frames of gold; Monte Carlo for the last"
    yield f"day only. The sandbox's history to {LAST}; best of the rounds, the sizes taken in turn in one process."
    yield ""
    yield f"**{SHORT} days cost {_ratio(times, SHORT, ONE, 0):.1f} times one day's run** (at most {SHORT_LIMIT:.0f}),"
    yield f"**{LONG:,} days {_ratio(times, LONG, SHORT, 0):.1f} times {SHORT}** (at most {LONG_LIMIT})."
    yield f"By seconds of CPU: {_ratio(times, SHORT, ONE, 1):.1f} and {_ratio(times, LONG, SHORT, 1):.1f}."
    yield ""
    yield "| decision days | days of panel | best seconds | best CPU seconds | rounds | peak of memory, MB |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for size, rounds in times.items():
        best, cpu = (min(one[kind] for one in rounds) for kind in (0, 1))
        peak = f"{peaks[size]:,.0f}" if size in peaks else ""
        yield f"| {size:,} | {size + WARM_UP_DAYS:,} | {best:.2f} | {cpu:.2f} | {len(rounds)} | {peak} |"
    yield ""
    yield f"The peak (at most {PEAK_LIMIT_MB:,.0f}) is `ru_maxrss` of a process that does nothing else; it holds the"
    yield "sandbox's fifteen years of silver besides the pass, and the making of them."


def _child(*sizes: int) -> Any:
    """The result of `measure` for these sizes, run in a process of its own."""
    command = [sys.executable, "-m", "bench._history", *map(str, sizes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    return json.loads(done.stdout.splitlines()[-1])


def measure(sizes: list[int]) -> dict[str, object]:
    """Of several sizes the rounds of each in turn; of one alone the peak of memory after a single pass."""
    catalog, parameters, b3 = load_catalog(), load_desk_parameters(), calendars.b3()
    frames = silver(SimulatedWorld(DEFAULT_SEED, catalog), LAST)

    def one_pass(size: int) -> tuple[float, float]:
        inception = b3.offset(LAST, 1 - size)
        days = b3.days(b3.offset(inception, -WARM_UP_DAYS), LAST)
        clock, cpu = time.perf_counter(), time.process_time()
        run_history(frames, days, inception, catalog, parameters)
        return time.perf_counter() - clock, time.process_time() - cpu

    if len(sizes) == 1:
        one_pass(sizes[0])
        return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0}
    one_pass(ONE)  # what is read once and kept: calendars, catalogues, compiled imports
    rounds: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    for turn in range(max(ROUNDS.values())):
        for size in sizes:
            if turn < ROUNDS[size]:
                rounds[size].append(one_pass(size))
    return {str(size): found for size, found in rounds.items()}


if __name__ == "__main__":
    print(json.dumps(measure([int(argument) for argument in sys.argv[1:]])))
