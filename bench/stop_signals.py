"""Stop signals at random moments of a run: how soon it ends, what it says, and whether anything is left behind.

    python -m bench.stop_signals [RUNS]

Each run is `alvorada demo` on one data directory, stopped by SIGINT, SIGTERM or SIGHUP in turn at a moment drawn over
the whole length of a run: imports, PostgreSQL's start, Prefect's, the fetches, every stage, the end. The claim: it ends
within LIMIT_SECONDS on a busy machine too, with nothing left running, and says that it was stopped once it has begun.
Then one more run must complete on the same data directory.
Writes bench/results/stop_signals.md and fails where the claim does not hold.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alvorada.stack.processes import STOP_SIGNALS
from bench._page import machine

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).with_name("results") / "stop_signals.md"
RUNS = 30
LIMIT_SECONDS = 60.0
STOPPED = 130
SETTINGS = {"ALVORADA_HISTORY_DAYS": "30", "ALVORADA_RETRY_DELAYS_SECONDS": "[0]"}
OUTSIDE = ("DATABASE_URL", "FRED_API_KEY")


@dataclass(frozen=True, slots=True)
class Stop:
    """One stopped run. `after`: seconds from its start to the signal; `took`: from the signal to the end;
    `stage`: the last line that it had printed before the signal; `left`: command lines still running."""

    number: signal.Signals
    after: float
    stage: str
    took: float
    code: int
    last_line: str
    left: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether it ended in time and clean: stopped with its word, or before it had begun, or done by itself."""
        begun = (self.code, self.last_line) == (STOPPED, "alvorada: stopped")  # else no handler was set yet
        return not self.left and self.took <= LIMIT_SECONDS and (begun or self.code in (0, -self.number))


def main(arguments: Sequence[str] = ()) -> int:
    """Measures RUNS stops, or as many as the argument says; 0 where every one holds and the last run completes."""
    runs = int(arguments[0]) if arguments else RUNS
    draw = random.Random(9)
    for number in STOP_SIGNALS:  # a child that inherits one as ignored, as under nohup, would not end at it
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="alvorada-stops-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        began = time.monotonic()
        whole = start(home, seed := 7)
        if whole.wait() != 0:
            raise RuntimeError(f"the first run failed: {log_of(home)}")
        length = time.monotonic() - began
        stops: list[Stop] = []
        for turn in range(runs):
            done = turn == 0 or stops[-1].code == 0
            seed += done  # a day that was decided is only reproduced: the next economy
            stops.append(stop(home, seed, STOP_SIGNALS[turn % len(STOP_SIGNALS)], draw.uniform(0.0, length)))
            print(f"{turn + 1:3} {stops[-1]}", file=sys.stderr, flush=True)
            page = written(stops, length)  # after each one, so that a bench that is cut short leaves what it has
            RESULT.write_text(page, encoding="utf-8")
        completes = start(home, seed).wait() == 0
    page += f"\nAfterwards a run on the same data directory {'completed' if completes else 'DID NOT COMPLETE'}.\n"
    RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if completes and all(one.holds for one in stops) else 1


def start(home: Path, seed: int) -> subprocess.Popen[bytes]:
    """`alvorada demo` on the data directory; its stderr goes to a log."""
    kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE and "PREFECT" not in name}
    with (home / "run.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "alvorada", "demo", "--seed", str(seed)],
            cwd=ROOT,
            env={**kept, **SETTINGS, "ALVORADA_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def stop(home: Path, seed: int, number: signal.Signals, after: float) -> Stop:
    """One run, stopped `after` seconds from its start where it still runs then."""
    process = start(home, seed)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after)
    stage = last_line(home)
    process.send_signal(number)
    began = time.monotonic()
    try:
        code = process.wait(2 * LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    took = time.monotonic() - began
    time.sleep(0.5)  # a child may still be on its way out
    return Stop(number, after, stage, took, code, last_line(home), tuple(running(home)))


def log_of(home: Path) -> str:
    """What the run has printed so far."""
    return (home / "run.log").read_text(encoding="utf-8", errors="replace")


def last_line(home: Path) -> str:
    """The last line of it, in single spaces."""
    lines = log_of(home).strip().splitlines()
    return re.sub(r"\s+", " ", lines[-1]).strip() if lines else ""


def running(home: Path) -> list[str]:
    """Command lines of the processes that name this data directory in their arguments or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if str(home).encode() in words + (folder / "environ").read_bytes():
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def written(stops: Sequence[Stop], length: float) -> str:
    """The page."""
    took = sorted(one.took for one in stops)
    held = sum(one.holds for one in stops)
    lines = [
        "# Stop signals at random moments of a run",
        "",
        f"`python -m bench.stop_signals {len(stops)}`, {machine()}.",
        "",
        f"**{held} of {len(stops)} ended clean**, half of them within {took[len(took) // 2]:.1f} s and all within",
        f"{took[-1]:.1f} s of the clock; a whole run took {length:.0f} s, on a busy machine. Exit codes: 130",
        "stopped; the signal's own before the run had started anything; 0 done.",
        "",
        "| Signal | sent after, s | last line before it | ended after, s | exit code | left running |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    for one in stops:
        row = (one.number.name, f"{one.after:.1f}", one.stage[:60] or "(nothing yet)", f"{one.took:.1f}", str(one.code))
        lines.append(f"| {' | '.join(row)} | {'; '.join(one.left) or 'nothing'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
