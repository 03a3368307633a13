"""The next morning's run where its surroundings are odd or break: paths, locale, clock, Python, disks, PostgreSQL.

Each case begins with a clone of one filled database (or a copy of it) and ends with what the run said, and whether that
is what it must be: a completed run, or one line that names the cause, and after it an ordinary run that completes.
Writes bench/results/surroundings.md, and fails where a case does not hold. `--cases umask,clock` chooses.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prefect.testing.utilities import prefect_test_harness

from bench._desk import morning_desk
from bench._odd_cases import CASES, Odd, Skipped
from bench._page import machine

RESULT = Path(__file__).with_name("results") / "surroundings.md"
WORDS = 220


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended: holds, does not hold, or could not be made here; what was said; seconds."""

    name: str
    what: str
    verdict: str
    said: str
    seconds: float


async def outcomes(names: list[str]) -> list[Outcome]:
    """The cases one after another on one desk."""
    found = []
    async with morning_desk() as desk:
        with tempfile.TemporaryDirectory(prefix="alvorada-odd-") as folder:
            for name in names:
                case = CASES[name]
                began = time.monotonic()
                odd = Odd(desk, Path(folder) / name)
                odd.folder.mkdir()
                try:
                    said, verdict = await case(odd), "holds"
                except Skipped as reason:
                    said, verdict = str(reason), "not made here"
                except AssertionError as error:
                    said, verdict = str(error), "DOES NOT HOLD"
                what = " ".join((case.__doc__ or "").split())
                found.append(Outcome(name, what, verdict, " ".join(said.split()), time.monotonic() - began))
                print(" | ".join(row(found[-1])), file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Runs the cases, writes the page, and returns 0 where all of them hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default=",".join(CASES))
    arguments = parser.parse_args()
    with prefect_test_harness():
        found = asyncio.run(outcomes(arguments.cases.split(",")))
    page = "\n".join(lines(found)) + "\n"
    if len(found) == len(CASES):
        RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 1 if any(one.verdict == "DOES NOT HOLD" for one in found) else 0


def row(one: Outcome) -> tuple[str, ...]:
    """A row of the table."""
    return (one.name, one.what, one.verdict, one.said[:WORDS].replace("|", "/"), f"{one.seconds:.0f}")


def lines(found: list[Outcome]) -> Iterator[str]:
    """The page's lines."""
    bad = sum(one.verdict == "DOES NOT HOLD" for one in found)
    skipped = sum(one.verdict == "not made here" for one in found)
    yield "# Odd surroundings"
    yield ""
    yield f"`python -m bench.surroundings`, {machine()}. Each case is the next morning's run on a clone of one filled"
    yield "database."
    yield ""
    yield f"**{len(found)} cases: {bad} that do not hold, {skipped} that this machine could not make.**"
    yield ""
    yield "| case | what | verdict | said | s |"
    yield "|---|---|---|---|--:|"
    for one in found:
        yield f"| {' | '.join(row(one))} |"


if __name__ == "__main__":
    sys.exit(main())
