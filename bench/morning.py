"""What a morning costs: the first one, which computes the history, those after it, and one that is decided already.

Each is a process of its own against the sandbox, with PostgreSQL and a Prefect API of its own, as a person starts it:
`alvorada demo --as-of DAY`. At the end `alvorada verify` holds one pass over all decided days against what the mornings
have stored, to the bit. CPU seconds are those of the process and all its children, the sandbox's server among
them; seconds of a stage are by the clock. The claim: the stages that compute (transform to gate) take a later morning
at most a quarter of what they take the first, whose book begins 504 decision days before; and no row differs. Writes
bench/results/morning.md and fails where a claim does not hold.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench._page import machine
from desk import calendars

RESULT = Path(__file__).with_name("results") / "morning.md"
FIRST, MORNINGS = dt.date(2026, 11, 23), 5
COMPUTED = ("transform", "signals", "portfolio", "risk", "gate")
STAGES = ("ingest", *COMPUTED, "report")
LIMIT = 0.25
_VERIFIED = re.compile(r"([\d,]+) decided days, ([\d,]+) rows compared, ([\d,]+) differ")
_STAGE = re.compile(r"^stage\s+(\w+)\s+done\s+([\d.]+) s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cost:
    """One morning: `cpu` and `clock` seconds of the process, `stages` seconds by stage."""

    day: dt.date
    cpu: float
    clock: float
    stages: Mapping[str, float]

    @property
    def computed(self) -> float:
        """Seconds of the stages that compute."""
        return sum(self.stages.get(name, 0.0) for name in COMPUTED)


def morning(home: Path, day: dt.date) -> Cost:
    """Runs one. Raises CalledProcessError where it fails."""
    began, command = os.times(), [sys.executable, "-m", "alvorada", "demo", "--as-of", day.isoformat()]
    environment = {**os.environ, "ALVORADA_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ended = os.times()
    cpu = (ended.children_user - began.children_user) + (ended.children_system - began.children_system)
    stages = {name: float(seconds) for name, seconds in _STAGE.findall(done.stdout + done.stderr)}
    return Cost(day, cpu, ended.elapsed - began.elapsed, stages)


def verified(home: Path) -> tuple[int, int, int]:
    """Decided days, rows compared and rows that differ. Raises CalledProcessError where the command fails otherwise."""
    command = [sys.executable, "-m", "alvorada", "verify"]
    environment = {**os.environ, "ALVORADA_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = _VERIFIED.search(done.stdout + done.stderr)
    if found is None:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    days, rows, differ = (int(number.replace(",", "")) for number in found.groups())
    return days, rows, differ


def row(name: str, cost: Cost) -> str:
    """One line of the page's table."""
    cells = [f"{cost.stages[stage]:.1f}" if stage in cost.stages else "" for stage in STAGES]
    return f"| {name} | {cost.day} | {cost.cpu:.1f} | {cost.clock:.1f} | {' | '.join(cells)} |"


def page(costs: Sequence[Cost], again: Cost, load: float, compared: tuple[int, int, int]) -> tuple[list[str], bool]:
    """The page, and whether the claim holds."""
    first, later = costs[0], costs[1:]
    share = statistics.median(cost.computed for cost in later) / first.computed
    cpu = statistics.median(cost.cpu for cost in later)
    heads = " | ".join(STAGES)
    days, rows, off = compared
    lines = [
        "# What a morning costs",
        "",
        f"`python -m bench.morning`, {machine()}; load {load:.1f} before it began. Sandbox, seed 7;",
        "each morning is a process of its own; CPU seconds with those of the sandbox's server, stages by the clock.",
        "",
        f"**A later morning computes for {share:.0%} of what the first one does** (at most {LIMIT:.0%}; medians of"
        f" {len(later)}), and costs {cpu / first.cpu:.0%} of its CPU; one that is decided already costs"
        f" {again.cpu / cpu:.0%} of a later one's.",
        "",
        f"| morning | day | CPU s | clock s | {heads} |",
        f"|---|---|{'--:|' * (2 + len(STAGES))}",
        row("first", first),
        *(row("later", cost) for cost in later),
        row("again", again),
        "",
        "The first one fetches and computes 504 decision days, and their warm-up; a later one the day alone, but for",
        "the panel and the agents' measures, whose windows reach back over the years before. A decided morning shows",
        "the page that it has stored.",
        "",
        f"One pass over the {days:,} decided days (`alvorada verify`) has **{off:,} of {rows:,} rows other than the"
        " mornings have stored them**, compared to the bit.",
    ]
    return lines, share <= LIMIT and not off


def main() -> int:
    """Runs the mornings and writes the page."""
    load = os.getloadavg()[0]
    days = calendars.b3().days(FIRST, FIRST + dt.timedelta(days=3 * MORNINGS))[:MORNINGS]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        costs = [morning(Path(folder), day) for day in days]
        again = morning(Path(folder), days[-1])
        compared = verified(Path(folder))
    lines, holds = page(costs, again, load, compared)
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
