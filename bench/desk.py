"""The desk's arithmetic: what vectorising is worth, as ratios within one run.

Part `tail`: VaR 95, VaR 99 and ES 97.5 of 1,000 books over 756 days at once (desk.risk.tail.var_es) against a loop over
empyrical doing the same, book by book. The claim: at least 10 times faster.

Part `history`: the history pass over 500 and 2,000 days against one day's run (bench/_history.py).

Each part writes its section of bench/results/desk.md and leaves the other ones as they are; the command fails when a
claim does not hold.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from empyrical import conditional_value_at_risk, value_at_risk  # type: ignore[import-untyped]

from bench._history import history_part
from bench._page import Section, machine, timed, with_section
from desk.arrays import FloatArray
from desk.risk import tail

RESULT = Path(__file__).with_name("results") / "desk.md"
TITLE = "# The desk: vectorised against a loop, days against days"
BOOKS, DAYS, ROUNDS, SEED = 1_000, 756, 7, 7
LIMIT = 10.0


def main(arguments: Sequence[str] = ()) -> int:
    """Runs the parts named, or all of them."""
    unknown = sorted(set(arguments) - set(PARTS))
    if unknown:
        print(f"unknown part {', '.join(unknown)}; known: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    sections = [PARTS[name]() for name in arguments or PARTS]
    page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
    for section in sections:
        page = with_section(page, section, TITLE)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(section.holds for section in sections) else 1


def loop_over_empyrical(pnl: FloatArray) -> FloatArray:
    """The three numbers of each book (B, 3), as positive losses."""
    return np.array(
        [
            [-value_at_risk(book, 0.05), -value_at_risk(book, 0.01), -conditional_value_at_risk(book, 0.025)]
            for book in pnl
        ]
    )


def all_at_once(pnl: FloatArray) -> FloatArray:
    """The three numbers of all books (B, 3), as positive losses."""
    found = tail.var_es(pnl)
    return np.column_stack([found.var[0.95], found.var[0.99], found.es[0.975]])


def tail_part() -> Section:
    """The two in turn, so that a busy second meets both; best of the rounds, with the median beside it."""
    pnl = np.random.default_rng(SEED).standard_t(5, (BOOKS, DAYS)) * 0.01
    ours, theirs = all_at_once(pnl), loop_over_empyrical(pnl)
    apart = np.abs(ours / theirs - 1.0).max(axis=0)
    if apart.max() > 0.25:
        raise ArithmeticError(f"the two do not measure the same thing: up to {apart.max():.0%} apart")
    pairs = [(timed(lambda: all_at_once(pnl)), timed(lambda: loop_over_empyrical(pnl))) for _ in range(ROUNDS)]
    fast, slow = ([pair[index] for pair in pairs] for index in (0, 1))
    ratio, middle = min(slow) / min(fast), statistics.median(slow) / statistics.median(fast)
    mean = np.abs(ours / theirs - 1.0).mean(axis=0)
    return Section("VaR and ES of many books", tuple(tail_lines(fast, slow, ratio, middle, mean)), ratio >= LIMIT)


def tail_lines(
    fast: Sequence[float], slow: Sequence[float], ratio: float, middle: float, apart: FloatArray
) -> Iterator[str]:
    """The page of the part `tail`; seconds of each round, their ratio, and how far the two estimators are apart."""
    yield f"`alvorada bench desk`, {machine()}."
    yield f"VaR 95, VaR 99 and ES 97.5 of {BOOKS:,} books x {DAYS} days; best of {ROUNDS} rounds, taken in turn."
    yield ""
    yield f"**`tail.var_es` is {ratio:.0f} times faster than a loop over empyrical** ({middle:.0f} by medians); the"
    yield f"claim is at least {LIMIT:.0f}."
    yield ""
    yield "| | best ms | median |"
    yield "|---|--:|--:|"
    for name, seconds in (("all books at once, `desk.risk.tail.var_es`", fast), ("loop over `empyrical`", slow)):
        yield f"| {name} | {1e3 * min(seconds):.1f} | {1e3 * statistics.median(seconds):.1f} |"
    yield ""
    yield f"The numbers are the same but for the estimators: on average VaR 95 is {apart[0]:.2%} apart, VaR 99"
    yield f"{apart[1]:.2%}, ES 97.5 {apart[2]:.2%} (empyrical interpolates its quantile; its tail mean leaves out the"
    yield "fraction of the last loss)."


PARTS: dict[str, Callable[[], Section]] = {"tail": tail_part, "history": history_part}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
