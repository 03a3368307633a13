"""The end of a fetch: cells are closed before the looks at their series are stored, whatever happens in between."""

from __future__ import annotations

import pytest

from desk.errors import StoreError
from desk.model import Window
from tasks.ingest import ledger_cells
from tasks.ingest.source_job import fetch_open_queries
from tasks.ingest.source_task import conclude_fetch
from tasks.run.run import Run
from tasks.store.series_looks import series_coverage
from tests.tasks.ingest.scripted import FRI, MON, cells, job_of, value, with_series

pytestmark = pytest.mark.db

CUT_OFF = """
    CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut off'; END $$;
    CREATE TRIGGER cut_off BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION cut_off();
"""


async def test_cells_that_could_not_be_closed_leave_no_look_that_hides_them(run: Run) -> None:
    """A look means "asked and answered": beside open cells it would keep every later daily run from asking again."""
    run.catalog = with_series(run.catalog)
    job = job_of(run, {"spread": value}, {"spread": [Window(MON, FRI)]})
    await ledger_cells.open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    async with run.store.connections.acquire() as connection:
        await connection.execute(CUT_OFF)
        with pytest.raises(StoreError):
            await conclude_fetch(run, job, run.clock())
        assert await series_coverage(run.store, "spread", frozenset({"spread"})) == {}
        await connection.execute("DROP TRIGGER cut_off ON ledger")
    await conclude_fetch(run, job, run.clock())
    assert {state for state, _ in (await cells(run, "spread")).values()} == {"ok"}
    coverage = await series_coverage(run.store, "spread", frozenset({"spread"}))
    assert coverage["spread"].spans == (Window(MON, FRI),)
