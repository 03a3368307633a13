"""The model book that a run carries on: the stored one that has or precedes its day, or a new one."""

from __future__ import annotations

import datetime as dt

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import StoreError
from desk.model import decision_time
from tasks.run.run import Run
from tasks.store import Book


async def open_book(run: Run) -> dt.date:
    """The first decision day of the book that this run carries on; a new book is stored where there is none.

    The book that has decided the day. Else the one with the last decision before it. Else a book that a run without a
    decision has left, however young. Else a new book, which starts on
    the first day of the run's history. So the daily runs carry one book on, a run for a day before it starts its own,
    and no day belongs to two books.
    """
    found = await _stored_book(run)
    if found is None:
        inception = min(run.history_start, run.day)
        capital = load_desk_parameters().portfolio.inception_nav_brl
        book = Book(f"model-{inception}", inception, capital, run.clock(), run.run_id)
        found = await run.store.open_book(book)
    return found.inception


async def find_book(run: Run) -> Book:
    """The book that `open_book` has found or made. Raises StoreError before it."""
    found = await _stored_book(run)
    if found is None:
        raise StoreError(f"no book is open for {run.day}")
    return found


async def _stored_book(run: Run) -> Book | None:
    books = {book.book_id: book for book in await run.store.books()}
    decided = await run.store.decision(run.as_of) or await run.store.decision_before(run.as_of)
    if decided is not None:
        return books[decided.book_id]
    candidates = [book for book in books.values() if book.inception <= run.day]
    for book in sorted(candidates, key=lambda one: one.inception, reverse=True):
        if not await run.store.has_decision_after(book.book_id, decision_time(book.inception) - dt.timedelta(hours=1)):
            return book
    return None
