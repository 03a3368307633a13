"""What does a small read of the API cost? 50 clients at once, against an empty endpoint of the same framework.

    alvorada bench api

The read is one alert rule: token, rate limit, one query over a view, validation, headers. Both servers are uvicorn in a
process of its own, read in turns by the same clients over kept connections. The result goes to bench/results/api.md.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import uvicorn
from fastapi import FastAPI

import migrations
from alvorada.stack.postgres import Postgres
from api.app import create_app
from blocks.settings import load_settings
from tasks.store import Store
from tasks.store.api_tokens import create_token

CLIENTS = 50
TURNS = 6
SECONDS = 10.0
PATH = "/api/v1/alerts/rules/VAR_BREACH"
RESULT = Path(__file__).parent / "results" / "api.md"
LIMIT = 4.0


@dataclass
class Taken:
    """Seconds of each request, and how many were not answered with 200."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def median_ms(self) -> float:
        """Median of the requests, milliseconds."""
        return statistics.median(self.seconds) * 1000

    @property
    def p99_ms(self) -> float:
        """99th percentile, milliseconds."""
        return statistics.quantiles(self.seconds, n=100)[98] * 1000


def empty_app() -> FastAPI:
    """An application with one endpoint that does nothing."""
    app = FastAPI()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {"status": "ok"}

    return app


def serve(which: str, port: int) -> None:
    """The process of one server."""
    app = empty_app()
    if which == "api":
        settings = load_settings(api_requests_per_minute=1_000_000)
        app = create_app(settings, lambda: dt.datetime.now(dt.UTC))
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="error", server_header=False)


async def client(port: int, request: bytes, until: float, taken: Taken) -> None:
    """One kept connection that asks again as soon as it has its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        taken.seconds.append(time.perf_counter() - began)
        taken.errors += not head.startswith(b"HTTP/1.1 200")
    writer.close()


async def turn(port: int, path: str, token: str, seconds: float, taken: Taken) -> None:
    """All clients at once on one server, for some seconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(client(port, request, until, taken) for _ in range(CLIENTS)))


async def measure(api: int, empty: int, token: str) -> tuple[Taken, Taken]:
    """The requests of the API and of the empty endpoint, taken in turns."""
    small, nothing = Taken(), Taken()
    for _ in range(2):  # warm up
        await turn(api, PATH, token, 1.0, Taken())
        await turn(empty, "/", token, 1.0, Taken())
    for _ in range(TURNS):
        await turn(api, PATH, token, SECONDS, small)
        await turn(empty, "/", token, SECONDS / 2, nothing)
    return small, nothing


async def prepare(url: str) -> str:
    """A migrated database of the sandbox's world, and a token."""
    await migrations.upgrade_async(url)
    store = await Store.open(url, "sandbox", pool_size=1)
    await store.close()
    connection = await asyncpg.connect(url)
    try:
        return await create_token(connection, "bench", "read", dt.datetime.now(dt.UTC))
    finally:
        await connection.close()


def started(which: str, port: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server's process once it accepts connections. Raises RuntimeError after a minute."""
    process = subprocess.Popen([sys.executable, "-m", "bench.api", which, str(port)], env=env)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            asyncio.run(_knock(port))
        except OSError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise RuntimeError(f"the {which} server does not answer")


async def _knock(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def main() -> int:
    """Measures, writes the page, and returns 0 where the ratio holds without an error."""
    if len(sys.argv) == 3:
        serve(sys.argv[1], int(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory(prefix="alvorada-bench-") as home:
        server = Postgres(Path(home))
        server.start()
        processes: list[subprocess.Popen[bytes]] = []
        try:
            url = server.ensure_database("bench")
            token = asyncio.run(prepare(url))
            env = {**os.environ, "DATABASE_URL": url, "ALVORADA_HOME": home}
            ports = (free_port(), free_port())
            processes = [started("api", ports[0], env), started("empty", ports[1], env)]
            small, nothing = asyncio.run(measure(*ports, token))
        finally:
            for process in processes:
                process.kill()
                process.wait()
            server.stop()
    text = report(small, nothing)
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if small.median_ms <= LIMIT * nothing.median_ms and small.errors == 0 else 1


def report(small: Taken, nothing: Taken) -> str:
    """The page."""
    ratio = small.median_ms / nothing.median_ms
    lines = [
        f"| {name} | {taken.median_ms:.1f} ms | {taken.p99_ms:.1f} ms | {len(taken.seconds):,} | {taken.errors} |"
        for name, taken in (
            ("one alert rule: token, limit, query, validation", small),
            ("an empty endpoint", nothing),
        )
    ]
    return f"""# A small read of the API

`alvorada bench api`: {CLIENTS} clients over kept connections, {TURNS} turns of {SECONDS:.0f} s for the read and
{SECONDS / 2:.0f} s for an empty endpoint of the same framework; {os.cpu_count()} cores, Python
{platform.python_version()}. Client, PostgreSQL and server share the machine.

| | median | 99% | requests | errors |
| --- | --- | --- | --- | --- |
{chr(10).join(lines)}

The median of the read is **{ratio:.2f} times** that of the empty endpoint; at most {LIMIT:.0f}.
"""


if __name__ == "__main__":
    sys.exit(main())
