"""The Prefect server that the environment names."""

from __future__ import annotations

import os

from desk.errors import BadInput


def require_server() -> str:
    """PREFECT_API_URL. Raises BadInput where it is not set. Imports no Prefect, so that the error comes at once."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise BadInput("PREFECT_API_URL is not set: it names the Prefect server (`alvorada up` prints its own)")
    return url
