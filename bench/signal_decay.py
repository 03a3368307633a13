"""How fast each strategy's conviction fades: what desk/catalog/signal_decay.toml holds, measured anew.

`python -m bench.signal_decay [--map MAP.toml]`: convictions on real history and in the sandbox, no price and no P&L.
A conviction of today is worth rho^n of itself n days on: rho^5 = sum c[t+5] c[t] / sum c[t]^2, through zero, since no
view is no position (the AR(1) of Garleanu and Pedersen, Journal of Finance 68, 2013; at a lag of a week, as many inputs
come weekly). A view that is held while it fades is worth 1 / (1 - rho) days of today's.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from bench._page import machine
from bench.book import LAST, REAL_MAPS
from desk import calendars
from desk.agents import compute_measures
from desk.arrays import FloatArray
from desk.catalog import load_catalog
from desk.performance.real_span import END, INCEPTION, WARM_UP
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.panel import build_panel
from desk.worlds import DEFAULT_SEED
from sandbox.silver import silver
from sandbox.world import SimulatedWorld
from tasks.history_import.frames import read_history

RESULT = Path(__file__).with_name("results") / "signal_decay.md"
FIRST = dt.date(2011, 11, 1)
LAG = 5
LEAST_DAYS = 252


def convictions(frames: Mapping[str, pl.DataFrame], days: list[dt.date]) -> dict[str, FloatArray]:
    """By strategy (T,), zero for no view."""
    bare = build_panel(frames, days, load_catalog())
    signals = compute_signals(bare.with_measures(compute_measures(bare))).sort("as_of")
    return {
        strategy.id: signals.filter(pl.col("strategy_id") == strategy.id)["conviction"].fill_null(0.0).to_numpy()
        for strategy in STRATEGIES
    }


def persistence(conviction: FloatArray) -> float | None:
    """rho a day; None with fewer than LEAST_DAYS views."""
    now, later = conviction[:-LAG], conviction[LAG:]
    if np.count_nonzero(now) < LEAST_DAYS:
        return None
    share = float((now * later).sum() / (now * now).sum())
    return float(max(share, 0.0) ** (1.0 / LAG))


def cells(rho: float | None) -> str:
    """rho and the days, as two cells of a table."""
    return " | " if rho is None else f"{rho:.3f} | {1.0 / (1.0 - min(rho, 0.9999)):.0f}"


def main() -> None:
    """Measures both histories and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", type=Path, nargs="+", default=REAL_MAPS, dest="map_files")
    catalog, b3 = load_catalog(), calendars.b3()
    real_days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    real = convictions(read_history(parser.parse_args().map_files, catalog), real_days)
    made = convictions(silver(SimulatedWorld(DEFAULT_SEED, catalog), LAST), b3.days(FIRST, LAST))
    lines = [
        "# How fast convictions fade",
        "",
        f"`python -m bench.signal_decay`, {machine()}. rho: what is left of a conviction after a day, at a",
        f"lag of {LAG} days and through zero; days: 1 / (1 - rho), what a view that is held while it fades is worth in",
        "days of today's. No price and no P&L is in it. Empty: fewer than a year of views.",
        "",
        "| strategy | rho, real | days, real | rho, sandbox | days, sandbox |",
        "|---|--:|--:|--:|--:|",
        *(f"| `{name}` | {cells(persistence(real[name]))} | {cells(persistence(made[name]))} |" for name in real),
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
