"""The start of Prefect's API inside a run's own process, on a machine that has much else to do.

Prefect gives its API thirty seconds to start. The first start makes the tables of its database, and on a busy machine
that takes longer. So the tables are made before, without a limit; and a start that fails is tried once more.

Imports Prefect, which reads its settings from the environment then: the stack must have set them before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from prefect.client.base import APP_LIFESPANS, APP_LIFESPANS_REF_COUNTS
from prefect.server.database.dependencies import provide_database_interface
from prefect.settings import PREFECT_API_URL

from desk.errors import StageFailed

STARTS = 2


async def make_tables() -> None:
    """Brings the database of Prefect's API to its schema, where the API runs in this process."""
    if not PREFECT_API_URL.value():
        await provide_database_interface().create_db()  # type: ignore[no-untyped-call]


async def started(flow: Callable[[], Awaitable[Any]], say: Callable[[str], None]) -> Any:
    """What `flow()` gives. `say` gets a line where its start is tried again. Raises StageFailed after the last try."""
    await make_tables()
    for start in range(1, STARTS + 1):
        try:
            return await flow()
        except TimeoutError as error:  # of the start: what happens inside a flow is a state
            APP_LIFESPANS.clear()  # else the half-started API would count as started
            APP_LIFESPANS_REF_COUNTS.clear()
            if start == STARTS:
                words = f"Prefect's API did not start, {STARTS} times in 30 seconds each: the machine is too busy"
                raise StageFailed(words) from error
            say("Prefect's API did not start in 30 seconds: the machine is busy; once more")
    raise AssertionError  # the loop returns or raises
