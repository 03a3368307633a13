"""One dataset's part of a source's fetch: the queries that are still open, and the results so far."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from desk.errors import SourceError
from desk.model import Dataset, Window
from desk.point_in_time.cells import cells
from desk.quality import Quality
from tasks.connectors.base import Query


class DatasetFetch:
    """Changed by every try.

    open_queries   to be sent by the next try
    cells          ledger cells of the windows; `closed_cells`: those whose result is in the ledger
    errors         of the last try, and final ones of earlier tries
    day_errors     day -> its error, for a dataset with a file for each day
    hashes         sha256 of every payload; `bytes`: the size of all of them
    rows           cell -> parsed rows; `parsed`: their sum; `inserted`: rows that were new in the store
    quality        silver table -> checks of the newest batch
    """

    __slots__ = (
        "_earlier_seconds",
        "_try_began",
        "bytes",
        "cells",
        "closed_cells",
        "dataset",
        "day_errors",
        "errors",
        "hashes",
        "inserted",
        "open_queries",
        "parsed",
        "quality",
        "rows",
        "window",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, windows: list[Window], queries: list[Query]) -> None:
        self.dataset, self.open_queries = dataset, queries
        self.window = Window(windows[0].start, windows[-1].end)
        self.cells = [day for window in windows for day in cells(dataset, window)]
        self.closed_cells: set[dt.date] = set()
        self.errors: list[SourceError] = []
        self.day_errors: dict[dt.date, SourceError] = {}
        self.hashes: set[str] = set()
        self.rows: Counter[dt.date] = Counter()
        self.quality: dict[str, Quality] = {}
        self.inserted = self.bytes = self.parsed = 0
        self._earlier_seconds = 0.0
        self._try_began: float | None = None

    @contextmanager
    def timed_try(self) -> Iterator[None]:
        """Counts the time inside it as a part of `seconds`."""
        self._try_began = time.monotonic()
        try:
            yield
        finally:
            self._earlier_seconds, self._try_began = self.seconds, None

    @property
    def seconds(self) -> float:
        """Seconds of all tries so far, with the current one."""
        current = time.monotonic() - self._try_began if self._try_began is not None else 0.0
        return self._earlier_seconds + current

    def days_of(self, query: Query) -> list[dt.date]:
        """The cells in the query's window."""
        return [day for day in self.cells if query.window.start <= day <= query.window.end]

    def error_summary(self) -> str:
        """One line: the first error, and the number of further ones. Call it only where `errors` is not empty."""
        more = f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
        return f"{self.errors[0]}{more}"
