"""Writes docs/real-history.md: the desk over the years of an imported history, from the files of a map.

A developer's command, `python -m tools.real_history_page --map MAP.toml MORE.toml`: it needs the files, no database and
no network, and takes about a minute. The book opens on the first decision day of 2008 and ends with the nominal curve.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from desk import calendars
from desk.catalog import Catalog, load_catalog
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.catalog.strategy_evidence import EVIDENCE
from desk.errors import AlvoradaError
from desk.model import decision_time
from desk.performance import evidence, mixes, nav_statistics
from desk.performance.drawdowns import underwater
from desk.performance.episodes import Episode, episode
from desk.performance.history_pass import HistoryPass, run_history
from desk.performance.real_span import END, INCEPTION, WARM_UP, last_priced
from desk.performance.strategy_coverage import Coverage, coverage
from desk.performance.var_by_year import BacktestResult, MethodChange, by_method, exceptions_by_year, method_changes
from desk.portfolio.market_levels import read_market
from desk.portfolio.strategy_performance import strategy_pnl, unit_returns
from desk.strategies import STRATEGIES
from desk.transforms.panel import Panel, build_panel
from tasks.history_import.frames import read_history
from tools import real_history_tables as tables
from tools.nav_chart import nav_chart
from tools.strategy_page import record_lines

DOCS = Path(__file__).parents[1] / "docs"
CATALOG_FILE = Path(__file__).parents[1] / "desk" / "catalog" / "strategy_evidence.toml"
PAGE, CHART = "real-history.md", "real-history-nav.svg"
COMMAND = "python -m tools.real_history_page --map MAP.toml MORE.toml"
EPISODES: tuple[tuple[str, dt.date, dt.date], ...] = (
    ("15 October 2008", dt.date(2008, 10, 14), dt.date(2008, 10, 15)),
    ("Lehman, to the low of October 2008", dt.date(2008, 9, 12), dt.date(2008, 10, 24)),
    ("Taper, 22 May to 24 June 2013", dt.date(2013, 5, 21), dt.date(2013, 6, 24)),
    ("18 May 2017", dt.date(2017, 5, 17), dt.date(2017, 5, 18)),
    ("March 2020, the whole month", dt.date(2020, 2, 28), dt.date(2020, 3, 31)),
    ("COVID, 21 February to 18 March 2020", dt.date(2020, 2, 21), dt.date(2020, 3, 18)),
)
"""Name, the close before it and the last close."""


@dataclass(frozen=True)
class HistoryRecord:
    """The numbers of the page."""

    days: list[dt.date]
    path: pl.DataFrame
    records: pl.DataFrame
    coverage: list[Coverage]
    var_backtests: Mapping[int, Mapping[str, BacktestResult]]
    method_changes: Sequence[MethodChange]
    by_method: Mapping[str, Mapping[str, BacktestResult]]
    episodes: list[tuple[str, Episode | None]]
    replays: list[tuple[str, float]]
    curves: list[tuple[str, str, int, dt.date, dt.date]]
    evidence: list[evidence.Record]
    overfitting: float | None
    mixes: Mapping[str, mixes.MixStatistics]


def compute_record(map_files: Sequence[Path], catalog: Catalog, parameters: DeskParameters) -> HistoryRecord:
    """Reads the files and runs the whole pass. Raises BadInput for a bad map or file."""
    silver = read_history(map_files, catalog)
    b3 = calendars.b3()
    days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    last = last_priced(build_panel(silver, days, catalog))
    found = run_history(silver, [day for day in days if day <= last], INCEPTION, catalog, parameters)
    return _record(found, parameters)


def _record(found: HistoryPass, parameters: DeskParameters) -> HistoryRecord:
    panel = found.panel.since(INCEPTION)
    values = panel.values
    signals = found["strategy_signals"].filter(pl.col("as_of") >= decision_time(INCEPTION))
    daily, records = strategy_pnl(values, signals, STRATEGIES, parameters)
    returns = daily.drop("day").to_numpy().astype(np.float64)
    days = daily["day"].to_numpy().astype("datetime64[D]")
    unit = unit_returns(read_market(values), parameters)
    stress = found["stress_test_results"]
    replays = stress.filter(
        pl.col("as_of") == stress["as_of"].max(), pl.col("instrument_id") == "TOTAL", pl.col("kind") == "dated"
    )
    return HistoryRecord(
        days=panel.days,
        path=nav_statistics.nav_series(found["portfolio_state"]),
        records=records,
        coverage=coverage(panel, signals, STRATEGIES, unit.pnl, parameters.instrument_ids),
        var_backtests=exceptions_by_year(found.panel.values, found.frames, found.frames, parameters),
        method_changes=method_changes(found.frames),
        by_method=by_method(found.panel.values, found.frames, found.frames, parameters),
        episodes=[(name, episode(found.frames, before, last)) for name, before, last in EPISODES],
        replays=list(replays.drop_nulls("pnl_fraction").select("name", "pnl_fraction").iter_rows()),
        curves=_origins(panel),
        evidence=evidence.records([strategy.id for strategy in STRATEGIES], returns),
        overfitting=evidence.overfitting_probability(returns),
        mixes={
            "the mean of the strategies": mixes.mix_statistics(mixes.equal_weights(returns)),
            "weights by evidence, each January": mixes.mix_statistics(mixes.evidence_weights(days, returns)),
        },
    )


SHOWN_ORIGINS = (
    "pre_252", "real_1260", "real_3780", "cupom_252", "ust_2520", "usdbrl", "activity_yoy", "usd_short_rate",
)  # fmt: skip


def _origins(panel: Panel) -> list[tuple[str, str, int, dt.date, dt.date]]:
    """(column, origin, days, first, last): where the curves and the chosen levels came from."""
    found = []
    for name in SHOWN_ORIGINS:
        own = panel.values.select("day", origin=pl.Series(panel.provenance.names(name), dtype=pl.String))
        own = own.drop_nulls("origin")
        by_origin = own.group_by("origin").agg(pl.len(), pl.col("day").min(), pl.col("day").max().alias("last"))
        rows = by_origin.sort("day").iter_rows()
        found += [(name, *row) for row in rows] or [(name, "", 0, INCEPTION, INCEPTION)]
    return found


def page(record: HistoryRecord, parameters: DeskParameters) -> str:
    """The whole page as Markdown."""
    years, whole = nav_statistics.by_year(record.path), nav_statistics.whole_period(record.path)
    capital, window = parameters.portfolio.inception_nav_brl / 1e6, parameters.risk.var_window
    without_score = sum(1 for one in record.coverage if not one.scored)
    counted = sum(1 for one in record.evidence if one.sharpe is not None)
    proven = [f"`{one.strategy_id}`" for one in record.evidence if one.is_evidence]
    verdict = f"That is {', '.join(proven)}." if proven else "None is: no strategy has shown more than luck could."
    target, method = parameters.portfolio.target_volatility, parameters.risk.headline.replace("_", " ")
    return f"""<!-- Generated: {COMMAND}. Edit tools/real_history_page.py, and run it again. -->

# The desk on real history, {record.days[0].year} to {record.days[-1].year}

**Nothing is tuned on this page.** No parameter, window, weight or threshold was chosen by looking at it; every one
stands in `desk/catalog/` or in a strategy's own file for the reason given there. Bad results are results. And a good
one is no promise: the strategies are textbook ideas, known to whoever wrote them down after most of these years.

From {record.days[0]} to {record.days[-1]}, {len(record.days)} decision days, in one pass of the daily run's own code:
panel, agents, {len(STRATEGIES)} strategies, aggregation, book, risk. The numbers are those of
[an import](import-history.md): each is known from the hour of its publication rule; monthly ones are the **latest
vintage**, so what was revised later is known too early; the nominal curve is that of the DI1 settlements to February
2025 and of LTN and NTN-F after, whose rates lie a few basis points over DI; the real one is that of NTN-B.

## Data

{tables.origin_table(record.curves)}

What the files do not have, and what therefore has no score:

- **Focus** has IPCA twelve months on throughout, IPCA by month to 2014, this and next year's IPCA to 2013 (after it the
  file holds the mean of two medians, up to 0.16 off), Selic by meeting without two holes of 2022 and 2024, next year's
  dollar, and next year's growth to 2021. No file has the medians two and three years on, so there is no term premium.
  The Top 5 survey of 2022 to 2025 is another survey, and its key is ambiguous: it stands in for nothing.
- **Cupom** is there for six months and a year, to June 2020, as the FRA from 30 days that the desk trades; not beyond a
  year, so that neither DDI of two years and more nor the sovereign spread's two legs have a price. The five-year CDS
  of 2000 to 2020 is another spread than the one the desk trades, and replaces it nowhere.
- **Contracted flow** is in no file.
- The **CFTC** reports are those of 2015, of 2017 to July 2023 and of the first half of 2024; daily iron ore ends in
  June 2020, CLP, COP and ZAR in July 2024.

{without_score} strategies have no score:

{tables.no_score_table(record.coverage)}

## The strategies, each by itself

The other {len(STRATEGIES) - without_score}, and their days with a score among the {len(record.days)}:

{tables.coverage_table(record.coverage)}

Method as in [the strategies](strategies.md) (`desk/portfolio/strategy_performance.py`): packages as the book sizes
them, {target:.0%} a year at full conviction, costs and rolls paid, no lots, limits or netting. A package with a leg
that has no price is not held, here as in the book.

{record_lines(record.records)}

Days: with a position. Hit rate: share of them with a gain after costs. Turnover: full positions traded a year, one way.
Return and drawdown: of NAV, over CDI, after costs, not compounded. Correlation: the mean with each of the others.
Unknown: no position that could be priced.

## Evidence

How much of these records is luck? *Error* is the standard error of the Sharpe ratio a year (Mertens 2002: skew and fat
tails are in it). *Above zero* is the probability that the true one is positive; *deflated* that it is more than the
best of {counted} trials shows without any skill (Bailey and Lopez de Prado 2014).
**From {EVIDENCE:.0%} a record is evidence.** {verdict}

{tables.evidence_table(record.evidence)}

{tables.overfitting_text(record.overfitting)}

The book beside two others, which hold the same packages without lots, limits, netting or breaker, each at its own
costs; both were fixed with their reasons before they were run (`desk/performance/mixes.py`). Returns and falls are at
each one's own volatility: the Sharpe ratios compare.

{tables.mix_table(whole, record.mixes)}

## The model book

BRL {capital:.0f}m on {record.days[0]}, all strategies together as [the book](book.md) has them: packages by risk
budgets, traded towards the aim, in lots, under the limits and the drawdown breaker, costs paid, cash at CDI. NAV by
decision day, at the closes it knows.

![NAV against CDI, and the drawdown](img/{CHART})

{tables.year_table(years, whole)}

Volatility and Sharpe are of daily returns over CDI, drawdowns of NAV over CDI. Costs: of NAV. Risk left: the
mean share of its target risk that the drawdown breaker left the book; at 0% it holds cash.

{tables.month_table(nav_statistics.by_month(record.path), years)}

The ten worst falls of NAV over CDI:

{tables.fall_table(nav_statistics.worst_drawdowns(record.path, 10))}

## Was the VaR right?

The VaR that limits read on each decision ({method}, {window} days, but after a rejection) against the P&L of its
positions under the move that followed (hypothetical, as Basel has it: no orders, no carry). A p-value under 0.05
rejects the number of exceptions (Kupiec) or their independence (Christoffersen). Basel's zone counts the exceptions at
99% of a whole year.

{tables.var_table(record.var_backtests)}

The days on which the headline changed, by [the rule](risk.md#after-a-rejection):

{tables.method_table(record.method_changes)}

Both methods over all days, whichever limits read:

{tables.by_method_table(record.by_method)}

## Famous days

What the book held then made of it, from close to close, trading on as its rules say:

{tables.episode_table(record.episodes)}

By class and by strategy: fractions of the NAV before; cash and costs are in the total and, as classes, in the classes.

The same stretches, and others, carried onto the book of {record.days[-1]} by repricing (`desk/catalog/scenarios.toml`):

{tables.replay_table(record.replays)}
"""


def chart(record: HistoryRecord) -> str:
    """The chart of NAV, cash and drawdown as SVG."""
    path = record.path
    cash = np.cumprod(1.0 + path["cash"].fill_null(0.0).to_numpy())
    held = path["nav"].to_numpy()
    falls = underwater(nav_statistics.excess(path))
    return nav_chart(record.days, held / held[0], cash / cash[0], falls)


def main(arguments: list[str]) -> int:
    """Writes page and chart; returns the exit code, 1 for a bad map or file."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.real_history_page", description="Writes docs/real-history.md."
    )
    parser.add_argument("--map", type=Path, nargs="+", required=True, help="import maps (docs/import-history.md)")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder to write to")
    chosen = parser.parse_args(arguments)
    parameters = load_desk_parameters()
    try:
        record = compute_record(chosen.map, load_catalog(), parameters)
    except AlvoradaError as error:
        print(error, file=sys.stderr)
        return 1
    (chosen.docs / "img").mkdir(parents=True, exist_ok=True)
    (chosen.docs / "img" / CHART).write_text(chart(record), encoding="utf-8")
    (chosen.docs / PAGE).write_text(page(record, parameters), encoding="utf-8")
    if chosen.docs == DOCS:
        CATALOG_FILE.write_text(tables.evidence_toml(record.evidence, record.days), encoding="utf-8")
    print(f"wrote {chosen.docs / PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
