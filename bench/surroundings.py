"""The next morning's run where its surroundings are odd or break: paths, locale, clock, Python, disks, PostgreSQL.

Each case begins with a clone of one filled database (or a copy of it) and ends with what the run said, and whether that
is what it must be: a completed run, or one line that names the cause, and after it an ordinary run that completes.
Writes bench/results/surroundings.md after each case, and fails where one does not hold. `--cases odd-path,clock-back`
chooses: the page's rows of the other cases stay as they are.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prefect.testing.utilities import prefect_test_harness

from bench._desk import morning_desk
from bench._odd import Odd, Skipped
from bench._odd_cases import CASES
from bench._page import machine, table_rows, today

RESULT = Path(__file__).with_name("results") / "surroundings.md"
WORDS = 220
ROOT = Path(__file__).parents[1]


HOLDS, FAILS, NOT_MADE = "holds", "DOES NOT HOLD", "not made here"
HEAD = ("case", "what", "verdict", "said", "s", "day")


async def run_cases(names: list[str]) -> list[str]:
    """The cases one after another on one desk, each into the page. Returns their verdicts."""
    verdicts = []
    async with morning_desk() as desk:
        with tempfile.TemporaryDirectory(prefix="alvorada-odd-", ignore_cleanup_errors=True) as folder:
            for name in names:
                case = CASES[name]
                began = time.monotonic()
                odd = Odd(desk, Path(folder) / name)
                odd.folder.mkdir()
                try:
                    outcome, verdict = await case(odd), HOLDS
                except Skipped as reason:
                    outcome, verdict = str(reason), NOT_MADE
                except AssertionError as error:
                    outcome, verdict = str(error), FAILS
                    print(f"{name}: {outcome}", file=sys.stderr)
                what = " ".join((case.__doc__ or "").split())
                outcome = outcome.replace(str(odd.folder), "FOLDER").replace(f"{ROOT}/", "")
                words = " ".join(outcome.split())[:WORDS].replace("|", "/")
                enter((name, what, verdict, words, f"{time.monotonic() - began:.0f}", today()))
                verdicts.append(verdict)
    return verdicts


def main() -> int:
    """Runs the cases, writes the page, and returns 0 where all of them hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default=",".join(CASES))
    arguments = parser.parse_args()
    with prefect_test_harness():
        verdicts = asyncio.run(run_cases(arguments.cases.split(",")))
    print(RESULT.read_text(encoding="utf-8"))
    return 1 if FAILS in verdicts else 0


def enter(row: tuple[str, ...]) -> None:
    """Puts a case's row into the page, in the place of its older one."""
    print(" | ".join(row), file=sys.stderr, flush=True)
    page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
    rows = {one[0]: one for one in table_rows(page, len(HEAD))} | {row[0]: row}
    RESULT.write_text("\n".join(lines([rows[name] for name in CASES if name in rows])) + "\n", encoding="utf-8")


def lines(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The page's lines."""
    verdicts = Counter(row[HEAD.index("verdict")] for row in rows)
    yield "# Odd surroundings"
    yield ""
    yield f"`python -m bench.surroundings`, last row {machine()}. Each case is the next morning's run on a clone of one"
    yield "filled database, or in a home with a copy of it; a busy machine, seconds by the clock."
    yield ""
    yield f"**{len(rows)} cases of {len(CASES)}: {verdicts[FAILS]} that do not hold, {verdicts[NOT_MADE]} that this"
    yield "machine could not make.**"
    yield ""
    yield f"| {' | '.join(HEAD)} |"
    yield "|---|---|---|---|--:|---|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.exit(main())
