"""The addresses that the watchdog checks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import database_url
from alvorada.stack.running_stack import RunningStack
from blocks.settings import Settings
from desk.errors import BadInput


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`prefect_api` None: there is none to check. `database_url` None: a problem, and `no_database` is its reason.
    `stopped_at`: when the stack of this data directory was stopped by hand; None where it was not, or runs again."""

    database_url: str | None
    prefect_api: str | None
    no_database: str = ""
    stopped_at: dt.datetime | None = None


def find_endpoints(data_dir: DataDir, settings: Settings) -> Endpoints:
    """DATABASE_URL and PREFECT_API_URL, else those of the stack of this data directory, also of one that has died.

    A database without an address is a problem to report, so it raises nothing.
    """
    address: str | None
    try:
        address, reason = (settings.database_url or database_url(data_dir, None)[0]), ""
    except BadInput as error:
        address, reason = None, str(error)
    up = RunningStack.read(data_dir)
    stopped_at = None if settings.database_url else data_dir.stopped_at()
    return Endpoints(address, settings.prefect_api_url or (up.api_url if up else None), reason, stopped_at)
