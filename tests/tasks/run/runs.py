"""A run on a test's store, without a flow."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

from blocks.settings import load_settings
from desk.catalog import load_catalog
from desk.model import decision_time
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.store import Store
from tasks.store.lake import Lake

AS_OF = decision_time(dt.date(2026, 1, 12))


def make_run(store: Store, lake_folder: Path, progress: Progress) -> Run:
    """A sandbox run of AS_OF whose clock stands at AS_OF."""
    return Run(
        run_id=uuid.uuid4(),
        as_of=AS_OF,
        sources="sandbox",
        settings=load_settings(),
        catalog=load_catalog(),
        store=store,
        lake=Lake.open(str(lake_folder)),
        clock=lambda: AS_OF,
        progress=progress,
        code_version="test",
    )
