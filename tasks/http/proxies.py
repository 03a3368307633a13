"""The proxy settings of the environment, as the HTTP client takes them."""

from __future__ import annotations

from urllib.request import getproxies


def environment_proxies() -> dict[str, str]:
    """Scheme (`http`, `https`) -> proxy URL, from HTTP_PROXY and HTTPS_PROXY. A proxy for another scheme is ignored."""
    return {scheme: url for scheme, url in getproxies().items() if scheme in ("http", "https")}
