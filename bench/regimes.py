"""The regime model before and after a change of its method: how sure, how true to its names, how well calibrated.

`python -m bench.regimes LABEL [sandbox] [real] [simulated]`: a row a history, in the place of one of the same label.
The sandbox's fifteen years, real history where its files are (`--map`), and twenty economies of forty years whose
regimes are known. It claims nothing: results are published whatever they are.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench._page import machine
from bench._regimes import Forecasts, certain_share, equally_likely, forecasts, simulated_probabilities
from bench.book import LAST, REAL_MAPS, with_rows
from desk import calendars
from desk.agents.cross_asset.regimes import MONTHLY, has_its_signs, regime_models, regime_probabilities, weekly_features
from desk.arrays import FloatArray
from desk.catalog import load_catalog
from desk.performance.real_span import END, INCEPTION, WARM_UP
from desk.transforms.model_inputs import WeeklySamples
from desk.transforms.panel import build_panel
from desk.worlds import DEFAULT_SEED
from sandbox.silver import silver
from sandbox.world import SimulatedWorld
from tasks.history_import.frames import read_history

RESULT = Path(__file__).with_name("results") / "regimes.md"
FIRST = dt.date(2011, 11, 1)
ECONOMIES, YEARS = 20, 40
COLUMNS = (
    "method", "history", "weeks", "surer than 99%", "equally likely regimes", "names given against the means",
    "states mixed", "Brier", "calibration error",
)  # fmt: skip
RELIABILITY = ("method", "history", "said 0-20%", "20-40%", "40-60%", "60-80%", "80-100%")


def sandbox_weeks() -> WeeklySamples:
    """The sandbox's economy."""
    catalog = load_catalog()
    days = calendars.b3().days(FIRST, LAST)
    return build_panel(silver(SimulatedWorld(DEFAULT_SEED, catalog), LAST), days, catalog).model_inputs.weekly


def real_weeks(map_files: Sequence[Path]) -> WeeklySamples:
    """Real history, with its warm-up."""
    catalog, b3 = load_catalog(), calendars.b3()
    days = b3.days(b3.offset(INCEPTION, -WARM_UP), END)
    return build_panel(read_history(map_files, catalog), days, catalog).model_inputs.weekly


def cells(probabilities: FloatArray, names: tuple[str, str], found: Forecasts) -> list[str]:
    """The cells of COLUMNS after method and history."""
    known = int(np.isfinite(probabilities).all(axis=1).sum())
    return [
        f"{known:,}", f"{certain_share(probabilities):.0%}", f"{equally_likely(probabilities):.1f}", *names,
        f"{found.brier:.3f}", f"{found.calibration_error:.3f}",
    ]  # fmt: skip


def reliability(found: Forecasts) -> list[str]:
    """The cells of RELIABILITY after method and history: how often it happened, of how many."""
    out = [""] * (len(RELIABILITY) - 2)
    for count, mean, share in found.bins():
        out[min(int(mean * len(out)), len(out) - 1)] = f"{share:.0%} of {count:,}"
    return out


def history_rows(label: str, history: str, weekly: WeeklySamples) -> tuple[list[str], list[str]]:
    """The two rows of a history."""
    periods = np.column_stack([weekly.periods[name] for name in MONTHLY])
    features, proxy = weekly_features(weekly.columns)
    probabilities = regime_probabilities(features, proxy, periods, weekly.days)
    named = has_its_signs(regime_models(features, proxy, periods, weekly.days)[2].means)
    found = forecasts(probabilities, features[:, :2], weekly.days)
    names = "0", f"{int((~named).sum())} of {named.size}"
    return [label, history, *cells(probabilities, names, found)], [label, history, *reliability(found)]


def simulated_rows(label: str) -> tuple[list[str], list[str]]:
    """The two rows of the economies whose regimes are known."""
    runs = [simulated_probabilities(YEARS, seed) for seed in range(ECONOMIES)]
    made = [forecasts(*run) for run in runs]
    pooled = Forecasts(
        np.concatenate([one.probability for one in made]), np.concatenate([one.happened for one in made])
    )
    everything = np.concatenate([run[0] for run in runs])
    row = [label, "simulated", *cells(everything, ("", ""), pooled)]
    return row, [label, "simulated", *reliability(pooled)]


def write_page(rows: Sequence[tuple[list[str], list[str]]]) -> None:
    """The page with these rows."""
    page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
    headings = "The model", "How often what was said happened"
    lines = [
        "# The regime model, before and after each change of method",
        "",
        f"`python -m bench.regimes LABEL`, last row {machine()}. Every change was fixed with its reason in",
        "[docs/agents.md](../../docs/agents.md) before it was run. Equally likely regimes: the mean of exp(entropy), 1",
        "is certain. Calibration: the probability that growth and inflation are above their means of five years (the",
        "sum of the regimes that say so, a mixed state as half) against the number known a quarter later. Brier: mean",
        "squared error, 0.250 is a coin's. Calibration error: mean of |said - happened| over five bins. Weeks overlap:",
        "seventeen years have some seventy independent quarters, so a bin's share is good to about ten points.",
        "",
        f"## {headings[0]}",
        "",
        *with_rows(page, headings[0], COLUMNS, [row for row, _ in rows]),
        "",
        f"## {headings[1]}",
        "",
        *with_rows(page, headings[1], RELIABILITY, [row for _, row in rows]),
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    """Runs the histories named, and writes their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("label")
    parser.add_argument("histories", nargs="*", default=["sandbox"], choices=["sandbox", "real", "simulated"])
    parser.add_argument("--map", type=Path, nargs="+", default=REAL_MAPS, dest="map_files")
    options = parser.parse_args()
    rows = []
    for name in options.histories:
        if name == "simulated":
            rows.append(simulated_rows(options.label))
        else:
            weekly = sandbox_weeks() if name == "sandbox" else real_weeks(options.map_files)
            rows.append(history_rows(options.label, name, weekly))
    write_page(rows)


if __name__ == "__main__":
    main()
