"""The start of Prefect's API inside a run's own process, on a machine that has much else to do.

Prefect gives its API thirty seconds to start, and the first start makes the tables of its database. On a busy machine
either takes longer, and a morning's run that waits is better than one that has failed: so the tables are made before,
without a limit, and the start has START_SECONDS.

Imports Prefect, which reads its settings from the environment then: the stack must have set them before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prefect.client import base
from prefect.server.database.dependencies import provide_database_interface
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_API_URL
from sqlalchemy.exc import SQLAlchemyError

from blocks.database import CONNECT_ERRORS, connect_failure
from desk.errors import StageFailed

START_SECONDS = 600.0
_manager: Any = base.LifespanManager  # type: ignore[attr-defined]


async def make_tables() -> None:
    """Brings the database of Prefect's API to its schema, where the API runs in this process. Raises StoreError."""
    if PREFECT_API_URL.value():
        return
    try:
        await provide_database_interface().create_db()  # type: ignore[no-untyped-call]
    except (SQLAlchemyError, *CONNECT_ERRORS) as error:
        setting = PREFECT_API_DATABASE_CONNECTION_URL
        raise connect_failure(str(setting.value()), error, setting.name) from error


@contextmanager
def patient_start(seconds: float = START_SECONDS) -> Iterator[None]:
    """Gives Prefect's API this long to start and to stop; Prefect has no setting for it. The innermost one counts."""

    def manager(app: Any, **limits: float) -> Any:
        return _manager(app, **dict.fromkeys(limits, seconds))

    before: Any = base.LifespanManager  # type: ignore[attr-defined]
    base.LifespanManager = manager  # type: ignore[assignment,attr-defined]
    try:
        yield
    finally:
        base.LifespanManager = before  # type: ignore[attr-defined]


async def started(flow: Callable[[], Awaitable[Any]], seconds: float = START_SECONDS) -> Any:
    """What `flow()` gives. Raises StageFailed where Prefect's API has not started within `seconds`."""
    await make_tables()
    with patient_start(seconds):
        try:
            return await flow()
        except TimeoutError as error:  # of the start: what happens inside a flow is a state
            base.APP_LIFESPANS.clear()  # else the half-started API would count as started
            base.APP_LIFESPANS_REF_COUNTS.clear()
            words = f"Prefect's API has not started within {seconds:g} s: the machine is too busy"
            raise StageFailed(words) from error
