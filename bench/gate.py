"""How often the gate would have stopped the orders of a day of history: every day of the sandbox's and of the real one.

`python -m bench.gate [sandbox] [real]`: the books of bench/book.py, on the sandbox's last days and on all of real
history (`--map`). Each day is judged by its own gold and that of the day before, as the run of that day would have
been, with the open interest and the volume that its decision knew, where those are stored.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from bench._page import Section, machine, with_section
from bench.book import REAL_MAPS, real_pass, sandbox_pass
from bench.plausibility import DECISIONS
from desk import calendars
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import desk_day
from desk.performance.history_pass import HistoryPass
from desk.portfolio.price_inputs import read_price_inputs
from desk.risk import DecidedRisk, run_risk
from desk.risk.gate import check_actions
from desk.risk.gate_basis import GateInput
from desk.risk.gate_limits import asks_for_the_book_without_orders
from desk.risk.var_method import headline_of
from desk.risk.without_orders import without_orders
from tasks.run.gate_input import BEFORE, TODAY
from tasks.run.measured_risk import BOOK_TABLES

RESULT = Path(__file__).with_name("results") / "gate.md"
TITLE = "# The gate on history: how often it would have stopped a day's orders"
NAMES = {"sandbox": "The sandbox", "real": "Real history"}
MOST_STOPPED = 0.005
"""Share of days that it may stop: a day is a person's look at the list, and one in two hundred is bearable."""
Frames = Mapping[str, pl.DataFrame]


def main() -> int:
    """Writes the page. Returns 1 where a history is stopped too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("histories", nargs="*", default=["sandbox"], choices=["sandbox", "real"])
    parser.add_argument("--map", type=Path, nargs="+", default=REAL_MAPS, dest="map_files")
    options, parameters = parser.parse_args(), load_desk_parameters()
    page, holds = RESULT.read_text(encoding="utf-8") if RESULT.exists() else "", True
    for name in options.histories:
        found = sandbox_pass(parameters) if name == "sandbox" else real_pass(options.map_files, parameters)
        one = section(NAMES[name], found)
        page, holds = with_section(page, one, TITLE), holds and one.holds
    RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if holds else 1


def judged(found: HistoryPass) -> pl.DataFrame:
    """ACTION_GATE rows of every day but the first."""
    parameters, rules = load_desk_parameters(), load_defence().gate
    frames, depth = found.frames, found.panel.depth
    markets = depth.partition_by("day", as_dict=True, include_key=False)
    none = depth.drop("day").clear()
    names = set(TODAY) | set(BEFORE)
    by_day = {name: frames[name].partition_by("as_of", as_dict=True) for name in names}
    moments = frames["portfolio_state"]["as_of"].sort().to_list()
    rows = []
    for before, now in itertools.pairwise(moments):
        today = {name: by_day[name].get((now,), frames[name].clear()) for name in TODAY}
        then = {name: by_day[name].get((before,), frames[name].clear()) for name in BEFORE}
        listed = markets.get((desk_day(now),), none)
        one = GateInput(today, then, listed, headline_of(then["var_method"]), parameters.portfolio.target_volatility)
        if asks_for_the_book_without_orders(one):
            one = replace(one, without=_without_orders(found, now))
        rows.append(check_actions(one, rules))
    return pl.concat(rows)


def _without_orders(found: HistoryPass, as_of: dt.datetime) -> Frames:
    """The risk tables of the day if its orders were not made, as the gate's flow measures them."""
    upto = pl.col("as_of") <= as_of
    book = {name: found[name].filter(upto) for name in (*BOOK_TABLES, "action")}
    earlier = (found[name].filter(pl.col("as_of") < as_of) for name in ("risk_metrics_daily", "var_method"))
    prices, parameters = read_price_inputs(found.panel), load_desk_parameters()
    decided, days = DecidedRisk(*earlier), [desk_day(as_of)]
    return run_risk(found.panel.values, without_orders(book, as_of), parameters, days, None, prices, decided)


def section(name: str, found: HistoryPass) -> Section:
    """What the gate says of every day of one history."""
    frames, checks = found.frames, judged(found)
    days = checks["as_of"].n_unique()
    stopped = checks.filter(pl.col("state") == "failed")
    share = stopped["as_of"].n_unique() / days
    return Section(name, tuple(_lines(checks, stopped, frames, days)), share <= MOST_STOPPED)


def _lines(checks: pl.DataFrame, stopped: pl.DataFrame, frames: Frames, days: int) -> Iterator[str]:
    marks = frames["pnl_attribution"].filter(pl.col("contracts") != 0)["mark"].value_counts()
    counts = dict(marks.iter_rows())
    yield f"`python -m bench.gate [sandbox] [real]`, {machine()}."
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
    sys.exit(main())
