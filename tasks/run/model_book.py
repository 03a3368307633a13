"""The model book that a run marks: the stored one that it carries on, or a new one."""

from __future__ import annotations

import datetime as dt

from desk.catalog.desk_parameters import load_desk_parameters
from tasks.run.run import Run
from tasks.store import Book


async def open_book(run: Run) -> dt.date:
    """The first decision day of the book that this run marks.

    The newest book that had begun by as_of, however young. Where there is none, a new book is stored that starts on the
    first day of the run's history. A new book so begins before every stored one: the runs of later days keep the book
    that they carry on, whatever is run for a day long past, and a book keeps its first day from its first run on.
    """
    begun = [book.inception for book in await run.store.books() if book.inception <= run.day]
    if begun:
        return max(begun)
    inception = min(run.history_start, run.day)
    capital = load_desk_parameters().portfolio.inception_nav_brl
    book = await run.store.open_book(Book(f"model-{inception}", inception, capital, run.clock(), run.run_id))
    return book.inception
