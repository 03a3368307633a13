"""How often the gate would have stopped the orders of a day of history: every day of the sandbox and of the real one.

`python -m bench.gate`: the sandbox's last 2,000 decision days. `python -m bench.gate FOLDER`, with the folder of the
collected real history: its days since 2008. Each day is judged by its own gold and that of the day before, as the run
of that day would have been. The orders' open interest and volume are in neither.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from bench._page import Section, machine, with_section
from bench.plausibility import DECISIONS, history_frames
from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import desk_day
from desk.performance.history_pass import run_history
from desk.point_in_time.panel_span import WARM_UP_DAYS
from desk.risk.gate import check_actions
from desk.risk.gate_basis import GateInput
from desk.risk.var_method import headline_of
from desk.transforms.panel import build_panel
from sandbox.silver import silver
from sandbox.world import SimulatedWorld
from tasks.run.gate_input import BEFORE

RESULT = Path(__file__).with_name("results") / "gate.md"
TITLE = "# The gate on history: how often it would have stopped a day's orders"
INCEPTION, END, WARM_UP = dt.date(2008, 1, 2), dt.date(2025, 12, 30), 900
LAST, DAYS, SEED = dt.date(2026, 10, 30), 2_000, 7
MOST_STOPPED = 0.005
"""Share of days that it may stop: a day is a person's look at the list, and one in two hundred is bearable."""
TODAY = (
    "portfolio_state", "pnl_attribution", "pnl_by_strategy", "pnl_by_factor", "target_position", "risk_limits_status",
    "action",
)  # fmt: skip
Frames = Mapping[str, pl.DataFrame]


def main(arguments: Sequence[str] = ()) -> int:
    """Writes the page. Returns 1 where a history is stopped too often."""
    if arguments:
        sections = [section("Real history", real_frames(Path(arguments[0])))]
    else:
        sections = [section("The sandbox", sandbox_frames())]
    page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
    for one in sections:
        page = with_section(page, one, TITLE)
    RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(one.holds for one in sections) else 1


def sandbox_frames() -> Frames:
    """Gold of the sandbox's last DAYS decision days."""
    catalog, b3 = load_catalog(), calendars.b3()
    days = b3.days(b3.offset(LAST, -(DAYS - 1 + WARM_UP_DAYS)), LAST)
    rows = silver(SimulatedWorld(SEED, catalog), LAST)
    return run_history(rows, days, days[WARM_UP_DAYS], catalog, load_desk_parameters()).frames


def real_frames(folder: Path) -> Frames:
    """Gold of the collected history's days."""
    catalog, b3 = load_catalog(), calendars.b3()
    rows = history_frames(folder, catalog)
    days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    newest = build_panel(rows, days, catalog).obs_dates["pre_252"].drop_nulls().sort()[-1]
    last = b3.offset(newest, 1)  # after it the book could not be marked
    kept = [day for day in days if day <= last]
    return run_history(rows, kept, INCEPTION, catalog, load_desk_parameters()).frames


def judged(frames: Frames) -> pl.DataFrame:
    """ACTION_GATE rows of every day but the first."""
    parameters, rules = load_desk_parameters(), load_defence().gate
    listed = pl.DataFrame(schema={"contract_id": pl.String, "open_interest": pl.Float64, "volume": pl.Float64})
    names = set(TODAY) | set(BEFORE)
    by_day = {name: frames[name].partition_by("as_of", as_dict=True) for name in names}
    moments = frames["portfolio_state"]["as_of"].sort().to_list()
    found = []
    for before, now in itertools.pairwise(moments):
        today = {name: by_day[name].get((now,), frames[name].clear()) for name in TODAY}
        then = {name: by_day[name].get((before,), frames[name].clear()) for name in BEFORE}
        one = GateInput(today, then, listed, headline_of(then["var_method"]), parameters.portfolio.target_volatility)
        found.append(check_actions(one, rules))
    return pl.concat(found)


def section(name: str, frames: Frames) -> Section:
    """What the gate says of every day of one history."""
    checks = judged(frames)
    days = checks["as_of"].n_unique()
    stopped = checks.filter(pl.col("state") == "failed")
    share = stopped["as_of"].n_unique() / days
    return Section(name, tuple(_lines(checks, stopped, frames, days)), share <= MOST_STOPPED)


def _lines(checks: pl.DataFrame, stopped: pl.DataFrame, frames: Frames, days: int) -> Iterator[str]:
    marks = frames["pnl_attribution"].filter(pl.col("contracts") != 0)["mark"].value_counts()
    counts = dict(marks.iter_rows())
    yield f"`python -m bench.gate [FOLDER]`, {machine()}."
    yield f"**{stopped['as_of'].n_unique()} of {days:,} days are stopped** (at most {MOST_STOPPED:.1%})."
    yield f"Held lines: {counts.get('marked', 0):,} marked, {counts.get('unknown', 0):,} unknown for the day,"
    yield f"{counts.get('catch_up', 0):,} caught up; {frames['withheld_order'].height:,} orders withheld."
    yield ""
    yield "| check | at most | median | 99% | largest | of the day | stopped | unknown |"
    yield "|---|--:|--:|--:|--:|---|--:|--:|"
    for check_id, rule in load_defence().gate.items():
        own = checks.filter(pl.col("check_id") == check_id)
        known = own.drop_nulls("value").sort("value")
        unknown = (own["state"] == "unknown").sum()
        if known.is_empty():
            yield f"| `{check_id}` | {rule.threshold:g} | | | | | 0 | {unknown:,} |"
            continue
        middle, far = (float(known["value"].quantile(q) or 0.0) for q in (0.5, 0.99))
        top = known.row(-1, named=True)
        failed = (own["state"] == "failed").sum()
        yield (
            f"| `{check_id}` | {rule.threshold:g} | {middle:.2f} | {far:.2f} | {top['value']:.2f}"
            f" | {desk_day(top['as_of'])} | {failed} | {unknown:,} |"
        )
    yield from _on_named_days(checks)
    if stopped.height:
        yield ""
        yield (
            "Stopped: "
            + "; ".join(
                f"{desk_day(row['as_of'])} `{row['check_id']}` {row['value']:.2f} ({row['detail']})"
                for row in stopped.head(30).iter_rows(named=True)
            )
            + "."
        )


def _on_named_days(checks: pl.DataFrame) -> Iterator[str]:
    """The days on which markets moved most: the decision of the day itself, and the next, which marks its close."""
    b3, rules = calendars.b3(), load_defence().gate
    own = {desk_day(moment): rows for (moment,), rows in checks.partition_by("as_of", as_dict=True).items()}
    days = sorted({day for one in DECISIONS for day in (one, b3.offset(one, 1))} & set(own))
    if not days:
        return
    yield ""
    yield "| decision | orders | nearest to its threshold | value | at most | |"
    yield "|---|---|---|--:|--:|---|"
    for day in days:
        state = "stopped" if (own[day]["state"] == "failed").any() else "issued"
        known = [row for row in own[day].drop_nulls("value").iter_rows(named=True) if row["threshold"] > 0]
        near = max(known, key=lambda row: row["value"] / row["threshold"])
        most = rules[near["check_id"]].threshold
        yield f"| {day} | {state} | `{near['check_id']}` | {near['value']:.2f} | {most:g} | {near['detail'] or ''} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
