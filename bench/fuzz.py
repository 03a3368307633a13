"""Fifty thousand spoiled bodies of all sources through the border: rows, a SourceError, or an escape.

A body is an answer of the sandbox's wires, spoiled in one of twelve ways (tests/tasks/connectors/mutations.py). Every
answer must come within a second of the processor, and rows must hold what silver promises. Writes
bench/results/fuzz.md and fails where one escapes. `--bodies N` and `--seed N` change the run.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import FrameType

from desk.catalog import load_catalog
from desk.errors import SourceError
from sandbox.world import SimulatedWorld
from tests.tasks.connectors.fuzzing import Sample, held_promises, samples, spoiled
from tests.tasks.connectors.mutations import MUTATIONS

BODIES, SEED, WORLD_SEED = 50_000, 2026, 7
DEADLINE_SECONDS = 1.0
HANGS_AFTER_SECONDS = 30
RESULT = Path(__file__).with_name("results") / "fuzz.md"
OUTCOMES = ("rows", "SourceError", "contained", "escape", "late")


class Hung(BaseException):
    """No Exception, so that nothing on the way takes it for a source's doing."""


def main() -> int:
    """Runs the bodies and writes the page. Returns the exit code: 0 without an escape or a late answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=BODIES)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _hung)
    every = samples(SimulatedWorld(WORLD_SEED, load_catalog()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    slowest, escapes = (0.0, "", ""), []
    rng = random.Random(arguments.seed)
    names = list(MUTATIONS)
    for number in range(arguments.bodies):
        sample, mutation = every[number % len(every)], names[(number // len(every)) % len(names)]
        body = spoiled(sample, mutation, rng)
        outcome, seconds, words = measured(sample, mutation, body)
        counts[sample.connector.source, mutation][outcome] += 1
        if seconds > DEADLINE_SECONDS:
            counts[sample.connector.source, mutation]["late"] += 1
        slowest = max(slowest, (seconds, sample.name, mutation))
        if outcome == "escape":
            escapes.append(f"{sample.name}, {mutation}, body {number}: {words}")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    RESULT.write_text(report(counts, slowest, escapes, (before, after), arguments), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    late = sum(one["late"] for one in counts.values())
    return 1 if escapes or late else 0


def measured(sample: Sample, mutation: str, body: bytes) -> tuple[str, float, str]:
    """The outcome of one body, the processor's seconds for it, and what escaped."""
    signal.alarm(HANGS_AFTER_SECONDS)
    began = time.process_time()
    try:
        fetched = sample.ask(body)
    except SourceError as error:
        named = error.__cause__ is None or isinstance(error.__cause__, ValueError)
        return ("SourceError" if named else "contained"), time.process_time() - began, ""
    except BaseException as error:  # noqa: BLE001  # whatever it is, it has passed the border
        return "escape", time.process_time() - began, repr(error)[:200]
    finally:
        signal.alarm(0)
    seconds = time.process_time() - began
    wrong = held_promises(sample, mutation, fetched)
    return ("escape" if wrong else "rows"), seconds, "; ".join(wrong)


def _hung(number: int, frame: FrameType | None) -> None:
    raise Hung(f"no answer after {HANGS_AFTER_SECONDS} s")


def report(
    counts: dict[tuple[str, str], Counter[str]],
    slowest: tuple[float, str, str],
    escapes: list[str],
    peak_kb: tuple[int, int],
    arguments: argparse.Namespace,
) -> str:
    """The page: outcomes by source and mutation, the slowest body, escapes, peak memory."""
    total = Counter[str]()
    for one in counts.values():
        total.update(one)
    lines = [
        "# Fuzz of the border",
        "",
        f"`python -m bench.fuzz --bodies {arguments.bodies} --seed {arguments.seed}`: bodies as the sandbox's wires",
        "give them, spoiled in one way each. `rows`: rows that hold what silver promises (finite, in the window, one",
        "value for one key; of a cut body all of the whole one's). `SourceError`: refused by a rule. `contained`: an",
        "exception of a parser that the border turned into a BadPayload. `escape`: anything else, or rows that break a",
        "promise.",
        f"`late`: more than {DEADLINE_SECONDS:g} s of the processor.",
        "",
        f"Slowest answer {slowest[0]:.2f} s ({slowest[1]}, {slowest[2]}); peak memory {peak_kb[1] // 1024} MB, of which"
        f" {peak_kb[0] // 1024} MB before the first body.",
        "",
        "| by source | bodies | " + " | ".join(OUTCOMES) + " |",
        "|---" * (len(OUTCOMES) + 2) + "|",
        *_rows(counts, 0),
        "",
        "| by mutation | bodies | " + " | ".join(OUTCOMES) + " |",
        "|---" * (len(OUTCOMES) + 2) + "|",
        *_rows(counts, 1),
        "",
        f"In all {sum(total.values()) - total['late']:,}: {total['escape']} escapes, {total['late']} late.",
        *[f"- {line}" for line in escapes[:50]],
    ]
    return "\n".join(lines) + "\n"


def _rows(counts: dict[tuple[str, str], Counter[str]], part: int) -> list[str]:
    merged: dict[str, Counter[str]] = defaultdict(Counter)
    for key, one in counts.items():
        merged[key[part]].update(one)
    return [
        f"| {name} | {sum(one.values()) - one['late']:,} | " + " | ".join(f"{one[what]:,}" for what in OUTCOMES) + " |"
        for name, one in merged.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
