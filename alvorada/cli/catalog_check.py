"""Compares the catalogue of series with the providers' own metadata, and lists the result as text."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from alvorada.stack.data_dir import DataDir
from alvorada.stack.sandbox_process import sandbox_in_use
from blocks.settings import load_settings
from desk.catalog import Catalog, load_catalog
from desk.catalog.evidence import load_label_evidence
from desk.catalog.provider_metadata import Verdict
from desk.errors import BadInput
from desk.text import clipped
from sandbox import base_urls
from tasks.connectors.exchange import Payload, SourceConfig
from tasks.http.client import HttpClient
from tasks.http.proxies import environment_proxies
from tasks.provider_metadata import DATASETS, DESCRIBE, check_catalog
from tasks.provider_metadata.request import PAUSES
from tasks.run.source_configs import source_configs

HEADER = ("series", "source", "what", "the catalogue says", "the provider says")
CELL_WIDTH = 48
"""Characters of a cell; a longer one is cut."""


def label_notes() -> dict[str, str]:
    """Series -> the kind of evidence for its label and what it says (docs/labels.md)."""
    return {name: f"label: {one.kind}, {one.says}" for name, one in load_label_evidence(load_catalog()).items()}


def compare_catalog(world: str, sources: Sequence[str] | None, seed: int, now: dt.datetime) -> list[Verdict]:
    """A verdict for each series of `sources` (None: all). `world`: `live`, or the sandbox of this seed.

    Raises BadInput for a source that cannot be checked.
    """
    unknown = sorted(set(sources or ()) - {*DESCRIBE, *DATASETS})
    if unknown:
        raise BadInput(f"--source {', '.join(unknown)}: known are {', '.join(sorted({*DESCRIBE, *DATASETS}))}")
    data_dir, catalog = DataDir.from_environment().create(), load_catalog()
    settings = load_settings(home=data_dir.path)
    if world == "live":
        configs = source_configs(settings, catalog, "live")
        return asyncio.run(_request_verdicts(catalog, configs, settings.contact, sources, now, PAUSES))
    with sandbox_in_use(data_dir, seed) as root_url:
        configs = sandbox_configs(catalog, root_url())
        return asyncio.run(_request_verdicts(catalog, configs, settings.contact, sources, now))


def sandbox_configs(catalog: Catalog, root: str) -> dict[str, SourceConfig]:
    """Every source as the sandbox at `root` serves it, without the rate limits of the real ones; any key is valid."""
    urls = base_urls(root, catalog)
    configs = (
        SourceConfig.from_spec(spec, base_urls=urls[spec.id], api_key="any") for spec in catalog.sources.values()
    )
    return {
        config.source: replace(config, rate_per_second=10_000.0, concurrency=16, shut_seconds=0.0) for config in configs
    }


async def _request_verdicts(
    catalog: Catalog,
    configs: dict[str, SourceConfig],
    contact: str,
    sources: Sequence[str] | None,
    now: dt.datetime,
    pauses: tuple[float, ...] = (),
) -> list[Verdict]:
    async def discard(payload: Payload) -> None:
        """Metadata are not stored: no run uses them."""

    proxies = environment_proxies()
    async with HttpClient(configs, clock=lambda: now, sink=discard, contact=contact, proxies=proxies) as client:
        return await check_catalog(catalog, configs, client, now.date(), sources, pauses)


def listing(verdicts: Sequence[Verdict], every: bool, notes: Mapping[str, str] | None = None) -> list[str]:
    """The differences as a table, and the counts; with `every` also what agrees or cannot be compared, each series with
    its note of `notes`."""
    more = notes or {}
    rows = [
        (verdict.subject, verdict.source, difference.what, difference.ours, difference.theirs)
        for verdict in verdicts
        for difference in verdict.differences
    ]
    reasons = list(
        dict.fromkeys((verdict.source, verdict.note) for verdict in verdicts if verdict.state == "unreachable")
    )
    rows += [("(all)", source, "unreachable", "", note) for source, note in reasons]
    lines = table([HEADER, *rows]) if rows else []
    if every:
        others = [
            (
                verdict.subject,
                verdict.source,
                verdict.state,
                "; ".join(filter(None, (verdict.note, more.get(verdict.subject)))),
            )
            for verdict in verdicts
            if not verdict.differences
        ]
        lines += ["", *table([("series", "source", "state", "note"), *others])] if others else []
    counts = Counter(verdict.state for verdict in verdicts)
    summary = ", ".join(f"{counts[state]} {state}" for state in ("agrees", "no metadata", "differs", "unreachable"))
    return [*lines, "", f"{len(verdicts)} checked: {summary}"] if lines else [f"{len(verdicts)} checked: {summary}"]


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns padded to their widest cell, long cells cut with an ellipsis; the last column is left as it is."""
    short = [[*(clipped(cell, CELL_WIDTH) for cell in row[:-1]), row[-1]] for row in rows]
    widths = [max(len(row[place]) for row in short) for place in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in short
    ]
