"""The requests of a first and of a daily run, per host, as docs/sources.md lists them, by the connectors' plans.

`python -m tools.request_table` writes the table into the page, `--check` says whether it is in step. First pages only:
a source tells the number of pages later. The day is Thursday 19 November 2026.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from desk import calendars
from desk.catalog import Catalog, load_catalog
from desk.model import Dataset, Window, decision_time
from desk.point_in_time.fetch_windows import Coverage, FetchPlan, is_by_series, plan_of_windows, windows
from desk.point_in_time.series_windows import SeriesCoverage, plan_by_series
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import SourceConfig

DAY = dt.date(2026, 11, 19)
PAGE = Path(__file__).parents[1] / "docs" / "sources.md"
BEGIN, END = "<!-- requests: python -m tools.request_table -->", "<!-- end of requests -->"


def first_plan(catalog: Catalog, dataset: Dataset) -> FetchPlan:
    """What an empty store asks for."""
    series, as_of = catalog.series_of(dataset.id), decision_time(DAY)
    if is_by_series(dataset, series):
        return plan_by_series(dataset, series, {}, frozenset(), as_of)
    return plan_of_windows(dataset, series, windows(dataset, catalog.rules[dataset.rule], Coverage(), as_of))


def daily_plan(catalog: Catalog, dataset: Dataset) -> FetchPlan:
    """What a store asks for that had everything on the morning before."""
    series, as_of = catalog.series_of(dataset.id), decision_time(DAY)
    first = DAY - dt.timedelta(days=dataset.history_days + 400)
    yesterday = calendars.b3().offset(DAY, -1)
    if is_by_series(dataset, series):
        covered = SeriesCoverage((Window(first, yesterday),))
        return plan_by_series(dataset, series, dict.fromkeys((one.id for one in series), covered), frozenset(), as_of)
    good = frozenset(first + dt.timedelta(days=n) for n in range((DAY - first).days))
    whole = Coverage(first, good)
    return plan_of_windows(dataset, series, windows(dataset, catalog.rules[dataset.rule], whole, as_of))


def counted(catalog: Catalog) -> tuple[Counter[str], Counter[str], dict[str, set[str]]]:
    """Host -> requests of a first run, of a daily run, and its sources."""
    first: Counter[str] = Counter()
    daily: Counter[str] = Counter()
    sources: dict[str, set[str]] = {}
    for dataset in catalog.datasets.values():
        spec = catalog.sources[dataset.source]
        connector = CONNECTORS[dataset.source](
            SourceConfig.from_spec(spec, api_key="any" if spec.key_setting else None)
        )
        for counts, plan in ((first, first_plan(catalog, dataset)), (daily, daily_plan(catalog, dataset))):
            for part in plan.parts:
                for query in connector.plan(dataset, part.series, part.window):
                    host = urlsplit(connector.build_request(query).url).netloc
                    counts[host] += 1
                    sources.setdefault(host, set()).add(dataset.source)
    return first, daily, sources


def table() -> str:
    """The table in Markdown: seconds are those that the rate alone makes of the requests."""
    catalog = load_catalog()
    first, daily, sources = counted(catalog)
    lines = [
        "| Host | Sources | A second | At a time | Time-out, s | First run | Daily run | First, s | Daily, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for host in sorted(first):
        specs = [catalog.sources[name] for name in sorted(sources[host])]
        rate = min(spec.rate_per_second for spec in specs)
        lines.append(
            f"| `{host}` | {', '.join(spec.id for spec in specs)} | {rate:g} | {min(s.concurrency for s in specs)} |"
            f" {max(s.timeout_seconds for s in specs):g} | {first[host]:,} | {daily[host]} |"
            f" {first[host] / rate:.0f} | {daily[host] / rate:.0f} |"
        )
    return "\n".join(lines)


def in_page(page: str) -> str:
    """The page with the table between its marks."""
    head, _, rest = page.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{tail}"


def main() -> int:
    """Writes or checks the page."""
    page = PAGE.read_text(encoding="utf-8")
    made = in_page(page)
    if "--check" in sys.argv[1:]:
        print("docs/sources.md is in step" if page == made else "docs/sources.md: run python -m tools.request_table")
        return int(page != made)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
