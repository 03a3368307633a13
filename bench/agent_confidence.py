"""How much of each agent's drivers is signal, and whether its confidence is calibrated, on real history.

`python -m bench.agent_confidence [--map MAP.toml MORE.toml]` writes bench/results/agent_confidence.md; its first table
has the numbers of desk/catalog/agent_fit.toml. Calibration leaves one driver out at a time: the others say with which
chance it has their sign. Their fit is that of the days before 2016, the days judged come after. It claims nothing:
results are published whatever they are.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench._page import machine
from bench.book import REAL_MAPS
from desk import calendars
from desk.agents import AGENTS, compute_measures
from desk.agents.base import Agent
from desk.agents.confidence import direction_confidence, fit_of, sign_chance
from desk.arrays import BoolArray, FloatArray
from desk.catalog import load_catalog
from desk.performance.real_span import END, INCEPTION, WARM_UP
from desk.transforms.panel import Panel, build_panel
from tasks.history_import.frames import read_history

RESULT = Path(__file__).with_name("results") / "agent_confidence.md"
SPLIT = dt.date(2016, 1, 1)
EVERY = 5
"""Days between two that are judged: the drivers of one week are much the same."""
EDGES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.0)
QUANTILES = (0.05, 0.5, 0.95)


def real_panel(map_files: Sequence[Path]) -> Panel:
    """Real history with the agents' measures."""
    catalog, b3 = load_catalog(), calendars.b3()
    days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    panel = build_panel(read_history(map_files, catalog), days, catalog)
    return panel.with_measures(compute_measures(panel))


def left_out(agent: Agent, panel: Panel, early: BoolArray) -> tuple[FloatArray, BoolArray]:
    """The chance with which the other drivers say the sign of each driver left out, and whether it came so."""
    drivers, ages = agent.contributions(panel), agent.ages(panel)
    fit = fit_of(drivers[early])
    rows = np.flatnonzero(~early)[::EVERY]
    stated, came = [], []
    for at in range(drivers.shape[1]):
        others, own = np.delete(drivers[rows], at, axis=1), drivers[rows, at]
        count = np.isfinite(others).sum(axis=1)
        known = np.isfinite(own) & (count >= agent.min_drivers)
        mean = np.where(np.isfinite(others), others, 0.0).sum(axis=1) / np.maximum(count, 1)
        stated.append(sign_chance(others, np.delete(ages[rows], at, axis=1), fit)[known])
        came.append((np.sign(own) == np.sign(mean))[known])
    return np.concatenate(stated), np.concatenate(came)


def lines(panel: Panel) -> Iterator[str]:
    """The page."""
    early = panel.values["day"].to_numpy().astype("datetime64[D]") < np.datetime64(SPLIT)
    yield "# How sure agents are, and how right"
    yield ""
    yield f"`python -m bench.agent_confidence`, {machine()}. Real history from {INCEPTION}."
    yield ""
    yield "| agent | signal | noise | confidence: 5% | median | 95% |"
    yield "|---|--:|--:|--:|--:|--:|"
    found: Mapping[str, tuple[FloatArray, BoolArray]] = {agent.id: left_out(agent, panel, early) for agent in AGENTS}
    for agent in AGENTS:
        drivers = agent.contributions(panel)
        fit = fit_of(drivers)
        confidence = direction_confidence(drivers, agent.ages(panel), fit)
        low, middle, high = np.nanquantile(confidence[np.isfinite(drivers).sum(axis=1) >= agent.min_drivers], QUANTILES)
        yield f"| {agent.id} | {fit.signal:.2f} | {fit.noise:.2f} | {low:.2f} | {middle:.2f} | {high:.2f} |"
    yield ""
    yield f"One driver left out, its sign by the others with the fit of days before {SPLIT}, every {EVERY}th day after."
    yield ""
    yield "| agent | stated | came | of |"
    yield "|---|--:|--:|--:|"
    for name, (stated, came) in found.items():
        yield f"| {name} | {stated.mean():.3f} | {came.mean():.3f} | {len(stated):,} |"
    stated, came = (np.concatenate([one[at] for one in found.values()]) for at in (0, 1))
    yield ""
    yield "| stated between | stated | came | of |"
    yield "|---|--:|--:|--:|"
    for low, high in itertools.pairwise(EDGES):
        own = (stated >= low) & (stated < high if high < 1.0 else stated <= high)
        if own.any():
            yield f"| {low:.2f} and {high:.2f} | {stated[own].mean():.3f} | {came[own].mean():.3f} | {own.sum():,} |"


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", type=Path, nargs="+", default=REAL_MAPS, dest="map_files")
    text = "\n".join(lines(real_panel(parser.parse_args().map_files))) + "\n"
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
