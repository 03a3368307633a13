"""Where the watchdog looks, by the environment and by what `alvorada up` wrote down of itself."""

from __future__ import annotations

from alvorada.cli.run_commands import database_url
from alvorada.stack.data_dir import Home
from alvorada.stack.local_stack import Running
from alvorada.watchdog.checks import Places
from blocks.settings import Settings
from desk.errors import BadInput


def places_of(home: Home, settings: Settings) -> Places:
    """DATABASE_URL and PREFECT_API_URL, else the stack's of this home, also of one that has died. A database that
    cannot be named is a problem to tell, not an error to end with."""
    try:
        address, why = (settings.database_url or database_url(None)[0]), ""
    except BadInput as error:
        address, why = None, str(error)
    up = Running.read(home)
    return Places(address, settings.prefect_api_url or (up.api_url if up else None), why)
