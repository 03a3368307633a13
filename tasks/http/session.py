"""The httpx client under ours: its connections, proxies and constant headers."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from tasks.connectors import encodings
from tasks.http.query_secrets import SecretParams

SOURCE = "alvorada_source"
"""The extension of a request that names its source."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class SourcePools(httpx.AsyncBaseTransport):
    """A pool of connections for each source, through `proxy` where there is one.

    httpcore looks at every connection of a pool at every request: in one pool, each source would pay for the others.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._trust = httpx.create_ssl_context()
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request over a connection of its source's."""
        source = request.extensions[SOURCE]
        if source not in self._pools:
            self._pools[source] = httpx.AsyncHTTPTransport(verify=self._trust, proxy=self._proxy)
        return await self._pools[source].handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the connections of every source."""
        while self._pools:
            await self._pools.popitem()[1].aclose()


def open_session(
    user_agent: str, transport: httpx.AsyncBaseTransport | None, proxies: Mapping[str, str]
) -> httpx.AsyncClient:
    """`transport` in place of the network; `proxies`: scheme -> URL, the loopback is always reached directly."""
    direct = SecretParams(transport or SourcePools())
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {}
    if transport is None and proxies:
        for scheme, proxy in proxies.items():
            mounts[f"{scheme}://"] = SecretParams(SourcePools(proxy))
        mounts.update({f"all://{host}": direct for host in LOOPBACK})
    return httpx.AsyncClient(
        transport=direct,
        mounts=mounts,
        follow_redirects=False,
        headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": encodings.ACCEPTED},
    )
