"""Plausibility over the real history: what it holds of good values, and what of slips planted into them.

Every stored number of the collected history is judged on its own day, with nothing but what was stored before it and
the siblings that were known at the first decision after it. Then slips are planted into daily series, at days drawn by
a fixed seed, and judged the same way. Writes bench/results/plausibility.md; fails when a target is missed.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bench._page import machine
from bench._slips import SLIPS, Slip
from desk.catalog import Catalog, load_catalog
from desk.catalog.plausibility import Plausibility, load_plausibility
from desk.catalog.siblings import load_siblings
from desk.errors import BadInput
from desk.model import SILVER
from desk.plausibility.day_by_day import known_on_the_day, on_the_day
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import RULES, judge
from desk.plausibility.points import kinds_of, points_of, split_key
from tasks.history_import.frames import read_history

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / "tests" / "history" / "real_history.toml"
MAPPED_ROOT = 'root = "../../../shared/real-history"'
RESULT = Path(__file__).with_name("results") / "plausibility.md"
SEED, SERIES, DAYS = 20_261_130, 40, 60
LEAST_ROWS, BEFORE = 2_500, 300
HELD_TARGET, FALSE_TARGET = 0.995, 1 / 20_000
TARGETED = ("x100", "x10", "/10", "sign")
DECISIONS = (
    dt.date(2008, 10, 15), dt.date(2017, 5, 18), dt.date(2020, 3, 9), dt.date(2020, 3, 18), dt.date(2020, 4, 20),
    dt.date(2020, 4, 21),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """`verdicts`: the judged history (VERDICT_SCHEMA); `plants`: one row per planted slip."""

    verdicts: pl.DataFrame
    plants: pl.DataFrame
    seconds: float
    peers: int
    unjudged: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """`python -m bench.plausibility [FOLDER]`; the folder of the real history, else ALVORADA_REAL_HISTORY."""
    default = ROOT.parent / "shared" / "real-history"
    folder = Path(arguments[0] if arguments else os.environ.get("ALVORADA_REAL_HISTORY", default)).resolve()
    found = measure(folder)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 0 if holds(found) else 1


def history_frames(folder: Path, catalog: Catalog) -> dict[str, pl.DataFrame]:
    """Silver of the history in `folder`, read by the project's own map. Raises BadInput."""
    text = MAP.read_text(encoding="utf-8")
    if text.count(MAPPED_ROOT) != 1:
        raise BadInput(f"{MAP.name}: expected one line {MAPPED_ROOT}")
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-") as scratch:
        moved = Path(scratch) / "map.toml"
        moved.write_text(text.replace(MAPPED_ROOT, f'root = "{folder}"'), encoding="utf-8")
        return read_history([moved], catalog)


def history_points(folder: Path, catalog: Catalog) -> pl.DataFrame:
    """Every judged number of the history in `folder`. Raises BadInput."""
    return points_of_frames(history_frames(folder, catalog))


def points_of_frames(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every judged number of parsed or stored silver frames by table (POINT_SCHEMA)."""
    return pl.concat([points_of(SILVER[name], frame) for name, frame in frames.items()])


def measure(folder: Path) -> Found:
    """Judges the whole history of `folder`, and the slips planted into it. Raises BadInput."""
    catalog, rules = load_catalog(), load_plausibility()
    points = history_points(folder, catalog)
    peers = known_on_the_day(every_peer(points, load_siblings(), rules, catalog), points)
    began = time.perf_counter()
    verdicts = on_the_day(judge(points, points.clear(), peers, rules, catalog).verdicts)
    seconds = time.perf_counter() - began
    plants = planted(points, peers, verdicts, rules, catalog, daily_series(points, catalog))
    keys = verdicts["key"].unique().to_list()
    judged = set(kinds_of(keys, rules, catalog)["key"].to_list())
    return Found(verdicts, plants, seconds, peers.height, tuple(sorted(set(keys) - judged)))


def planted(
    points: pl.DataFrame,
    peers: pl.DataFrame,
    verdicts: pl.DataFrame,
    rules: Plausibility,
    catalog: Catalog,
    chosen: Sequence[str],
) -> pl.DataFrame:
    """The verdict on every slip planted into the series `chosen`: `slip`, `key`, `kind`, `obs_date`, `verdict`, `rule`,
    `planted`, `true`."""
    draw = np.random.default_rng(SEED)
    # A value that was held on its own day is no history of the others.
    held = verdicts.filter((pl.col("verdict") == "held") & ~pl.col("kept")).select("key", "obs_date")
    good = points.join(held, on=["key", "obs_date"], how="anti").sort("key", "obs_date")
    rows = {key: good.filter(pl.col("key") == key) for key in chosen}
    met = {key: peers.filter(pl.col("key") == key) for key in chosen}
    picks = {key: draw.integers(BEFORE, rows[key].height, DAYS) for key in chosen}
    results: list[pl.DataFrame] = []
    for turn in range(DAYS):
        for name, slip in SLIPS.items():
            results.append(_one_turn(name, slip, turn, rows, picks, met, rules, catalog))
    return pl.concat(results)


def _one_turn(
    name: str,
    slip: Slip,
    turn: int,
    rows: dict[str, pl.DataFrame],
    picks: dict[str, np.ndarray],
    met: dict[str, pl.DataFrame],
    rules: Plausibility,
    catalog: Catalog,
) -> pl.DataFrame:
    """One day of each series with one slip, judged together: no series stands twice in a fetch."""
    history, fetched, near, marks = [], [], [], []
    for key, own in rows.items():
        at = int(picks[key][turn])
        before = own.slice(at - BEFORE, BEFORE + 1)
        made = slip(before, _neighbour(key, rows))
        if made is None:
            continue
        stored, rows_in = made
        history.append(stored)
        fetched.append(rows_in)
        day, true = before["obs_date"][-1], before["value"][-1]
        near.append(met[key].filter(pl.col("obs_date").is_between(before["obs_date"][-10], day)))
        marks.append({"key": key, "obs_date": day, "planted": rows_in["value"][-1], "true": true})
    judged = judge(pl.concat(fetched), pl.concat(history), pl.concat(near), rules, catalog).verdicts
    marked = pl.DataFrame(marks).with_columns(slip=pl.lit(name))
    return marked.join(judged.select("key", "obs_date", "kind", "verdict", "rule"), on=["key", "obs_date"], how="left")


def _neighbour(key: str, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The series beside: the next one of the same table, whose value a shifted column would put here."""
    table = split_key(key)[0]
    fellows = sorted(other for other in rows if split_key(other)[0] == table)
    return rows[fellows[(fellows.index(key) + 1) % len(fellows)]]


def daily_series(points: pl.DataFrame, catalog: Catalog) -> list[str]:
    """SERIES keys, drawn by the seed out of all daily series and curve vertices with LEAST_ROWS values or more."""
    return sorted(np.random.default_rng(SEED).choice(every_daily(points, catalog), SERIES, replace=False).tolist())


def every_daily(points: pl.DataFrame, catalog: Catalog) -> list[str]:
    """The keys of all daily series and curve vertices with LEAST_ROWS values or more."""
    counts = points.group_by("key").len().filter(pl.col("len") >= LEAST_ROWS)["key"].sort().to_list()
    return [key for key in counts if _is_daily(key, catalog)]


def _is_daily(key: str, catalog: Catalog) -> bool:
    table, _, entity = split_key(key)
    if entity in catalog.series:
        return catalog.series[entity].frequency == "D"
    return table == "curve_point"


def false_holds(found: Found) -> pl.DataFrame:
    """Every value of the history that is held, the oldest first."""
    return found.verdicts.filter(pl.col("verdict") == "held").sort("obs_date", "key")


def rates(found: Found, by: Sequence[str]) -> pl.DataFrame:
    """Shares of the planted values that are held, and held or suspect, by columns of `plants`."""
    is_held, is_flagged = pl.col("verdict") == "held", pl.col("verdict") != "ok"
    return found.plants.group_by(by).agg(n=pl.len(), held=is_held.mean(), flagged=is_flagged.mean()).sort(by)


def on_decisions(found: Found) -> pl.DataFrame:
    """False holds of numbers about a day on the list, or known for the first time at that day's 06:00."""
    days = list(DECISIONS)
    known = pl.col("knowledge_time").dt.offset_by("15h").dt.date()
    return false_holds(found).filter(pl.col("obs_date").is_in(days) | known.is_in(days))


def holds(found: Found) -> bool:
    """Whether every target is met."""
    by_slip = {row["slip"]: row["held"] for row in rates(found, ["slip"]).iter_rows(named=True)}
    good = found.verdicts.height
    return (
        all(by_slip[name] >= HELD_TARGET for name in TARGETED)
        and false_holds(found).height <= good * FALSE_TARGET
        and on_decisions(found).is_empty()
    )


def lines(found: Found) -> Iterator[str]:
    """The page, line by line."""
    good, false = found.verdicts.height, false_holds(found)
    suspect = found.verdicts.filter(pl.col("verdict") == "suspect").height
    yield "# Plausibility: slips held, good values let through"
    yield ""
    yield f"`python -m bench.plausibility FOLDER`, {machine()}."
    yield f"{good:,} numbers of the collected real history, each judged on its day against what was stored before it"
    yield f"and {found.peers:,} values of siblings and identities known at the next 06:00: {found.seconds:.0f} s."
    yield f"{SERIES} daily series drawn by seed {SEED} out of those with {LEAST_ROWS:,} values or more, {DAYS} random"
    yield f"days each, every slip: {found.plants.height:,} planted values."
    yield ""
    share = f"1 in {good / false.height:,.0f}" if false.height else "none"
    yield f"**False holds: {false.height} of {good:,} good values, {share}** (at most 1 in 20,000); on the days"
    yield f"of decision ({', '.join(map(str, DECISIONS))}): {on_decisions(found).height}. Suspect: {suspect:,}."
    yield ""
    yield "## By slip"
    yield ""
    yield "| slip | planted | held | held or suspect | target |"
    yield "|---|--:|--:|--:|---|"
    by_slip = {row["slip"]: row for row in rates(found, ["slip"]).iter_rows(named=True)}
    for name in SLIPS:
        row, target = by_slip[name], "99.5% held" if name in TARGETED else "reported"
        yield f"| {name} | {row['n']:,} | {row['held']:.2%} | {row['flagged']:.2%} | {target} |"
    yield ""
    yield "Planted: "
    yield from (f"- {name}: {(slip.__doc__ or '').splitlines()[0]}" for name, slip in SLIPS.items())
    yield ""
    yield "## Held, by kind"
    yield ""
    yield f"| kind | series | {' | '.join(SLIPS)} |"
    yield f"|---|--:|{'--:|' * len(SLIPS)}"
    series = found.plants.group_by("kind").agg(n=pl.col("key").n_unique()).sort("kind")
    table = {(row["kind"], row["slip"]): row["held"] for row in rates(found, ["kind", "slip"]).iter_rows(named=True)}
    for kind, count in series.iter_rows():
        cells = (f"{table[kind, name]:.1%}" if (kind, name) in table else "" for name in SLIPS)
        yield f"| {kind} | {count} | {' | '.join(cells)} |"
    yield ""
    yield "## Of the four targeted slips, those that passed"
    yield ""
    missed = found.plants.filter(pl.col("slip").is_in(TARGETED) & (pl.col("verdict") != "held"))
    summary = missed.group_by("key", "slip").agg(n=pl.len(), first=pl.col("true").min(), last=pl.col("true").max())
    yield "| series | slip | passed | true values from | to |"
    yield "|---|---|--:|--:|--:|"
    for key, slip, count, low, high in summary.sort("key", "slip").iter_rows():
        yield f"| {_cell(key)} | {slip} | {count} | {low:g} | {high:g} |"
    yield ""
    yield "## False holds"
    yield ""
    yield "Counted as false whatever the number is worth. The sibling is what another source had for the day, where it"
    yield "contradicts: such a value is most likely wrong in the collected file."
    yield ""
    yield "| series | day | value | expected | rule | sibling |"
    yield "|---|---|--:|--:|---|--:|"
    for row in false.iter_rows(named=True):
        peer = "" if row["peer_value"] is None else f"{row['peer_value']:g} ({_cell(row['peer'])})"
        numbers = f"{row['value']:g} | {row['expected']:g}"
        yield f"| {_cell(row['key'])} | {row['obs_date']} | {numbers} | {row['rule']} | {peer} |"
    yield ""
    yield "## Rules"
    yield ""
    yield "| rule | held, history | suspect, history | held, planted |"
    yield "|---|--:|--:|--:|"
    for rule in RULES:
        there = found.verdicts.filter(pl.col("rule") == rule)
        marks = [there.filter(pl.col("verdict") == verdict).height for verdict in ("held", "suspect")]
        caught = found.plants.filter((pl.col("rule") == rule) & (pl.col("verdict") == "held")).height
        yield f"| {rule} | {marks[0]:,} | {marks[1]:,} | {caught:,} |"
    kinds = {name for name in found.verdicts["kind"].unique().to_list() if name}
    fired = set(found.verdicts.filter(pl.col("verdict") != "ok")["kind"]) | set(
        found.plants.filter(pl.col("verdict") != "ok")["kind"]
    )
    yield ""
    yield f"Kinds whose rules have never fired here: {', '.join(sorted(kinds - fired)) or 'none'}."
    unmet = sorted(set(load_plausibility().kinds) - kinds)
    yield f"Kinds that this history has no series of: {', '.join(unmet) or 'none'}."
    yield f"Keys without a kind: {', '.join(found.unjudged) or 'none'}."


def _cell(text: str) -> str:
    """`text` for a cell of a Markdown table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
