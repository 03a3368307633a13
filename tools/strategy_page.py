"""Writes docs/strategies.md: the list of strategies, and what each did on fifteen years of the sandbox's economy.

A developer's command, `python -m tools.strategy_page`: it needs no database and no network, and takes seconds.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import polars as pl

from desk import calendars
from desk.agents import compute_measures
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.strategy_performance import strategy_pnl
from desk.strategies import STRATEGIES, Strategy, compute_signals
from desk.transforms.panel import Panel, build_panel
from desk.worlds import DEFAULT_SEED
from sandbox.silver import silver
from sandbox.world import SimulatedWorld

PAGE = Path(__file__).parents[1] / "docs" / "strategies.md"
COMMAND = "python -m tools.strategy_page"
FIRST, LAST = dt.date(2011, 11, 1), dt.date(2026, 10, 30)


def sandbox_panel(seed: int) -> Panel:
    """Every decision day of the fifteen years, with the agents' measures."""
    catalog = load_catalog()
    panel = build_panel(silver(SimulatedWorld(seed, catalog), LAST), calendars.b3().days(FIRST, LAST), catalog)
    return panel.with_measures(compute_measures(panel))


def record_table(panel: Panel) -> tuple[str, pl.DataFrame]:
    """The table of what each strategy did over the panel's days, as Markdown, and the daily P&L behind it."""
    daily, records = strategy_pnl(panel.values, compute_signals(panel), STRATEGIES, load_desk_parameters())
    return record_lines(records), daily


def record_lines(records: pl.DataFrame) -> str:
    """PERFORMANCE_SCHEMA rows as a Markdown table."""
    lines = [
        "| id | days | hit rate | turnover | return a year | Sharpe | worst drawdown | correlation |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in records.iter_rows(named=True):
        lines.append(
            f"| `{row['strategy_id']}` | {row['days']} | {_percent(row['hit_rate'])} | {_plain(row['turnover'], 1)} "
            f"| {_percent(row['annual_return'])} | {_plain(row['sharpe'], 2)} | {_percent(row['worst_drawdown'])} "
            f"| {_plain(row['mean_correlation'], 2)} |"
        )
    return "\n".join(lines)


def list_table() -> str:
    """The strategies with their classes, ideas and legs, as Markdown."""
    lines = ["| id | class | idea (and what + means) | legs of + |", "| --- | --- | --- | --- |"]
    for strategy in STRATEGIES:
        link = f"[`{strategy.id}`](strategies/{strategy.id}.md)"
        lines.append(f"| {link} | {strategy.asset_class} | {strategy.idea} | {legs_text(strategy)} |")
    return "\n".join(lines)


def legs_text(strategy: Strategy) -> str:
    """The legs of a score of +1, in words."""
    return ", ".join(f"{'long' if leg.sign > 0 else 'short'} {leg.instrument}" for leg in strategy.legs)


def page(panel: Panel, seed: int) -> str:
    """The whole page as Markdown."""
    table, _ = record_table(panel)
    target = load_desk_parameters().portfolio.target_volatility
    return f"""<!-- Generated: {COMMAND}. Edit the strategies, or tools/strategy_page.py, and run it again. -->

# The {len(STRATEGIES)} strategies

Each is one file of `desk/strategies/` and one page of `docs/strategies/`. A score of +1 means: do the legs as written.
A leg's side is that of the contract: long DI1, DAP, DDI, NTN-B or UST receives the rate, short DOL is long BRL. The
sovereign spread is two legs of equal DV01, the five-year cupom and Treasury future. [Add a
strategy](add-a-strategy.md) says how to add one.

{list_table()}

## On fifteen years of the sandbox

From {panel.days[0]} to {panel.days[-1]}, the sandbox's economy with seed {seed}. Its markets are simulated and know
nothing of these rules: the table shows that every strategy fires both ways, how much it trades and what that costs, and
nothing about what it would earn. (Its rates go in a straight line from one monthly number to the next: they trend for
weeks, and whoever bets on their coming back loses.)

Method (`desk/portfolio/strategy_performance.py`): each strategy by itself, its package as [the book](book.md) sizes it,
with its neutrality, at {target:.0%} a year at full conviction; position = score x confidence; decided at 06:00, filled
at that day's settlement; carry, roll, funding and coupons in, with the ticks and fees of
`desk/catalog/instruments.toml` on every change and on every roll. No lots, limits, budgets or netting, and every change
is traded. A package with a leg that has no price is not held.

{table}

Days: with a position. Hit rate: share of them with a gain after costs. Turnover: full positions traded a year, one way.
Return and drawdown: of NAV, over CDI, after costs, not compounded. Correlation: the mean with each of the others.
"""


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:z.1%}"


def _plain(value: float | None, digits: int) -> str:
    return "unknown" if value is None else f"{value:z.{digits}f}"


def main(arguments: list[str]) -> int:
    """Writes the page; with `--check` compares it. Returns 1 where the page differs from what the code computes."""
    text = page(sandbox_panel(DEFAULT_SEED), DEFAULT_SEED)
    if "--check" in arguments:
        in_step = PAGE.read_text(encoding="utf-8") == text
        print(f"docs/{PAGE.name} {'is in step' if in_step else f'is out of step: {COMMAND}'}")
        return 0 if in_step else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
