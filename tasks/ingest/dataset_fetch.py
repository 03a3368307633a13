"""One dataset's part of a source's fetch: the queries that are still open, and the results so far.

Where the dataset is fetched series by series, the look at each series is kept as well: a code that its source does not
know is a finding about that series, and no failure of the dataset while others are answered.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from desk.errors import HtmlPayload, SourceError, UnknownSeries
from desk.model import Dataset, Window
from desk.point_in_time.fetch_windows import FetchPlan
from desk.quality import Quality
from tasks.connectors.exchange import Query
from tasks.store.series_looks import LookState, SeriesLook


class DatasetFetch:
    """Changed by every try.

    open_queries   to be sent by the next try
    cells          ledger cells of the windows; `closed_cells`: those whose result is in the ledger
    errors         of the last try, and final ones of earlier tries
    is_by_series   each series has a look of its own: `looks`, by series and window
    answered       queries with an answer, also "nothing there"; `unknown`: series -> why its source does not know it
    html_tries     series and window -> tries that got an HTML page
    day_errors     day -> its error, for a dataset with a file for each day
    hashes         sha256 of every payload; `bytes`: the size of all of them
    rows           cell -> parsed rows; `parsed`: their sum; `inserted`: rows that were new in the store
    newest         series -> the newest day that its answers hold
    quality        silver table -> checks of the newest batch
    """

    __slots__ = (
        "_earlier_seconds",
        "_try_began",
        "answered",
        "bytes",
        "cells",
        "closed_cells",
        "dataset",
        "day_errors",
        "errors",
        "hashes",
        "html_tries",
        "inserted",
        "is_by_series",
        "looks",
        "newest",
        "open_queries",
        "parsed",
        "quality",
        "rows",
        "unknown",
        "window",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, plan: FetchPlan, queries: list[Query], is_by_series: bool) -> None:
        self.dataset, self.open_queries, self.is_by_series = dataset, queries, is_by_series
        spans = [part.window for part in plan.parts]
        self.window = Window(min(span.start for span in spans), max(span.end for span in spans))
        self.cells = list(plan.cells)
        self.looks: dict[tuple[str, Window], SeriesLook] = {}
        self.html_tries: Counter[tuple[str, Window]] = Counter()
        self.unknown: dict[str, SourceError] = {}
        self.answered = 0
        self.closed_cells: set[dt.date] = set()
        self.errors: list[SourceError] = []
        self.day_errors: dict[dt.date, SourceError] = {}
        self.hashes: set[str] = set()
        self.rows: Counter[dt.date] = Counter()
        self.newest: dict[str, dt.date] = {}
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

    def note_look(self, query: Query, error: SourceError | None) -> None:
        """Keeps how the look at each series of `query` ended; a later try replaces it."""
        self.answered += error is None
        if not self.is_by_series:
            return
        state: LookState = "answered" if error is None else "unknown" if isinstance(error, UnknownSeries) else "failed"
        for series in query.series:
            place = (series.id, query.window)
            self.html_tries[place] += isinstance(error, HtmlPayload)
            words = None if error is None else str(error)
            self.looks[place] = SeriesLook(series.id, series.code, query.window, state, words)
            if error is not None and state == "unknown":
                self.unknown[series.id] = error

    def note_gone(self, series_id: str, window: Window, error: UnknownSeries) -> None:
        """The look at a series in an answer that is good for the others found that it is not there any more."""
        look = self.looks[series_id, window]
        self.looks[series_id, window] = replace(look, state="unknown", error=str(error))
        self.unknown[series_id] = error

    def error_summary(self) -> str:
        """One line: the first error, and the number of further ones. Call it only where `errors` is not empty."""
        more = f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
        return f"{self.errors[0]}{more}"
