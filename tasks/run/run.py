"""What one run carries with it: its decision time, its world, and the doors to the world outside."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from blocks.settings import Settings
from desk.catalog import Catalog
from desk.model import desk_day
from desk.transforms.panel import Panel
from tasks.run.progress import Progress
from tasks.store import Store
from tasks.store.lake import Lake

Clock = Callable[[], dt.datetime]
T = TypeVar("T")


class Run:
    """Made at the entry (a flow) and passed on to sub-flows and tasks.

    Not a dataclass, and with `__slots__`, on purpose: Prefect stores such a parameter by its type's name and does not
    walk through it. `sources` is live, sandbox, recorded or stored. `panel` is made by the transform stage and kept for
    the stages after it; `inception` is the first decision day of the book that is marked.
    """

    __slots__ = (
        "as_of",
        "catalog",
        "clock",
        "code_version",
        "inception",
        "lake",
        "loop",
        "panel",
        "progress",
        "run_id",
        "settings",
        "sources",
        "store",
    )

    def __init__(
        self,
        *,
        run_id: uuid.UUID,
        as_of: dt.datetime,
        sources: str,
        settings: Settings,
        catalog: Catalog,
        store: Store,
        lake: Lake,
        clock: Clock,
        progress: Progress,
        code_version: str,
    ) -> None:
        self.run_id, self.as_of, self.sources = run_id, as_of, sources
        self.settings, self.catalog, self.store, self.lake = settings, catalog, store, lake
        self.clock, self.progress, self.code_version = clock, progress, code_version
        self.panel: Panel | None = None
        self.inception = self.day
        self.loop = asyncio.get_running_loop()

    @property
    def day(self) -> dt.date:
        return desk_day(self.as_of)

    async def at_home(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` on the loop that made the run's pools. Prefect runs tasks on a loop of its own."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))
