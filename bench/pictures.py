"""The report's pictures: all figures by `reports.page.png_export` against the bare renderer on the same figures.

The bare renderer is kaleido itself: one browser, one figure after the other, nothing around it. The claim: ours takes
at most twice its time. Both are timed in turns within one run, browser start and all; the figures are as many and as
heavy as the page's. Writes bench/results/pictures.md, and fails when the claim does not hold.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly
from kaleido import Kaleido

from reports.charts import chart_parts
from reports.page.png_export import SCALE, WIDTH, export_png, find_browser, on_paper

RESULT = Path(__file__).with_name("results") / "pictures.md"
LINES, BARS, HEATMAPS, DAYS, ROUNDS, SEED = 12, 10, 2, 504, 3, 7
LIMIT = 2.0
Specs = dict[str, dict[str, Any]]


def figures() -> Specs:
    """As many figures as the page has, of its own kinds: paths over two years, signed bars, heatmaps."""
    rng = np.random.default_rng(SEED)
    days = [(dt.date(2024, 11, 1) + dt.timedelta(days=i)).isoformat() for i in range(DAYS)]
    specs: Specs = {}
    for place in range(LINES):
        paths = [chart_parts.line(f"{k}", days, np.cumsum(rng.normal(0, 1, DAYS)).tolist(), k) for k in range(3)]
        specs[f"line-{place}"] = {"data": paths, "layout": chart_parts.layout(300, chart_parts.axis(type="date"))}
    for place in range(BARS):
        values = rng.normal(0, 1, 24).tolist()
        names = [f"INSTRUMENT_{k}" for k in range(24)]
        specs[f"bar-{place}"] = chart_parts.signed_bars(names, values, [f"{v:+.2f}" for v in values], "BRL million")
    for place in range(HEATMAPS):
        z = rng.normal(0, 0.5, (6, 24)).tolist()
        names = [f"S{k}" for k in range(24)]
        specs[f"heat-{place}"] = chart_parts.heatmap(names, list("ABCDEF"), z, None, 1.0, 400, "%{z}")
    return specs


def bare(specs: Specs, browser: str) -> int:
    """The bytes that kaleido alone makes of the figures."""

    async def drawn() -> int:
        size = 0
        async with Kaleido(path=browser, n=1, mathjax=False) as renderer:
            for spec in specs.values():
                options = {"format": "png", "width": WIDTH, "height": spec["layout"]["height"], "scale": SCALE}
                size += len(await renderer.calc_fig(on_paper(spec), opts=options))
        return size

    return asyncio.run(drawn())


def main(arguments: Sequence[str] = ()) -> int:
    """Measures, writes the page, and returns 0 where the ratio is within the limit."""
    browser, specs = find_browser(), figures()
    if browser is None:
        print("no Chrome or Chromium on this machine: nothing to measure", file=sys.stderr)
        return 1
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = export_png(specs, browser=browser)
        ours.append(time.perf_counter() - start)
        if found.reason or len(found) != len(specs):
            print(f"pictures are missing: {found.reason}", file=sys.stderr)
            return 1
        start = time.perf_counter()
        size = bare(specs, browser)
        theirs.append(time.perf_counter() - start)
        if size != sum(len(png) for png in found.values()):
            print("the two did not draw the same pictures", file=sys.stderr)
            return 1
    ratio = statistics.median(ours) / statistics.median(theirs)
    lines = [
        "# Pictures: one browser for all, against the bare renderer",
        "",
        f"{len(specs)} figures, {WIDTH} px at {SCALE:g}x, PNG; median of {ROUNDS} rounds in turns, "
        "browser start included.",
        "",
        "| what | seconds | rounds |",
        "|---|--:|---|",
        f"| `reports.page.png_export` | {statistics.median(ours):.2f} | {', '.join(f'{s:.2f}' for s in ours)} |",
        f"| bare kaleido, one browser, one by one | {statistics.median(theirs):.2f} "
        f"| {', '.join(f'{s:.2f}' for s in theirs)} |",
        "",
        f"Ratio **{ratio:.2f}** (at most {LIMIT:g}); the PNGs have the same size in bytes, {size:,} in all. "
        f"Plotly {plotly.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        "",
    ]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
