"""Prefect's server for our own origin alone.

Prefect 2 has no login and, as it comes, lets every page of every site read its answers, blocks with their secrets
among them. Here a request is refused (403) that a page of another site makes (`Origin`, `Sec-Fetch-Site`), and one that
calls the server by a name that is not its own, which is how a page gets around the first (DNS rebinding).

    uvicorn --factory alvorada.stack.prefect_server:create_app

ALVORADA_PREFECT_HOSTS: `host:port` names of the server besides those of PREFECT_UI_URL, PREFECT_UI_API_URL and
127.0.0.1, with commas. Imports Prefect, which reads its settings from the environment then.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from prefect.server.api.server import create_app as prefect_app

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
BODY = b'{"detail": "this Prefect server answers its own pages and programs alone (docs/deploy.md)"}'


def create_app() -> App:
    """Prefect's application behind OwnOrigin, for the hosts that the environment names."""
    return OwnOrigin(prefect_app(), own_hosts(os.environ))


def own_hosts(environ: Mapping[str, str]) -> frozenset[str]:
    """The `host:port` names under which the server is reached, from its environment."""
    urls = [urlsplit(environ.get(name, "")) for name in ("PREFECT_UI_URL", "PREFECT_UI_API_URL")]
    hosts = {url.netloc.lower() for url in urls if url.netloc}
    local = {f"{name}:{url.port}" for url in urls if url.port for name in ("127.0.0.1", "localhost")}
    more = {name.strip().lower() for name in environ.get("ALVORADA_PREFECT_HOSTS", "").split(",") if name.strip()}
    return frozenset(hosts | local | more)


class OwnOrigin:
    """An ASGI middleware: what is not by one of `hosts`, or comes from another site's page, is refused."""

    def __init__(self, app: App, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's signature."""
        if scope["type"] == "lifespan" or self._is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": BODY})

    def _is_own(self, scope: Scope) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1").lower() for name, value in scope["headers"]}
        if headers.get("host") not in self.hosts:
            return False
        if "origin" in headers and urlsplit(headers["origin"]).netloc not in self.hosts:
            return False
        # A link from elsewhere may open a page of the UI; a script elsewhere, or a frame around it, may do nothing.
        is_page = (
            headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
        )
        is_link = scope.get("method") == "GET" and is_page
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin") or is_link
