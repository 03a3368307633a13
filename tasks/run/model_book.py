"""The model book that a run marks: the stored one that it carries on, or a new one."""

from __future__ import annotations

import datetime as dt

from desk.catalog.desk_parameters import load_desk_parameters
from tasks.run.run import Run
from tasks.store import Book

ONE_YEAR = dt.timedelta(days=365)


async def open_book(run: Run) -> dt.date:
    """The first decision day of the book that this run marks.

    The newest book that is at least a year old at as_of. Where there is none, a new book is stored that starts on the
    first day of the run's history. So the daily runs carry one book on, and a run for a day long past starts its own.
    """
    books = [book for book in await run.store.books() if book.inception <= run.day - ONE_YEAR]
    if books:
        return max(book.inception for book in books)
    inception = min(run.history_start, run.day)
    capital = load_desk_parameters().portfolio.inception_nav_brl
    book = await run.store.open_book(Book(f"model-{inception}", inception, capital, run.clock(), run.run_id))
    return book.inception
