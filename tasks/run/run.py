"""What one run carries: its decision time, the world of its data, its settings, and its connections to the outside."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from blocks.settings import Settings
from desk.catalog import Catalog
from desk.model import desk_day
from desk.point_in_time.panel_span import history_start
from tasks.run.progress import Progress
from tasks.store import Store
from tasks.store.lake import Lake

Clock = Callable[[], dt.datetime]
T = TypeVar("T")


class Run:
    """Made by a flow (run_context.open_run) and passed on to its sub-flows and tasks, which do not change it.

    Not a dataclass, and with `__slots__`, on purpose: Prefect stores such a parameter by its type's name and does not
    walk through it. `sources` is live, sandbox, recorded or stored.
    """

    __slots__ = (
        "as_of",
        "catalog",
        "clock",
        "code_version",
        "lake",
        "loop",
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
        self.loop = asyncio.get_running_loop()

    @property
    def day(self) -> dt.date:
        """The decision day: the date of as_of in São Paulo."""
        return desk_day(self.as_of)

    @property
    def history_start(self) -> dt.date:
        """The first of the decision days that the run computes and shows."""
        return history_start(self.day, self.settings.history_days)

    async def run_on_owner_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` on the event loop that made the run's connections. Prefect runs tasks on a loop of its own."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))
