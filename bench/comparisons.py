"""Two sources of one fact over the real history: on how many days each declared pair is apart, and broken.

Takes every date on which the collected history has both sides (desk/catalog/siblings.toml). Curves are compared at
their vertices on the last business day of each month. Writes bench/results/comparisons.md.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench._page import machine
from bench.plausibility import MAP, MAPPED_ROOT, ROOT, points_of_frames
from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.catalog.siblings import CurvePair, SiblingPair, load_curve_pairs, load_siblings
from desk.frames import parts_by
from desk.model import SILVER
from desk.plausibility.compare import compare_curves, compared
from desk.plausibility.conflicts import broken_facts, fact_keys
from tasks.history_import.frames import read_history

RESULT = Path(__file__).with_name("results") / "comparisons.md"
CURVES_FROM = dt.date(2000, 1, 1)
WHOLE_DAYS = 40_000


@dataclass(frozen=True)
class Measured:
    """A pair's dates: how many, how many beyond its tolerance and its breach; the 99.9% quantile and the worst."""

    pair: SiblingPair | CurvePair
    dates: int
    apart: int
    broken: int
    quantile: float | None
    worst: float | None
    worst_day: dt.date | None
    first: dt.date | None
    last: dt.date | None


def main(arguments: Sequence[str]) -> int:
    """`python -m bench.comparisons [FOLDER]`; the folder of the real history, else ALVORADA_REAL_HISTORY."""
    default = ROOT.parent / "shared" / "real-history"
    folder = Path(arguments[0] if arguments else os.environ.get("ALVORADA_REAL_HISTORY", default)).resolve()
    frames = read_frames(folder)
    found = [*measured_series(frames), *measured_curves(frames)]
    RESULT.write_text("\n".join(lines(found, held_facts(frames))) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 0


def read_frames(folder: Path) -> dict[str, pl.DataFrame]:
    """The history of `folder` by silver table, read by the project's own map. Raises BadInput."""
    text = MAP.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-") as scratch:
        moved = Path(scratch) / "map.toml"
        moved.write_text(text.replace(MAPPED_ROOT, f'root = "{folder}"'), encoding="utf-8")
        return dict(read_history([moved], load_catalog()))


def measured_series(frames: Mapping[str, pl.DataFrame]) -> Iterator[Measured]:
    """Each pair of series over all its dates."""
    catalog = load_catalog()
    points = points_of_frames(frames).sort("knowledge_time").unique(["key", "obs_date"], keep="last")
    by_key = parts_by(points.with_columns(is_held=pl.lit(False)), "key")
    for pair in load_siblings():
        yield _summary(pair, compared(by_key, pair, catalog).select(day="left_date", off=pl.col("difference")))


def held_facts(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What the rule `fact` would have held over the whole history: BROKEN_SCHEMA."""
    catalog, pairs = load_catalog(), load_siblings()
    points = points_of_frames(frames).filter(pl.col("key").is_in(fact_keys(pairs, catalog)))
    newest = points.sort("knowledge_time").unique(["key", "obs_date"], keep="last")
    last = newest["obs_date"].max()
    assert isinstance(last, dt.date)
    return broken_facts(newest, pairs, load_plausibility(), catalog, last, days=WHOLE_DAYS)


def measured_curves(frames: Mapping[str, pl.DataFrame]) -> Iterator[Measured]:
    """Each pair of curves at the month ends."""
    stored = {
        name: frames[name].with_columns(
            pl.lit(None, dtype).alias(column)
            for column, dtype in table.stored_schema.items()
            if column not in frames[name].columns
        )
        if name in frames
        else pl.DataFrame(schema=table.stored_schema)
        for name, table in SILVER.items()
    }
    last = max(frame["obs_date"].max() for frame in frames.values() if frame.height)  # type: ignore[type-var]
    assert isinstance(last, dt.date)
    days = calendars.b3().days(CURVES_FROM, last)
    ends = [day for day, after in itertools.pairwise(days) if day.month != after.month]
    pairs, found = load_curve_pairs(), []
    for day in ends:
        near = {
            name: frame.filter(pl.col("obs_date").is_between(day - dt.timedelta(days=12), day))
            for name, frame in stored.items()
        }
        found.append(compare_curves(near, pairs, day))
    rows = pl.concat(found).filter(pl.col("state") != "absent")
    for pair in pairs:
        yield _summary(pair, rows.filter(pl.col("pair_id") == pair.id).select(day="left_date", off="difference"))


def _summary(pair: SiblingPair | CurvePair, rows: pl.DataFrame) -> Measured:
    size = rows.with_columns(size=pl.col("off").abs()).sort("size")
    if size.is_empty():
        return Measured(pair, 0, 0, 0, None, None, None, None, None)
    worst = size.row(-1, named=True)
    apart, broken = (size.filter(pl.col("size") > limit).height for limit in (pair.tolerance, pair.breach))
    span = size["day"].min(), size["day"].max()
    quantile = size["size"].quantile(0.999)
    return Measured(pair, size.height, apart, broken, quantile, worst["size"], worst["day"], *span)  # type: ignore[arg-type]


def lines(found: Sequence[Measured], held: pl.DataFrame) -> Iterator[str]:
    """The page, line by line."""
    met = [one for one in found if one.dates]
    facts = [one for one in met if isinstance(one.pair, SiblingPair) and one.pair.fact]
    yield "# Two sources of one fact, over the real history"
    yield ""
    yield f"`python -m bench.comparisons FOLDER`, {machine()}."
    yield f"{len(met)} of {len(found)} declared pairs have both sides in the collected history, on"
    yield f"{sum(one.dates for one in met):,} dates. Of the {len(facts)} that print the same number (`fact`)"
    yield f"{sum(one.broken for one in facts)} of {sum(one.dates for one in facts):,} dates are broken."
    yield ""
    yield "Differences are shares where the pair is relative, else in the catalogue's unit (rates: fractions per year)."
    yield "Curves: the vertex that is farthest apart, at month ends."
    yield ""
    yield "| pair | dates | from | to | tolerance | apart | breach | broken | 99.9% | worst | on |"
    yield "|---|--:|---|---|--:|--:|--:|--:|--:|--:|---|"
    for one in sorted(met, key=lambda one: one.pair.id):
        limits = f"{one.pair.tolerance:g} | {one.apart} | {one.pair.breach:g} | {one.broken}"
        yield (
            f"| {one.pair.id} | {one.dates:,} | {one.first} | {one.last} | {limits} | {one.quantile:.2g}"
            f" | {one.worst:.2g} | {one.worst_day} |"
        )
    yield ""
    yield f"## Held by the rule `fact`: {held.height}"
    yield ""
    yield "One of the two numbers of each broken fact, as the collected files have them."
    yield ""
    yield "| held | day | value | the other | has |"
    yield "|---|---|--:|---|--:|"
    for row in held.sort("obs_date", "key").iter_rows(named=True):
        name = row["key"].partition(":")[2].replace("|", "\\|")
        other = row["peer"].replace("|", "\\|")
        yield f"| {name} | {row['obs_date']} | {row['value']:g} | {other} | {row['peer_value']:g} |"
    yield ""
    yield f"Without both sides in the history: {', '.join(sorted(one.pair.id for one in found if not one.dates))}."


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
