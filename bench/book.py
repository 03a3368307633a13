"""The book before and after a change of its method: one row a history, kept beside the rows of the methods before it.

`python -m bench.book LABEL [sandbox] [real]`: the sandbox's last 2,000 decision days, and real history since 2008 where
its files are (`--map`, as tools/real_history_page.py reads them). A label that is on the page already is replaced; the
row of an older method comes from running this program's measures at its commit. It claims nothing: results are
published whatever they are.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from bench._page import machine
from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.performance import nav_statistics
from desk.performance.history_pass import HistoryPass, run_history
from desk.performance.real_span import END, INCEPTION, WARM_UP, last_priced
from desk.point_in_time.panel_span import WARM_UP_DAYS
from desk.strategies import STRATEGIES
from desk.transforms.panel import build_panel
from desk.units import DAYS_PER_YEAR
from desk.worlds import DEFAULT_SEED
from sandbox.silver import silver
from sandbox.world import SimulatedWorld
from tasks.history_import.frames import read_history

RESULT = Path(__file__).with_name("results") / "book.md"
MAPS = Path(__file__).parents[1] / "tests" / "history"
REAL_MAPS = (MAPS / "real_history.toml", MAPS / "more_history.toml")
LAST, DAYS = dt.date(2026, 10, 30), 2_000
SPREADS = tuple(strategy.id for strategy in STRATEGIES if strategy.neutrality != "outright")
COLUMNS = (
    "method", "history", "excess a year", "volatility", "Sharpe", "worst drawdown", "costs a year", "turnover",
    "orders a year", "asked", "after limits", "in lots", "risk left", "gross",
)  # fmt: skip
HEDGES = ("method", "history", *SPREADS, "off by, decided", "off by, waiting", "not filled")


def sandbox_pass(parameters: DeskParameters) -> HistoryPass:
    """The sandbox's last days."""
    catalog, b3 = load_catalog(), calendars.b3()
    inception = b3.offset(LAST, 1 - DAYS)
    days = b3.days(b3.offset(inception, -WARM_UP_DAYS), LAST)
    return run_history(silver(SimulatedWorld(DEFAULT_SEED, catalog), LAST), days, inception, catalog, parameters)


def real_pass(map_files: Sequence[Path], parameters: DeskParameters) -> HistoryPass:
    """Real history, as docs/real-history.md runs it."""
    catalog, b3 = load_catalog(), calendars.b3()
    frames = read_history(map_files, catalog)
    days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    last = last_priced(build_panel(frames, days, catalog))
    return run_history(frames, [day for day in days if day <= last], INCEPTION, catalog, parameters)


def row_of(label: str, history: str, found: HistoryPass, parameters: DeskParameters) -> list[str]:
    """The cells of COLUMNS. Drawdown is of NAV over cash, from a peak of any age; turnover the risk traded a year over
    the target's: sum of |contracts| x daily deviation of one x sqrt(252) / NAV / target volatility."""
    state = found["portfolio_state"]
    whole = nav_statistics.whole_period(nav_statistics.nav_series(state))
    years = (whole.days - 1) / DAYS_PER_YEAR
    lines = found["target_position"].select("as_of", "instrument_id", "unit_vol_brl")
    orders = found["action"].join(lines, on=["as_of", "instrument_id"])
    orders = orders.join(state.select("as_of", "nav_brl"), on="as_of")
    traded = orders.select(
        (pl.col("order_contracts").abs() * pl.col("unit_vol_brl") / pl.col("nav_brl")).sum() * DAYS_PER_YEAR**0.5
    ).item()
    excess = ((1.0 + whole.total) / (1.0 + whole.cdi)) ** (1.0 / years) - 1.0
    requested, target, expected, gross = (
        float(state[name].drop_nulls().to_numpy().mean())
        for name in ("asked_volatility", "target_volatility", "expected_volatility", "gross_leverage")
    )
    sharpe = "" if whole.sharpe is None else f"{whole.sharpe:.2f}"
    return [
        label, history, f"{excess:.2%}", f"{whole.volatility:.2%}", sharpe, f"{whole.worst_drawdown:.1%}",
        f"{whole.cost / years:.2%}", f"{traded / parameters.portfolio.target_volatility / years:.1f}",
        f"{len(found['action']) / years:,.0f}", f"{requested:.2%}", f"{target:.2%}", f"{expected:.2%}",
        f"{whole.risk_multiplier:.0%}", f"{gross:.2f}",
    ]  # fmt: skip


def hedges_of(label: str, history: str, found: HistoryPass) -> list[str]:
    """The cells of HEDGES: the median over days of the DV01 of the hedge over that of the main leg, as attributed; then
    how far sides are apart at most, and on how many package days an order had not filled."""
    cells = [label, history]
    held = found["package"].filter(pl.col("leg_dv01_brl") != "{}")
    for name in SPREADS:
        texts = held.filter(pl.col("strategy_id") == name)["leg_dv01_brl"]
        pairs = [list(json.loads(text).values()) for text in texts]
        ratios = [min(map(abs, pair)) / max(map(abs, pair)) for pair in pairs if len(pair) > 1]
        lone = [0.0] * sum(len(pair) == 1 for pair in pairs)
        cells.append(f"{float(np.median(ratios + lone)):.2f}" if pairs else "")
    decided, waiting, unfilled = apart_of(found)
    return [*cells, *(f"{most:.1%}" if most is not None else "" for most in (decided, waiting)), f"{unfilled:,}"]


def apart_of(found: HistoryPass) -> tuple[float | None, float | None, int]:
    """The most that the sides of a neutral package were apart, of those that could trade and of those that could not
    (no decision, not formed, a leg whose price was old); and the package days on which a leg's order had not filled,
    so that nothing is known of it."""
    neutral = found["package"].filter(pl.col("neutrality") != "outright", pl.col("legs") != "{}")
    old = found["withheld_order"].filter(cause="price_old").select("as_of", "instrument_id")
    legs = neutral.select("as_of", "strategy_id", "legs").with_columns(
        instrument_id=pl.col("legs").str.extract_all(r"[A-Z0-9_]{3,}")
    )
    stuck = legs.explode("instrument_id").join(old, on=["as_of", "instrument_id"]).select("as_of", "strategy_id")
    stuck = stuck.unique().with_columns(stuck=pl.lit(value=True))
    rows = neutral.join(stuck, on=["as_of", "strategy_id"], how="left").with_columns(
        waits=pl.col("stuck").fill_null(value=False) | pl.col("state").is_in(["held", "waits"])
    )
    by_kind = {kind: rows.filter(waits=kind)["imbalance"].max() for kind in (False, True)}
    decided, waiting = (float(most) if isinstance(most := by_kind[kind], float) else None for kind in (False, True))
    return decided, waiting, rows["imbalance"].null_count()


def with_rows(page: str, heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table of the page with the rows in the place of those of the same method and history."""
    found: dict[tuple[str, str], str] = {}
    inside = re.search(rf"(?ms)^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page)
    for line in inside.group(1).splitlines() if inside else []:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(columns) and cells[0] not in ("method", "---"):
            found[cells[0], cells[1]] = line
    found |= {(row[0], row[1]): f"| {' | '.join(row)} |" for row in rows}
    return [f"| {' | '.join(columns)} |", f"|---|---|{'--:|' * (len(columns) - 2)}", *found.values()]


def write_page(label: str, passes: Mapping[str, HistoryPass], parameters: DeskParameters) -> None:
    """The page with this method's rows."""
    page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
    book = [row_of(label, name, found, parameters) for name, found in passes.items()]
    hedge = [hedges_of(label, name, found) for name, found in passes.items()]
    lines = [
        "# The book, before and after each change of method",
        "",
        f"`python -m bench.book LABEL`, last row {machine()}. The sandbox's {DAYS:,} decision days to {LAST};",
        f"real history from {INCEPTION} ([what it is](../../docs/real-history.md)). Every change was fixed with its",
        "reason in [docs/book.md](../../docs/book.md) before it was run. Excess is NAV over cash, after costs; so is",
        "the drawdown. Off by: the most that the two sides of a neutral package were apart on any day, lots apart, of",
        "packages that could trade and of those that could not; not filled: package days of a leg whose order had not.",
        "Turnover: the risk traded a year over the target's. Asked, after limits (and breaker), in lots: means of the",
        "volatility a year; risk left is the breaker's mean. Gross is in ten-year equivalents, over NAV.",
        "",
        "## The book",
        "",
        *with_rows(page, "The book", COLUMNS, book),
        "",
        "## DV01 of the hedge over the main leg's, median of days",
        "",
        *with_rows(page, "DV01 of the hedge over the main leg's, median of days", HEDGES, hedge),
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    """Runs the histories named, and writes their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("label")
    parser.add_argument("histories", nargs="*", default=["sandbox"], choices=["sandbox", "real"])
    parser.add_argument("--map", type=Path, nargs="+", default=REAL_MAPS, dest="map_files")
    options = parser.parse_args()
    parameters = load_desk_parameters()
    passes = {
        name: sandbox_pass(parameters) if name == "sandbox" else real_pass(options.map_files, parameters)
        for name in options.histories
    }
    write_page(options.label, passes, parameters)


if __name__ == "__main__":
    main()
