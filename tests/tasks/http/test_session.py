"""Connections: kept for the next request of the same source, and closed with the client."""

from __future__ import annotations

import asyncio

from tasks.http.client import HttpClient
from tests.tasks.http.setup import NOW, config, request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class Host:
    """Answers every request on the loopback; `opened`: its connections, `closed`: those that ended."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.ended = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(ANSWER)
                await writer.drain()
        except asyncio.IncompleteReadError:
            self.closed += 1
            self.ended.set()
        finally:
            writer.close()


async def test_a_source_keeps_its_connection_and_the_end_closes_them_all() -> None:
    host = Host()
    async with await asyncio.start_server(host, "127.0.0.1", 0) as server:
        root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        configs = {name: config(name, rate_per_second=50.0) for name in ("alpha", "other")}

        async def sink(_: object) -> None:
            return None

        async with HttpClient(configs, clock=lambda: NOW, sink=sink) as client:
            for source, connections in (("alpha", 1), ("alpha", 1), ("other", 2), ("alpha", 2), ("other", 2)):
                await client.send(request(f"{root}/{source}", source))
                assert (host.opened, host.closed) == (connections, 0)
        while host.closed < 2:
            host.ended.clear()
            await asyncio.wait_for(host.ended.wait(), 30)
