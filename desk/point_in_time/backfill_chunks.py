"""What a backfill is going to do: the cells it wants, the chunks it asks for them in, and what that should take. Pure.

A chunk is one dataset and one span of at most `chunk_days` calendar days, and asks for the wanted cells only: a good
cell between two that lack splits the chunk of a source that is asked by window.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.errors import BadInput
from desk.model import Dataset, PublicationRule, Window
from desk.point_in_time.cells import cell_of, cells, due

STATES: Mapping[str, tuple[str, ...]] = {"missing": ("missing", "not_yet"), "failed": ("failed", "died")}
"""What `only` names -> cell states. `not_yet` counts as missing: only cells that are due by now are looked at."""

Basis = Literal["ledger", "manners"]
"""Where an estimate comes from: past seconds per request, or the pause that the source's manners ask for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One fetch: the windows to ask for (one, but for a source with a file a day) and the cells that they hold."""

    dataset: Dataset
    windows: tuple[Window, ...]
    cells: tuple[dt.date, ...]

    @property
    def label(self) -> str:
        return f"{self.dataset.id} {self.cells[0]}..{self.cells[-1]}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one dataset's part should take. `requests`: first pages only, as a source says how many only when asked."""

    dataset: Dataset
    cells: int
    chunks: int
    requests: int
    seconds: float
    basis: Basis


def wanted_states(only: Sequence[str]) -> frozenset[str]:
    """Ledger states of the cells that `only` means. Raises BadInput."""
    unknown = [word for word in only if word not in STATES]
    if unknown or not only:
        raise BadInput(f"only {', '.join(unknown) or 'nothing'}: a backfill does missing, failed, or both")
    return frozenset(state for word in only for state in STATES[word])


def due_cells(dataset: Dataset, rule: PublicationRule, window: Window, as_of: dt.datetime) -> list[dt.date]:
    """The cells of `window` that are public at `as_of`, the week or month that it begins in among them."""
    own = cell_of(dataset, pl.Series([window.start], dtype=pl.Date)).item()
    return due(rule, cells(dataset, Window(min(window.start, own), window.end)), as_of)


def chunks(dataset: Dataset, wanted: Iterable[dt.date], latest: dt.date) -> list[Chunk]:
    """`wanted` (cells of the dataset) as chunks, ascending. Nothing after `latest` is asked for."""
    parts: list[list[Window]] = []
    for window in _spans(dataset, wanted, latest):
        together = dataset.per_day and parts and (window.end - parts[-1][0].start).days < dataset.chunk_days
        if together:
            parts[-1].append(window)
        else:
            parts.append([window])
    return [
        Chunk(dataset, tuple(part), tuple(day for window in part for day in cells(dataset, window))) for part in parts
    ]


def _spans(dataset: Dataset, wanted: Iterable[dt.date], latest: dt.date) -> list[Window]:
    """Neighbouring cells as windows of at most `chunk_days`, each from its first cell's first day to its last one's."""
    spans: list[Window] = []
    for cell in sorted(wanted):
        own = _days_of_cell(dataset, cell)
        is_next = spans and spans[-1].end + dt.timedelta(days=1) == own.start
        if is_next and (own.end - spans[-1].start).days < dataset.chunk_days:
            spans[-1] = Window(spans[-1].start, own.end)
        else:
            spans.append(own)
    return [Window(span.start, max(span.start, min(span.end, latest))) for span in spans]


def _days_of_cell(dataset: Dataset, cell: dt.date) -> Window:
    """The observation dates that count to a cell; those off the calendar belong to the cell before them."""
    if dataset.cell == "week":  # named by its Tuesday
        return Window(cell - dt.timedelta(days=1), cell + dt.timedelta(days=5))
    if dataset.cell == "month":
        return Window(cell, (cell + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))
    return Window(cell, calendars.by_name(dataset.calendar).offset(cell, 1) - dt.timedelta(days=1))


def by_source(catalog: Catalog, wanted: Mapping[str, Collection[dt.date]], latest: dt.date) -> dict[str, list[Chunk]]:
    """Source -> its chunks, in the catalogue's order; sources with nothing to do are left out."""
    plan = {
        source: [
            part for dataset in catalog.datasets_of(source) for part in chunks(dataset, wanted[dataset.id], latest)
        ]
        for source in catalog.sources
    }
    return {source: parts for source, parts in plan.items() if parts}


def table(estimates: Sequence[Estimate]) -> list[str]:
    """The plan as lines of text: a row per dataset and their sum."""
    head = ("dataset", "cells", "chunks", "requests", "seconds", "estimated by")
    says = {"ledger": "earlier fetches", "manners": "the source's manners"}
    rows = [
        (e.dataset.id, f"{e.cells:,}", f"{e.chunks:,}", f"{e.requests:,}", f"{e.seconds:,.1f}", says[e.basis])
        for e in estimates
    ]
    total = (
        "all",
        f"{sum(e.cells for e in estimates):,}",
        f"{sum(e.chunks for e in estimates):,}",
        f"{sum(e.requests for e in estimates):,}",
        f"{sum(e.seconds for e in estimates):,.1f}",
        "",
    )
    lines = [head, *rows, total]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return [
        "  ".join(
            text.ljust(width) if column in (0, 5) else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
