"""The plan of a backfill: the cells to fetch, the chunks that hold them, and an estimate of the time. Pure.

A chunk is one dataset and one span of at most `chunk_days` calendar days. It fetches the selected cells only: where a
source is fetched by window, a good cell between two missing ones starts a new chunk.
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
"""Value of the option `only` -> cell states. `not_yet` counts as missing: a backfill reads due cells only."""

Basis = Literal["ledger", "rate_limit"]
"""What an estimate rests on: the seconds per request of earlier fetches, or the source's rate limit."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One fetch: its windows (one, or several for a source with a file for each day) and the cells in them."""

    dataset: Dataset
    windows: tuple[Window, ...]
    cells: tuple[dt.date, ...]

    @property
    def label(self) -> str:
        """`dataset first..last`, by cells, for progress lines."""
        return f"{self.dataset.id} {self.cells[0]}..{self.cells[-1]}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimate for one dataset. `requests` counts first pages only: the source gives the number of pages later."""

    dataset: Dataset
    cells: int
    chunks: int
    requests: int
    seconds: float
    basis: Basis


def selected_states(only: Sequence[str]) -> frozenset[str]:
    """The ledger states that the option `only` selects. Raises BadInput for an unknown value and for no value."""
    unknown = [value for value in only if value not in STATES]
    if unknown or not only:
        raise BadInput(f"only {', '.join(unknown) or 'nothing'}: a backfill does missing, failed, or both")
    return frozenset(state for value in only for state in STATES[value])


def due_cells(dataset: Dataset, rule: PublicationRule, window: Window, as_of: dt.datetime) -> list[dt.date]:
    """The cells of `window` that are public at `as_of`, with the cell of the week or month in which it begins."""
    own = cell_of(dataset, pl.Series([window.start], dtype=pl.Date)).item()
    return due(rule, cells(dataset, Window(min(window.start, own), window.end)), as_of)


def chunks(dataset: Dataset, selected: Iterable[dt.date], latest: dt.date) -> list[Chunk]:
    """`selected` (cells of the dataset) as chunks, ascending. No window ends after `latest`."""
    parts: list[list[Window]] = []
    for window in _spans(dataset, selected, latest):
        together = dataset.per_day and parts and (window.end - parts[-1][0].start).days < dataset.chunk_days
        if together:
            parts[-1].append(window)
        else:
            parts.append([window])
    return [
        Chunk(dataset, tuple(part), tuple(day for window in part for day in cells(dataset, window))) for part in parts
    ]


def _spans(dataset: Dataset, selected: Iterable[dt.date], latest: dt.date) -> list[Window]:
    """Consecutive cells as windows of at most `chunk_days`, from the first cell's first day to the last cell's last."""
    spans: list[Window] = []
    for cell in sorted(selected):
        own = _days_of_cell(dataset, cell)
        is_next = spans and spans[-1].end + dt.timedelta(days=1) == own.start
        if is_next and (own.end - spans[-1].start).days < dataset.chunk_days:
            spans[-1] = Window(spans[-1].start, own.end)
        else:
            spans.append(own)
    return [Window(span.start, max(span.start, min(span.end, latest))) for span in spans]


def _days_of_cell(dataset: Dataset, cell: dt.date) -> Window:
    """The observation dates of a cell. A date outside the calendar belongs to the cell before it."""
    if dataset.cell == "week":  # named by its Tuesday
        return Window(cell - dt.timedelta(days=1), cell + dt.timedelta(days=5))
    if dataset.cell == "month":
        return Window(cell, (cell + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))
    return Window(cell, calendars.by_name(dataset.calendar).offset(cell, 1) - dt.timedelta(days=1))


def by_source(catalog: Catalog, selected: Mapping[str, Collection[dt.date]], latest: dt.date) -> dict[str, list[Chunk]]:
    """Source -> its chunks, in the catalogue's order; without sources that have none. `selected`: dataset -> cells."""
    plan = {
        source: [
            part for dataset in catalog.datasets_of(source) for part in chunks(dataset, selected[dataset.id], latest)
        ]
        for source in catalog.sources
    }
    return {source: parts for source, parts in plan.items() if parts}


def table(estimates: Sequence[Estimate]) -> list[str]:
    """The estimates as lines of a text table: a header, one row for each dataset, and the total."""
    head = ("dataset", "cells", "chunks", "requests", "seconds", "estimated by")
    bases = {"ledger": "earlier fetches", "rate_limit": "the source's rate limit"}
    rows = [
        (e.dataset.id, f"{e.cells:,}", f"{e.chunks:,}", f"{e.requests:,}", f"{e.seconds:,.1f}", bases[e.basis])
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
