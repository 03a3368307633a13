"""Portfolio: convictions -> the marked model book from its inception: contracts, NAV, P&L, orders."""

from __future__ import annotations

import datetime as dt

from prefect import flow

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from flows.transform import history_start, panel_of
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, done, require_rows
from tasks.store import Book

ONE_YEAR = dt.timedelta(days=365)


@flow(name="portfolio", validate_parameters=False)
async def portfolio(run: Run) -> StageResult:
    """Reads the convictions that signals wrote; an order list may be empty, a book may not."""
    watch = Stopwatch()
    run.progress.event("stage", "portfolio", "started")
    panel = await panel_of(run)
    since = decision_time(run.inception)
    convictions = await run.store.read_gold("aggregated_signal", since, run.as_of)
    frames = run_book(panel.values, convictions, load_desk_parameters(), run.inception)
    rows = require_rows("portfolio", {name: frames[name] for name in ("portfolio_state", "target_position")})
    written = await run.store.write_gold(frames, run.run_id, (since, run.as_of))
    return done(run, "portfolio", rows, written, watch)


async def open_book(run: Run) -> dt.date:
    """The first decision day of the book that this run marks.

    The newest book that is at least a year old at as_of; where there is none, one opens at the first day of the run's
    history. So the daily runs carry one book on, and a run for a day long past opens its own.
    """
    books = [book for book in await run.store.books() if book.inception <= run.day - ONE_YEAR]
    if books:
        return max(book.inception for book in books)
    inception = min(history_start(run), run.day)
    capital = load_desk_parameters().portfolio.inception_nav_brl
    book = await run.store.open_book(Book(f"model-{inception}", inception, capital, run.clock(), run.run_id))
    return book.inception
