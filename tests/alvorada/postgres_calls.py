"""A statement on the embedded PostgreSQL, and its end by kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import asyncpg

from alvorada.stack.postgres import Postgres


def run(url: str, statement: str) -> object:
    async def main() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(main())


def kill(server: Postgres) -> None:
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for _ in range(500):
        if server.status().pid is None:
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} outlived SIGKILL")
