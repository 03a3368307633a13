"""A book keeps its first day: from its first run on, and whatever is run for other days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from desk import calendars
from desk.model import decision_time, desk_day
from tasks.run.model_book import open_book
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tests.tasks.run.runs import AS_OF, make_run

pytestmark = pytest.mark.db
YOUNG = 40
"""Decision days of history: a book far younger than a year."""


@pytest.fixture
async def run(store: Store, tmp_path: Path) -> Run:
    run = make_run(store, tmp_path, NullProgress())
    run.settings = run.settings.model_copy(update={"history_days": YOUNG})
    return run


async def test_a_young_book_is_carried_on_day_after_day(run: Run) -> None:
    first = await open_book(run)
    assert first == run.history_start
    for later in (1, 2, 30, 250, 600):
        run.as_of = decision_time(calendars.b3().offset(desk_day(AS_OF), later))
        assert await open_book(run) == first
    assert len(await run.store.books()) == 1


async def test_a_day_before_the_book_opens_its_own_and_changes_no_other(run: Run) -> None:
    first = await open_book(run)
    run.as_of = decision_time(dt.date(2021, 3, 1))
    past = await open_book(run)
    assert past == run.history_start < dt.date(2021, 3, 1)
    run.as_of = AS_OF
    assert await open_book(run) == first
    run.as_of = decision_time(dt.date(2021, 3, 2))
    assert await open_book(run) == past
