"""Plausibility where its parameters were not chosen: other series for the slips, later years for the good values.

The kinds' numbers were chosen over the whole collected history and 40 of its daily series (bench.plausibility). Here
slips are planted into the daily series that were not among those; and the largest true step of each kind (`crash`) is
taken anew, by a rule, from the values before SPLIT alone, with the values from SPLIT on judged by that. Writes
bench/results/plausibility_out_of_sample.md.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from bench._page import machine
from bench._slips import SLIPS
from bench.plausibility import (
    DAYS,
    DECISIONS,
    LEAST_ROWS,
    ROOT,
    TARGETED,
    daily_series,
    every_daily,
    history_points,
    planted,
)
from desk.catalog import Catalog, load_catalog
from desk.catalog.plausibility import Plausibility, load_plausibility
from desk.catalog.siblings import load_siblings
from desk.plausibility.day_by_day import known_on_the_day, on_the_day
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from desk.plausibility.points import kinds_of
from desk.plausibility.steps import with_steps

RESULT = Path(__file__).with_name("results") / "plausibility_out_of_sample.md"
SPLIT = dt.date(2010, 1, 1)
MARGIN = 1.25
"""The rule: `crash` is this many times the largest step that the kind's series showed before SPLIT."""
FEWEST_STEPS = 2_000
"""A kind with fewer steps before SPLIT keeps its own number."""


@dataclass(frozen=True)
class Crash:
    """A kind's largest step before SPLIT, and the largest afterwards, beside the number that was chosen by hand."""

    kind: str
    steps: int
    before: float
    after: float
    by_rule: float
    by_hand: float


def main(arguments: Sequence[str]) -> int:
    """`python -m bench.plausibility_out_of_sample [FOLDER]`; the real history, else ALVORADA_REAL_HISTORY."""
    default = ROOT.parent / "shared" / "real-history"
    folder = Path(arguments[0] if arguments else os.environ.get("ALVORADA_REAL_HISTORY", default)).resolve()
    catalog, rules = load_catalog(), load_plausibility()
    points = history_points(folder, catalog)
    peers = known_on_the_day(every_peer(points, load_siblings(), rules, catalog), points)
    verdicts = on_the_day(judge(points, points.clear(), peers, rules, catalog).verdicts)
    others = sorted(set(every_daily(points, catalog)) - set(daily_series(points, catalog)))
    plants = planted(points, peers, verdicts, rules, catalog, others)
    crashes = largest_steps(points, rules, catalog)
    blind = with_crashes(rules, crashes)
    later = on_the_day(judge(points, points.clear(), peers, blind, catalog).verdicts).filter(
        pl.col("obs_date") >= SPLIT
    )
    RESULT.write_text("\n".join(lines(others, plants, crashes, later, verdicts)) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 0


def largest_steps(points: pl.DataFrame, rules: Plausibility, catalog: Catalog) -> list[Crash]:
    """Each kind's largest steps before and from SPLIT on, in the kind's scale."""
    kinds = kinds_of(points["key"].unique().sort().to_list(), rules, catalog)
    newest = points.sort("knowledge_time").unique(["key", "obs_date"], keep="last")
    steps = with_steps(newest.join(kinds, on="key")).filter(pl.col("step").is_finite())
    is_early = pl.col("obs_date") < SPLIT
    sizes = steps.group_by("kind").agg(
        steps=is_early.sum(),
        before=pl.col("step").abs().filter(is_early).max(),
        after=pl.col("step").abs().filter(~is_early).max(),
    )
    found = []
    for kind, count, before, after in sizes.sort("kind").iter_rows():
        own = rules.kinds[kind].crash
        by_rule = MARGIN * before if count >= FEWEST_STEPS and before is not None else own
        found.append(Crash(kind, count, before or math.nan, after or math.nan, by_rule, own))
    return found


def with_crashes(rules: Plausibility, crashes: Sequence[Crash]) -> Plausibility:
    """`rules` with the crash of every kind by the rule. What a series has of its own stays."""
    changed = {one.kind: replace(rules.kinds[one.kind], crash=one.by_rule) for one in crashes}
    return replace(rules, kinds={**rules.kinds, **changed})


def lines(
    others: Sequence[str], plants: pl.DataFrame, crashes: Sequence[Crash], later: pl.DataFrame, verdicts: pl.DataFrame
) -> Iterator[str]:
    """The page, line by line."""
    is_held, is_flagged = pl.col("verdict") == "held", pl.col("verdict") != "ok"
    held = later.filter(is_held).sort("obs_date", "key")
    by_hand = verdicts.filter(is_held, pl.col("obs_date") >= SPLIT)
    known = pl.col("knowledge_time").dt.offset_by("15h").dt.date()
    decisive = held.filter(pl.col("obs_date").is_in(list(DECISIONS)) | known.is_in(list(DECISIONS)))
    yield "# Plausibility out of sample"
    yield ""
    yield f"`python -m bench.plausibility_out_of_sample FOLDER`, {machine()}."
    yield "The kinds' numbers were chosen with [plausibility.md](plausibility.md) in sight: its 40 series, all years."
    yield ""
    yield "## Slips in series that nothing was chosen on"
    yield ""
    yield f"The {len(others)} daily series with {LEAST_ROWS:,} values or more that are not among the 40, {DAYS} random"
    yield f"days each: {plants.height:,} planted values."
    yield ""
    yield "| slip | planted | held | held or suspect | target |"
    yield "|---|--:|--:|--:|---|"
    rates = plants.group_by("slip").agg(n=pl.len(), held=is_held.mean(), flagged=is_flagged.mean())
    by_slip = {row["slip"]: row for row in rates.iter_rows(named=True)}
    for name in SLIPS:
        row, target = by_slip[name], "99.5% held" if name in TARGETED else "reported"
        yield f"| {name} | {row['n']:,} | {row['held']:.2%} | {row['flagged']:.2%} | {target} |"
    yield ""
    missed = (
        plants.filter(pl.col("slip").is_in(TARGETED) & ~is_held).group_by("kind", "slip").len().sort("kind", "slip")
    )
    text = ", ".join(f"{kind} {slip} {count}" for kind, slip, count in missed.iter_rows())
    yield f"Of the four targeted slips these passed, by kind: {text or 'none'}."
    yield ""
    yield f"## Good values from {SPLIT} on, by what was known before"
    yield ""
    yield f"The crash of each kind by a rule: {MARGIN} times its largest step before {SPLIT}, where it had"
    yield f"{FEWEST_STEPS:,} steps by then. {later.height:,} values judged by that."
    yield ""
    share = f"1 in {later.height / held.height:,.0f}" if held.height else "none"
    yield f"**False holds: {held.height}, {share}**; with the numbers chosen by hand {by_hand.height}. On the days of"
    yield f"decision from {SPLIT.year} on: {decisive.height}."
    yield ""
    yield "| series | day | value | expected | rule |"
    yield "|---|---|--:|--:|---|"
    for row in held.iter_rows(named=True):
        key = row["key"].replace("|", "\\|")
        yield f"| {key} | {row['obs_date']} | {row['value']:g} | {row['expected']:g} | {row['rule']} |"
    yield ""
    yield f"| kind | steps before {SPLIT} | largest before | by the rule | by hand | largest after |"
    yield "|---|--:|--:|--:|--:|--:|"
    for one in crashes:
        numbers = " | ".join(f"{number:.3g}" for number in (one.before, one.by_rule, one.by_hand, one.after))
        yield f"| {one.kind} | {one.steps:,} | {numbers} |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
