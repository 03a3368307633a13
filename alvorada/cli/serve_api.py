"""`alvorada api`: the HTTP API of one world, in the foreground."""

from __future__ import annotations

from typing import cast

import uvicorn

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import open_stack, set_environment
from api.app import create_app
from blocks.settings import load_settings
from desk.worlds import World
from tasks.run.run_context import clock_of


def serve_api(data_dir: DataDir, host: str, port: int, world: str, seed: int) -> None:
    """Serves until it is stopped. Raises BadInput for an unknown world, StoreError."""
    with open_stack(data_dir, world, seed) as stack:
        set_environment(stack.environment())
        settings = load_settings()
        uvicorn.run(
            create_app(settings, clock_of(settings), cast(World, stack.world)),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
        )
